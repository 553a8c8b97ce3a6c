"""Files that a stranger wrote, read so that the reading itself can do no harm.

A repo can hold what is no file: a link out of it, a named pipe that never ends, a device. In a
folder that others can write, so can what should be this user's own.
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


def own(path: Path, *, most: int) -> bytes | None:
    """The bytes of a plain file of at most `most` of them that nobody but this user, and root,
    can have put there or written; None of any other one, and where there is none."""
    try:
        if not is_own(path):
            return None
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode) or not _is_only_mine(status):
                return None
            content = stream.read(most + 1)
    except OSError:
        return None
    return content if len(content) <= most else None


def is_own(path: Path) -> bool:
    """Whether nobody but this user, and root, can put another file at `path`, or another folder
    above it; what is above the home is the system's. A group may be able to write what is above
    its folder: at many places everybody has one of their own. Raises OSError."""
    # By names: a dozen Paths for each file would take as long as all the rest.
    folder, home = os.path.dirname(path), os.path.normpath(os.path.expanduser("~"))  # noqa: PTH111, PTH120
    if not _is_only_mine(os.stat(folder)):  # noqa: PTH116
        return False
    while folder not in (home, "/", ""):
        folder = os.path.dirname(folder)  # noqa: PTH120
        if not _is_mine(os.stat(folder or ".")):  # noqa: PTH116
            return False
    return True


def _is_only_mine(status: os.stat_result) -> bool:
    return _is_mine(status) and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _is_mine(status: os.stat_result) -> bool:
    """What is sticky, as /tmp is, lets nobody replace what is another's."""
    open_to_all = status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX
    return status.st_uid in (0, os.geteuid()) and not open_to_all


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
