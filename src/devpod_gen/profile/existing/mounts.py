"""Mounts of the host that others ask for: which of them a profile can say, and why not."""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import field

from devpod_gen.profile.existing.base import HOMES
from devpod_gen.profile.existing.model import LeftOut, table
from devpod_gen.profile.mount import Mount
from devpod_gen.profile.nesting import covers, meet
from devpod_gen.profile.offlimits import why_not
from devpod_gen.profile.toml import can_hold
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_HOME = late(
    r"^(?:\$\{(?:localEnv|env):HOME(?::[^}]*)?\}(?:\$\{(?:localEnv|env):USERPROFILE\})?"
    r"|\$\{HOME\}|\$HOME|~)(?=/|$)"
)
_REPO = late(r"^\$\{localWorkspaceFolder\}/(?=[^/])")
_TARGET = late(r"/[A-Za-z0-9_@+][A-Za-z0-9._@+-]*(?:/[A-Za-z0-9._@+-]+)*")
# Where the system, the workspace or devpod-gen itself has something, at the top.
_TAKEN = frozenset(
    (
        *("bin", "boot", "dev", "etc", "home", "lib", "lib32", "lib64", "libx32", "proc", "root"),
        *("run", "sbin", "sys", "usr", "var", "tmp", "opt", "workspace", "workspaces"),
    )
)
_OURS = "/home/dev"
_MOST = 32  # mounts of a profile
_NO_VOLUME = "volumes of a workspace are [caches]"


def of_devcontainer(entries: list[object], folder: object, left: list[LeftOut]) -> Iterator[Mount]:
    """Those of a devcontainer.json, each a text of Docker's `--mount`, or a table. `folder`:
    where its workspace is."""
    for entry in entries:
        words = _words(entry) if isinstance(entry, str) else table(entry)
        said = {_NAMES.get(key, key): value for key, value in words.items()}
        mount = _mount(said, str(folder or ""))
        if isinstance(mount, Mount):
            yield mount
        else:
            left.append(LeftOut(f"mounts: {shown(entry)}", mount))


def of_compose(entry: object, source: str, target: str) -> Mount | str:
    """One of a compose file's `volumes`, whose source is of the host; or why it is left out.
    Of the short form Compose makes the folder where there is none: here it may be absent."""
    said: dict[str, object] = {"type": "bind", "source": source, "target": target}
    if isinstance(entry, dict):
        return _mount(said | {"readonly": bool(entry.get("read_only"))}, "")
    modes = str(entry).rpartition(":")[2].split(",")
    return _mount(said | {"readonly": "ro" in modes}, "", optional=True)


@dataclass(frozen=True, slots=True)
class Room:
    """Where something is already: no mount may be in it, or have it in itself."""

    kept: tuple[str, ...]
    """The caches of stacks."""
    taken: list[str] = field(default_factory=list)

    def apart(self, mounts: list[Mount], left: list[LeftOut]) -> Iterator[Mount]:
        """Those that are apart from all before them, and from the caches of stacks."""
        for mount in mounts:
            there = (*self.kept, *self.taken)
            met = next((one for one in there if meet(one, mount.target)), None)
            if met or len(self.taken) == _MOST:
                why = f"{met} is a cache, or a mount, too" if met else "there are many already"
                left.append(LeftOut(f"mounts: {shown(mount.target)}", why))
            else:
                self.taken.append(mount.target)
                yield mount


_NAMES = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}
_KNOWN = frozenset(("type", "source", "target", "readonly", "consistency"))


def _words(text: str) -> dict[str, object]:
    pairs = (part.partition("=") for part in text.split(","))
    return {key.strip(): value if equals else True for key, equals, value in pairs}


def _mount(said: Mapping[str, object], folder: str, *, optional: bool = False) -> Mount | str:
    if said.get("type") != "bind":
        return _NO_VOLUME if said.get("type", "volume") == "volume" else "is no mount of the host"
    source, target = _source(str(said.get("source") or "")), _target(str(said.get("target") or ""))
    if source is None:
        return "is no path that means something on each host"
    if why := why_not(source):
        return why
    reasons = (
        (set(said) - _KNOWN, "says more than a profile does"),
        (source == ".", "the repo is mounted whole, as the workspace"),
        (not _may_be(target, folder), "is mounted where the workspace or the system is"),
        (not can_hold({"mounts": [{"source": source}]}), "holds odd characters"),
    )
    reason = next((why for wrong, why in reasons if wrong), None)
    readonly = said.get("readonly") in (True, "true", "1")
    return reason or Mount(source, target, readonly, optional or None)


def _source(said: str) -> str | None:
    """In a profile's words; None for a path with other variables, or of one machine's user."""
    path = _REPO.sub("", _HOME.sub("~", said))
    if said == "${localWorkspaceFolder}":
        return "."
    if not path or re.search(r"[$\\]|^~[^/]", path) or len(path) > 1024:
        return None
    plain = posixpath.normpath(path)
    if not plain.startswith(("/", "~")) and not _REPO.match(said):
        return None
    return None if re.match(r"\.\.(/|$)|/(?:home|Users)/[^/]+(/|$)", plain) else plain


def _target(said: str) -> str:
    """In the home of the image's user, where it was in another one's."""
    plain = posixpath.normpath(said) if said else ""
    return re.sub(r"^/root(?=/)", _OURS, HOMES.sub(_OURS, plain))


def _may_be(target: str, folder: str) -> bool:
    if not _TARGET.fullmatch(target) or len(target) > 1024:
        return False
    if target.startswith(f"{_OURS}/"):
        return target.split("/")[3] not in (".devcontainer", ".dotfiles", ".cache")
    of_workspace = bool(folder) and covers(folder, target)
    return target.split("/")[1] not in _TAKEN and not of_workspace
