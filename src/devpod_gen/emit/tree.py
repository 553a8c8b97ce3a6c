"""Emitted files against what is on disk: what differs, and what may be written.

A file that does not carry our stamp, or that was edited since we wrote it, is never
touched without `force`, and then a copy is kept beside it.
"""

import difflib
import hashlib
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType

from devpod_gen import beneath
from devpod_gen.emit.file import RenderedFile, is_ours, is_untouched
from devpod_gen.errors import NotOurs
from devpod_gen.value import dataclass


class State(Enum):
    """How a file on disk stands to what would be written."""

    SAME = "unchanged"
    MISSING = "missing"
    OUTDATED = "outdated"
    EDITED = "edited since it was generated"
    FOREIGN = "not written by devpod-gen"
    LEFT = "not generated any more"


_IN_THE_WAY = (State.EDITED, State.FOREIGN)


@dataclass(frozen=True, slots=True)
class Change:
    """One file, where it stands, and the unified diff from disk to what would be written."""

    file: RenderedFile
    state: State
    diff: str

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
        content = beneath.read(root, path)
        if content is None and optional(path):
            continue
        if content is None or hashlib.sha256(content).hexdigest() != wanted:
            return None
        found.append(Change(RenderedFile(path, content.decode()), State.SAME, ""))
    return tuple(found)


def write(root: Path, changes: tuple[Change, ...], *, force: bool = False) -> tuple[Path, ...]:
    """Write what differs of what `compare` found, and say what was written.

    Raises NotOurs, with nothing written, when a file is in the way and not `force`;
    HostError when the disk refuses.
    """
    if not force:
        require_writable(changes)
    differing = [change for change in changes if change.state is not State.SAME]
    for change in differing:
        if change.state in _IN_THE_WAY:
            beneath.back_up(root, change.file.path)
    made = [change for change in differing if not change.gone]
    beneath.publish_all(root, ((change.file.path, change.file.text) for change in made))
    for change in differing:
        if change.gone:
            beneath.remove(root, change.file.path)
    return tuple(root / change.file.path for change in differing)


def require_writable(changes: tuple[Change, ...]) -> None:
    """Raises NotOurs when a file is in the way."""
    blocked = [change for change in changes if change.state in _IN_THE_WAY]
    if blocked:
        raise _not_ours(blocked)


def _change(root: Path, file: RenderedFile, listed: str | None) -> Change:
    content = beneath.read(root, file.path)
    if content is None:
        return Change(file, State.MISSING, difference(file.path, "", file.text))
    old = content.decode("utf-8", errors="surrogateescape")
    if old == file.text:
        return Change(file, State.SAME, "")
    state = _state(old)
    if listed and state is not State.OUTDATED:
        same = hashlib.sha256(content).hexdigest() == listed
        state = State.OUTDATED if same else State.EDITED
    return Change(file, state, difference(file.path, old, file.text))


def _state(old: str) -> State:
    if is_untouched(old):
        return State.OUTDATED
    return State.EDITED if is_ours(old) else State.FOREIGN


def difference(path: str, old: str, new: str) -> str:
    """The unified diff from disk to what would be written."""
    lines = difflib.unified_diff(
        old.splitlines(keepends=True),
        new.splitlines(keepends=True),
        fromfile=f"on disk/{path}",
        tofile=f"generated/{path}",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def _not_ours(changes: list[Change]) -> NotOurs:
    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    return NotOurs(
        "a file is in the way; nothing was written",
        where=names,
        fix="look at `devpod-gen generate --diff`; `--force` replaces it and keeps a .bak copy",
        detail="".join(change.diff for change in changes),
    )
