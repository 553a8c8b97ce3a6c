"""Emitted files onto the disk: what may be written, all or nothing.

A file that does not carry our stamp, or that was edited since we wrote it, is never
touched without `force` or a merge, and then a copy is kept beside it.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from devpod_gen import beneath
from devpod_gen.emit.file import bytes_of, text_of
from devpod_gen.emit.tree import AS_WANTED, Change, State
from devpod_gen.errors import NotOurs

_IN_THE_WAY = (State.EDITED, State.FOREIGN)


def write(
    root: Path,
    changes: tuple[Change, ...],
    *,
    force: bool = False,
    merged: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Path, ...]:
    """Write what differs of what `compare` found, and say what was, copies too. `merged`: the
    texts by path that are written in the place of files that are in the way.

    Raises NotOurs, with nothing written, when one still is and not `force`; HostError when
    the disk refuses.
    """
    if not force:
        require_writable(tuple(one for one in changes if one.file.path not in merged))
    wanted = (State.SAME,) if force else AS_WANTED
    differing = [change for change in changes if change.state not in wanted]
    for change in differing:
        _require_as_found(root, change, merged)
    kept = (*_IN_THE_WAY, State.MERGED)
    copies = [beneath.back_up(root, x.file.path) for x in differing if x.state in kept]
    made = [change for change in differing if not change.gone]
    beneath.publish_all(root, ((change.file.path, _written(change, merged)) for change in made))
    for change in differing:
        if change.gone:
            beneath.remove(root, change.file.path)
    return (*copies, *(root / change.file.path for change in differing))


def _written(change: Change, merged: Mapping[str, str]) -> str | bytes:
    text = merged.get(change.file.path)
    return change.file.text if text is None else bytes_of(text, windows=change.windows)


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text


def _require_as_found(root: Path, change: Change, merged: Mapping[str, str]) -> None:
    """An editor may have saved it meanwhile. Raises NotOurs, unless it is what is wanted by now:
    another process of ours was quicker."""
    if change.state is State.MISSING and not os.path.lexists(f"{root}/{change.file.path}"):
        return
    there = beneath.read(root, change.file.path)
    same = change.state is not State.MISSING and text_of(there or b"")[0] == change.there
    if not same and there != (None if change.gone else _bytes(_written(change, merged))):
        message = "the file was changed meanwhile, and is left as it is"
        raise NotOurs(message, where=change.file.path, fix="run it again")


def require_writable(changes: tuple[Change, ...]) -> None:
    """Raises NotOurs when a file is in the way."""
    blocked = [change for change in changes if change.state in _IN_THE_WAY]
    if blocked:
        raise _not_ours(blocked)


def _not_ours(changes: list[Change]) -> NotOurs:
    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    edited = all(change.state is State.EDITED for change in changes)
    keep = (
        "`devpod-gen generate --merge` keeps your lines"
        if edited
        else "`devpod-gen init --dry-run` shows what a profile can say of it"
    )
    return NotOurs(
        "a file is in the way; nothing was written",
        where=names,
        fix=f"{keep}, `--force` replaces it and keeps a .bak copy; look at it with `--diff`",
        findings=tuple(finding for change in changes for finding in change.findings),
        detail="".join(change.diff for change in changes),
    )
