"""The one thing of ours in a user's own ssh_config: an Include at its very top.

Behind a `Host` it would hold for that host only, and what stands before it would win. The
rest of the file is bytes that are none of our business: taking ours out again leaves it as
it was. Format: ssh_config(5).
"""

import re
from pathlib import Path

from devpod_gen.errors import Busy, HostError, NotOurs
from devpod_gen.foreign import made_folder, replace_if, unlink_if
from devpod_gen.home import data_home
from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace import userfile
from devpod_gen.workspace.lock import neighbours_held

_BEGIN = b"# >>> devpod-gen ssh-config (devpod-gen ssh-config uninstall takes it out) >>>\n"
_NEW_FILE = b"# There was no file here before.\n"
_NEW_FOLDER = b"# Nor was there its folder.\n"
_END = b"# <<< devpod-gen ssh-config <<<\n"
_BLOCK = late(
    rb"^# >>> devpod-gen ssh-config [^\n]*>>>\r?\n"
    rb"(# There was no file here before\.\r?\n)?"
    rb"(# Nor was there its folder\.\r?\n)?"
    rb'Include "[^"\n]*"\r?\n'
    rb"# <<< devpod-gen ssh-config <<<(?:\r?\n|\r?\Z)",
    re.MULTILINE,
)
_MARKER = late(rb"^# (?:>>>|<<<) devpod-gen ssh-config\b", re.MULTILINE)
_TRIES = 20


@dataclass(frozen=True, slots=True)
class Change:
    """What came of it: the user's file, whether it was changed, and what is to be done by
    hand, and why, where it must not be touched."""

    path: Path
    changed: bool
    by_hand: str | None = None


@dataclass(frozen=True, slots=True)
class _Found:
    """A file's bytes around our block; without one, all of them are `after`."""

    before: bytes
    after: bytes
    block: "re.Match[bytes] | None"


def user_config() -> Path:
    """The user's own file. Raises HostError where there is no home."""
    try:
        return Path.home() / ".ssh" / "config"
    except RuntimeError as error:
        message = "this user has no home folder"
        raise HostError(message, where="HOME", fix="set HOME") from error


def include_line() -> str:
    """What brings in every workspace's hosts; absolute, since ssh and a shell may not agree
    on where the home is. Raises HostError for a folder that ssh cannot be told."""
    folder = str(data_home())
    if not folder.isprintable() or set(folder) & set('"\\*?[]{}%$'):
        message = "ssh cannot be told this folder: it holds a character that means something there"
        raise HostError(message, where=repr(folder), fix="set XDG_DATA_HOME to a plain path")
    return f'Include "{folder}/*/ssh_config"'


def is_installed() -> bool:
    """Whether the user's file has the line, by us or by hand."""
    try:
        content = userfile.read(userfile.real(user_config()))
        return content is not None and include_line().encode() in _lines(content)
    except HostError:
        return False


def install() -> Change:
    """Have the line at the top of the user's file. Raises NotOurs, HostError, Busy."""
    path = user_config()
    target = userfile.real(path)
    line = include_line().encode() + b"\n"
    reason = userfile.untouchable(target)
    if reason:
        return Change(path, changed=False, by_hand=None if is_installed() else reason)
    new_folder = made_folder(target.parent)
    with neighbours_held(target.parent):
        for _ in range(_TRIES):
            content = userfile.read(target)
            found = _parsed(content or b"", path)
            notes = (_NEW_FILE if content is None else b"") + (_NEW_FOLDER if new_folder else b"")
            if found.block:  # as it was when it was put there
                notes = b"".join(note for note in found.block.groups() if note)
            wanted = _BEGIN + notes + line + _END + found.before + found.after
            if wanted == content:
                return Change(path, changed=False)
            if replace_if(target, content, wanted, mode=userfile.mode(target)):
                return Change(path, changed=True)
    raise _busy(path)


def uninstall() -> Change:
    """Have the user's file as it was before. Raises NotOurs, HostError, Busy."""
    path = user_config()
    target = userfile.real(path)
    for _ in range(_TRIES):
        content = userfile.read(target)
        found = _parsed(content or b"", path)
        if content is None or not found.block:
            return Change(path, changed=False)
        if reason := userfile.untouchable(target):
            return Change(path, changed=False, by_hand=reason)
        with neighbours_held(target.parent):
            if _take_out(target, content, found, found.block):
                return Change(path, changed=True)
    raise _busy(path)


def _take_out(target: Path, content: bytes, found: _Found, block: "re.Match[bytes]") -> bool:
    rest = found.before + found.after
    new_file, new_folder = block.groups()
    if rest or not new_file:
        return replace_if(target, content, rest, mode=userfile.mode(target))
    return unlink_if(target, content, folder=new_folder is not None)


def _parsed(content: bytes, path: Path) -> _Found:
    blocks, markers = list(_BLOCK.finditer(content)), _MARKER.findall(content)
    if not markers:
        return _Found(b"", content, None)
    if len(blocks) == 1 and len(markers) == 2:
        (block,) = blocks
        return _Found(content[: block.start()], content[block.end() :], block)
    message = "the lines of devpod-gen in it are not whole: one is missing, changed or there twice"
    fix = "take out what is left of them (they name `devpod-gen ssh-config`), then run it again"
    raise NotOurs(message, where=str(path), fix=fix)


def _lines(content: bytes) -> set[bytes]:
    return {line.strip() for line in content.split(b"\n")}


def _busy(path: Path) -> Busy:
    message = "somebody else keeps changing it"
    return Busy(message, where=str(path), fix="run it again")
