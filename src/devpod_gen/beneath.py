"""Files below a folder that a stranger filled: no link on the way is followed.

Each folder is opened in the one before it, and the file is replaced in the folder that is
open: whoever puts a link into the place of a folder meanwhile changes nothing for us.
"""

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devpod_gen.disk import temporary_prefix
from devpod_gen.errors import HostError, NotOurs

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LARGEST = 16 * 1024 * 1024


def read(root: Path, relative: str) -> bytes | None:
    """What is at `relative` below `root`; None for nothing. Raises NotOurs for a link on the
    way and for what is no file, HostError for what cannot be read."""
    with _told(root / relative, "read"), _folder_of(root, relative, make=False) as place:
        if place is None or _status(*place, root / relative) is None:
            return None
        folder, name = place
        handle = os.open(name, os.O_RDONLY | _FILE, dir_fd=folder)
        with os.fdopen(handle, "rb") as stream:
            return stream.read(_LARGEST)


def publish(root: Path, relative: str, content: str | bytes, *, mode: int = 0o644) -> None:
    """Put `content` at `relative` below `root`, whole or not at all, with `mode` whatever the
    umask is. Raises as `read` does; the old file then stays as it was."""
    data = content.encode() if isinstance(content, str) else content
    with _told(root / relative, "written"), _folder_of(root, relative, make=True) as place:
        if place is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        folder, name = place
        _status(folder, name, root / relative)
        with _temporary(folder) as temporary:
            _fill(folder, temporary, data, mode)
            os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)


def back_up(root: Path, relative: str) -> Path:
    """A copy of the file beside it, under a name that is free: `<name>.bak`, `.bak2`, …"""
    content, number = read(root, relative) or b"", 1
    while os.path.lexists(root / (copy := f"{relative}.bak{number if number > 1 else ''}")):
        number += 1
    publish(root, copy, content)
    return root / copy


@contextmanager
def _folder_of(root: Path, relative: str, *, make: bool) -> Iterator[tuple[int, str] | None]:
    """The open folder in which `relative` is, and its name there; None where there is none."""
    *parents, name = relative.split("/")
    with contextlib.ExitStack() as opened:
        folder = _opened(opened, os.open(root, _FOLDER))
        for depth, part in enumerate(parents, start=1):
            place = root.joinpath(*parents[:depth])
            try:
                folder = _opened(opened, _into(folder, part, place, make=make))
            except FileNotFoundError:
                yield None
                return
        yield folder, name


def _opened(stack: contextlib.ExitStack, handle: int) -> int:
    stack.callback(os.close, handle)
    return handle


def _into(folder: int, part: str, place: Path, *, make: bool) -> int:
    try:
        return os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except FileNotFoundError:
        if not make:
            raise
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            raise _in_the_way(os.lstat(part, dir_fd=folder), place) from error
        raise
    with contextlib.suppress(FileExistsError):  # another one was quicker
        os.mkdir(part, dir_fd=folder)
        made = os.open(part, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        os.fchmod(made, 0o755)  # whatever the umask is
        return made
    return _into(folder, part, place, make=False)


def _status(folder: int, name: str, place: Path) -> os.stat_result | None:
    """Of a plain file with one name; None where there is nothing. Raises NotOurs."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise _in_the_way(status, place)
    return status


def _in_the_way(status: os.stat_result, place: Path) -> NotOurs:
    if stat.S_ISLNK(status.st_mode):
        message = "a symbolic link is in the way: writing through it would leave the repo"
        return NotOurs(message, where=str(place), fix="replace it by a folder or a file")
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        message = "a file with a second name (a hard link) is in the way"
        return NotOurs(message, where=str(place), fix="replace it by a copy of its own")
    message = "what is in the way is no plain file"
    if stat.S_ISREG(status.st_mode):
        message = "a file is in the way of a folder"
    return NotOurs(message, where=str(place), fix="move it away")


@contextmanager
def _temporary(folder: int) -> Iterator[str]:
    """A name in the folder; the file that is there afterwards is gone."""
    name = f"{temporary_prefix()}{secrets.token_hex(6)}"
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):  # after a rename there is nothing left to remove
            os.unlink(name, dir_fd=folder)


def _fill(folder: int, name: str, data: bytes, mode: int) -> None:
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
    with os.fdopen(handle, "wb") as stream:
        stream.write(data)
        os.fchmod(stream.fileno(), mode)
        stream.flush()
        os.fsync(stream.fileno())


@contextmanager
def _told(place: Path, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        message = f"the file cannot be {what}: {error.strerror}"
        fix = "make room, or make it accessible; an old file is as it was"
        raise HostError(message, where=str(place), fix=fix) from error
