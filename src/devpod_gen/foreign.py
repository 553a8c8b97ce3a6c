"""Files that are the user's own: changed only where they still hold what was read of them."""

import contextlib
import os
from pathlib import Path

from devpod_gen.disk import growing
from devpod_gen.errors import HostError


class _Changed(Exception):
    """The file holds something else by now."""


def replace_if(path: Path, before: bytes | None, content: bytes, *, mode: int) -> bool:
    """Publish `content`, unless the file holds something else than `before` by now, which is
    None for no file; whether that was done. Raises HostError."""
    try:
        with growing(path, mode=mode) as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
            _require(path, before)
    except _Changed:
        return False
    return True


def unlink_if(path: Path, before: bytes, *, folder: bool) -> bool:
    """Remove a file, unless it holds something else than `before` by now; with `folder` also
    the one that it is in, if that is all. Whether that was done. Raises HostError."""
    try:
        _require(path, before)
        path.unlink()
    except _Changed:
        return False
    except OSError as error:
        message = f"the file cannot be removed: {error.strerror}"
        raise HostError(message, where=str(path), fix="make its folder writable") from error
    if folder:
        with contextlib.suppress(OSError):  # there is something else in it
            path.parent.rmdir()
    return True


def _require(path: Path, content: bytes | None) -> None:
    try:
        found: bytes | None = path.read_bytes()
    except FileNotFoundError:
        found = None
    if found != content:
        raise _Changed


def made_folder(path: Path) -> bool:
    """Whether the folder had to be made; then only its owner can enter it. Raises HostError."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        return False
    except OSError as error:
        message = f"the folder cannot be made: {error.strerror}"
        raise HostError(message, where=str(path), fix="make it by hand") from error
    return True
