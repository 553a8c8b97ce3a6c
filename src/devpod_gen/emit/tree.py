"""Emitted files against what is on disk: what differs. One that was merged with its user's
lines is theirs to keep, as long as the profile says what it said then."""

import difflib
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from devpod_gen import beneath
from devpod_gen.emit.accepted import problems
from devpod_gen.emit.file import (
    RenderedFile,
    is_merged,
    is_ours,
    is_untouched,
    origin,
    sha256_of,
    text_of,
)
from devpod_gen.errors import Finding, NotOurs
from devpod_gen.value import dataclass


class State(Enum):
    """How a file on disk stands to what would be written."""

    SAME = "unchanged"
    MISSING = "missing"
    OUTDATED = "outdated"
    MERGED = "up to date, with lines of your own"
    EDITED = "edited since it was generated"
    FOREIGN = "not written by devpod-gen"
    LEFT = "not generated any more"


AS_WANTED = (State.SAME, State.MERGED)
"""What a file may be that nothing is to be done about."""

_LONGEST = 1024 * 1024  # bytes of a file that is compared line by line


@dataclass(frozen=True, slots=True)
class Change:
    """One file, and where it stands.

    `there`: what is on disk, with `windows` where lines end so. `findings`: what a file that
    was merged holds and may not.
    """

    file: RenderedFile
    state: State
    there: str = ""
    windows: bool = False
    findings: tuple[Finding, ...] = ()

    @property
    def text(self) -> str:
        """What the file says that is used: what was rendered, or merged with it."""
        return self.there if self.state is State.MERGED else self.file.text

    @property
    def diff(self) -> str:
        """From what is on disk to what would be written; made where it is shown."""
        return difference(self.file.path, self.there, self.file.text)

    @property
    def gone(self) -> bool:
        """Whether there is no such file afterwards."""
        return self.state is State.LEFT


def compare(
    root: Path, files: tuple[RenderedFile, ...], listed: Mapping[str, str] = MappingProxyType({})
) -> tuple[Change, ...]:
    """Hold `files` against what is below `root`; `listed`: the hashes of those that were
    written without a stamp. Reads only."""
    return tuple(_change(root, file, listed.get(file.path)) for file in files)


def same(
    root: Path, hashes: Mapping[str, str], *, optional: Callable[[str], bool]
) -> tuple[Change, ...] | None:
    """The files below `root` where each is, to the byte, what its hash says; else None.
    An `optional` one that is not there is left out. Raises as `compare` does."""
    found = []
    for path, wanted in sorted(hashes.items()):
        try:
            content = beneath.read(root, path)
        except NotOurs:
            if not optional(path):
                raise
            content = None
        if content is None and optional(path):
            continue
        text = text_of(content or b"")[0]
        if sha256_of(text) != wanted:
            return None
        found.append(Change(RenderedFile(path, text), State.SAME, text))
    return tuple(found)


def _change(root: Path, file: RenderedFile, listed: str | None) -> Change:
    content = beneath.read(root, file.path)
    if content is None:
        return Change(file, State.MISSING)
    old, windows = text_of(content)
    if old == file.text:
        return Change(file, State.SAME, old, windows)
    state = _state(old)
    findings: tuple[Finding, ...] = ()
    if state is State.EDITED and is_untouched(file.text) and _is_of(file, old):
        findings = problems(file, old)
        state = State.EDITED if findings else State.MERGED
    elif listed and state is not State.OUTDATED:
        state = State.OUTDATED if sha256_of(old) == listed else State.EDITED
    return Change(file, state, old, windows, findings)


def _is_of(file: RenderedFile, old: str) -> bool:
    """Whether it was merged with this very file, and not edited since."""
    return origin(old) == origin(file.text) and is_merged(old)


def _state(old: str) -> State:
    if is_untouched(old):
        return State.OUTDATED
    return State.EDITED if is_ours(old) else State.FOREIGN


def difference(
    path: str, old: str, new: str, *, names: tuple[str, str] = ("on disk", "generated")
) -> str:
    """A unified diff; of what nobody would read, how large it is."""
    if len(old) > _LONGEST:
        return f"{path}: {len(old)} characters, too many to compare\n"
    lines = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        fromfile=f"{names[0]}/{path}",
        tofile=f"{names[1]}/{path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
