"""Files that a stranger wrote, read so that the reading itself can do no harm.

A repo can hold what is no file: a link out of it, a named pipe that never ends, a device.
"""

import os
import stat
from pathlib import Path


class RefusedError(Exception):
    """What is there is not read; the text says why, as in "is a folder"."""


def read(path: Path, *, most: int, inside: Path | None = None) -> bytes:
    """The bytes of a plain file of at most `most` of them; with `inside`, one that is below
    that folder also when links are followed.

    Raises RefusedError for what is none, OSError when it cannot be read.
    """
    real = Path(os.path.realpath(path))
    if inside is not None and not _is_below(real, inside):
        message = "is a link that leads out of the repo"
        raise RefusedError(message)
    _require_file(real.lstat().st_mode)  # opening a device may do something already
    handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        _require_file(os.fstat(handle).st_mode)
        content = stream.read(most + 1)
    if len(content) > most:
        message = f"is larger than {most // 1024} KiB"
        raise RefusedError(message)
    return content


def _is_below(real: Path, folder: Path) -> bool:
    """What a real path begins with has no links in it: mostly that says it already."""
    return real.is_relative_to(folder) or real.is_relative_to(os.path.realpath(folder))


def _require_file(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    kinds = {
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFSOCK: "a socket",
        stat.S_IFLNK: "a link to itself",
    }
    message = f"is {kinds.get(stat.S_IFMT(mode), 'a device')}, not a file"
    raise RefusedError(message)
