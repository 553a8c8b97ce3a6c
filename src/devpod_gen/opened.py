"""A folder that is open, and the files in it: whoever puts a link into its place changes
nothing for who has it open.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from devpod_gen.disk import temporary_name
from devpod_gen.errors import HostError, NotOurs

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LARGEST = 16 * 1024 * 1024


@contextmanager
def told(place: Path, what: str) -> Iterator[None]:
    """What the system refuses inside is a HostError, which names the place."""
    try:
        yield
    except OSError as error:
        message = f"the file cannot be {what}: {error.strerror}"
        fix = "make room, or make it accessible; an old file is as it was"
        raise HostError(message, where=str(place), fix=fix) from error


@contextmanager
def folder_of(root: Path, relative: str, *, make: bool) -> Iterator[tuple[int, str]]:
    """The open folder in which `relative` is, and its name there. Raises NotOurs for a link on
    the way, FileNotFoundError where there is no such folder and not `make`, OSError."""
    *parents, name = relative.split("/")
    with contextlib.ExitStack() as opened:
        folder = _opened(opened, os.open(root, _FOLDER))
        for depth, part in enumerate(parents, start=1):
            try:
                folder = _opened(opened, _into(folder, part, make=make))
            except OSError as error:
                if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                    raise
                place = root.joinpath(*parents[:depth])
                raise _in_the_way(os.lstat(part, dir_fd=folder), place) from error
        yield folder, name


def _opened(stack: contextlib.ExitStack, handle: int) -> int:
    stack.callback(os.close, handle)
    return handle


def _into(folder: int, part: str, *, make: bool) -> int:
    try:
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    with contextlib.suppress(FileExistsError):  # another one was quicker
        os.mkdir(part, dir_fd=folder)
        made = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        os.fchmod(made, 0o755)  # whatever the umask is
        return made
    return _into(folder, part, make=False)


def content_in(folder: int, name: str, place: Path) -> bytes | None:
    """Of a plain file, all of it; None where there is nothing. Raises NotOurs."""
    if status_in(folder, name, place) is None:
        return None
    with os.fdopen(os.open(name, os.O_RDONLY | _FILE, dir_fd=folder), "rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:  # a copy of a part would be none
        message = f"a file of more than {_LARGEST // 1024**2} MiB is in the way"
        raise NotOurs(message, where=str(place), fix="move it away")
    return content


def status_in(folder: int, name: str, place: Path) -> os.stat_result | None:
    """Of a plain file with one name; None where there is nothing. Raises NotOurs."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise _in_the_way(status, place)
    return status


def add(folder: int, name: str, data: bytes, mode: int) -> None:
    """A new file in the open folder, on the disk; when it cannot be whole, there is none.
    Raises FileExistsError, OSError."""
    with contextlib.ExitStack() as failed:
        with fill(folder, name, data, mode) as stream:
            failed.callback(os.unlink, name, dir_fd=folder)
            os.fsync(stream.fileno())
        failed.pop_all()
    os.fsync(folder)


def replace(folder: int, name: str, data: bytes, mode: int) -> None:
    """Have a new file of that name in the open folder, in the place of what is there."""
    with temporary(folder) as beside:
        add(folder, beside, data, mode)
        os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


@contextmanager
def temporary(folder: int) -> Iterator[str]:
    """A name in the folder; the file that is there afterwards is gone."""
    name = temporary_name()
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):  # after a rename there is nothing left to remove
            os.unlink(name, dir_fd=folder)


def fill(folder: int, name: str, data: bytes, mode: int) -> BinaryIO:
    """The new file, written but not yet on the disk. It is open: whoever calls closes it."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
    stream = os.fdopen(handle, "wb")
    try:
        stream.write(data)
        stream.flush()
        os.fchmod(handle, mode)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        with contextlib.suppress(OSError):  # it would write once more what there is no room for
            stream.close()
        raise
    return stream


_KINDS = {
    stat.S_IFREG: "a file is in the way of a folder",
    stat.S_IFDIR: "a folder is in the way of a file",
    stat.S_IFIFO: "a named pipe is in the way",
    stat.S_IFSOCK: "a socket is in the way",
}


def _in_the_way(status: os.stat_result, place: Path) -> NotOurs:
    if stat.S_ISLNK(status.st_mode):
        message = "a symbolic link is in the way: writing through it would leave the repo"
        return NotOurs(message, where=str(place), fix="replace it by a folder or a file")
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        message = "a file with a second name (a hard link) is in the way"
        return NotOurs(message, where=str(place), fix="replace it by a copy of its own")
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "a device is in the way")
    return NotOurs(kind, where=str(place), fix="move it away")
