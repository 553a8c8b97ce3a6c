"""Files below a folder that a stranger filled: no link on the way is followed.

Each folder is opened in the one before it, and the file is replaced in the folder that is
open: whoever puts a link into the place of a folder meanwhile changes nothing for us.
"""

import contextlib
import errno
import itertools
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from devpod_gen.disk import temporary_prefix
from devpod_gen.errors import HostError, NotOurs
from devpod_gen.value import dataclass

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LARGEST = 16 * 1024 * 1024


def read(root: Path, relative: str) -> bytes | None:
    """What is at `relative` below `root`; None for nothing. Raises NotOurs for a link on the
    way and for what is no file, HostError for what cannot be read."""
    path = root / relative
    with told(path, "read"), folder_of(root, relative, make=False) as place:
        return content_in(*place, path) if place else None


def publish(root: Path, relative: str, content: str | bytes, *, mode: int = 0o644) -> None:
    """Put `content` at `relative` below `root`, whole or not at all, with `mode` whatever the
    umask is. Raises as `read` does; the old file then stays as it was."""
    publish_all(root, ((relative, content),), mode=mode)


def publish_all(root: Path, files: Iterable[tuple[str, str | bytes]], *, mode: int = 0o644) -> None:
    """Put each content at its name, as `publish` does. All of them are on the disk before the
    first one takes its place; where that cannot be, none does."""
    with contextlib.ExitStack() as held:
        ready = [held.enter_context(_filled(root, *file, mode)) for file in files]
        by_folder = {one.path.parent: one for one in ready}.values()
        for step, those in ((_sync, ready), (_replace, ready), (_sync_folder, by_folder)):
            for one in those:
                with told(one.path, "written"):
                    step(one)


def remove(root: Path, relative: str) -> None:
    """Remove the file at `relative` below `root`, and folders that are empty then, but for the
    topmost. Raises as `read` does."""
    with told(root / relative, "removed"), folder_of(root, relative, make=False) as place:
        if place is not None and status_in(*place, root / relative):
            os.unlink(place[1], dir_fd=place[0])
    for parent in PurePosixPath(relative).parents[:-2]:
        with contextlib.suppress(OSError), folder_of(root, str(parent), make=False) as place:
            if place is not None:
                os.rmdir(place[1], dir_fd=place[0])


def back_up(root: Path, relative: str) -> Path:
    """A copy of the file beside it, with its mode, under a name that is free: `<name>.bak`,
    `.bak2`, … Nothing that is there is replaced, also when others do the same."""
    path = root / relative
    with told(path, "copied"), folder_of(root, relative, make=False) as place:
        status = status_in(*place, path) if place else None
        if place is None or status is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
        data, mode = content_in(*place, path) or b"", stat.S_IMODE(status.st_mode)
        copy = f"{place[1]}.bak"
        for number in itertools.count(2):
            try:
                add(place[0], copy, data, mode)
                break
            except FileExistsError:
                copy = f"{place[1]}.bak{number}"
    return path.with_name(copy)


def add(folder: int, name: str, data: bytes, mode: int) -> None:
    """A new file in the open folder, on the disk; when it cannot be whole, there is none.
    Raises FileExistsError, OSError."""
    with contextlib.ExitStack() as failed:
        with _fill(folder, name, data, mode) as stream:
            failed.callback(os.unlink, name, dir_fd=folder)
            os.fsync(stream.fileno())
        failed.pop_all()
    os.fsync(folder)


def replace(folder: int, name: str, data: bytes, mode: int) -> None:
    """Have a new file of that name in the open folder, in the place of what is there."""
    with _temporary(folder) as temporary:
        add(folder, temporary, data, mode)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


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


@contextmanager
def folder_of(root: Path, relative: str, *, make: bool) -> Iterator[tuple[int, str] | None]:
    """The open folder in which `relative` is, and its name there; None where there is none."""
    *parents, name = relative.split("/")
    with contextlib.ExitStack() as opened:
        folder = _opened(opened, os.open(root, _FOLDER))
        for depth, part in enumerate(parents, start=1):
            try:
                folder = _opened(opened, _into(folder, part, make=make))
            except FileNotFoundError:
                yield None
                return
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


def status_in(folder: int, name: str, place: Path) -> os.stat_result | None:
    """Of a plain file with one name; None where there is nothing. Raises NotOurs."""
    try:
        status = os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        raise _in_the_way(status, place)
    return status


def _require_writable(status: os.stat_result | None, place: Path) -> None:
    """A rename asks the folder only; whoever has made a file read-only has meant it."""
    if status and not status.st_mode & stat.S_IWUSR:
        message = "the file is read-only"
        raise HostError(message, where=str(place), fix="`chmod u+w` it, if it may change")


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


@contextmanager
def _temporary(folder: int) -> Iterator[str]:
    """A name in the folder; the file that is there afterwards is gone."""
    name = f"{temporary_prefix()}{secrets.token_hex(6)}"
    try:
        yield name
    finally:
        with contextlib.suppress(OSError):  # after a rename there is nothing left to remove
            os.unlink(name, dir_fd=folder)


def _fill(folder: int, name: str, data: bytes, mode: int) -> BinaryIO:
    """The new file, written but not yet on the disk. It is open: whoever calls closes it."""
    handle = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FILE, 0o600, dir_fd=folder)
    stream = os.fdopen(handle, "wb")
    try:
        stream.write(data)
        stream.flush()
        os.fchmod(handle, mode)
    except BaseException:
        stream.close()
        with contextlib.suppress(OSError):
            os.unlink(name, dir_fd=folder)
        raise
    return stream


@dataclass(frozen=True, slots=True)
class _Filled:
    """A file under a name of ours, beside the place that it will take in the open folder."""

    path: Path
    folder: int
    temporary: str
    name: str
    stream: BinaryIO


@contextmanager
def _filled(root: Path, relative: str, content: str | bytes, mode: int) -> Iterator[_Filled]:
    data, path = content.encode() if isinstance(content, str) else content, root / relative
    with contextlib.ExitStack() as held:
        with told(path, "written"):
            place = held.enter_context(folder_of(root, relative, make=True))
            if place is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))
            folder, name = place
            _require_writable(status_in(folder, name, path), path)
            temporary = held.enter_context(_temporary(folder))
            stream = held.enter_context(_fill(folder, temporary, data, mode))
        yield _Filled(path, folder, temporary, name, stream)


def _sync(one: _Filled) -> None:
    os.fsync(one.stream.fileno())


def _replace(one: _Filled) -> None:
    os.rename(one.temporary, one.name, src_dir_fd=one.folder, dst_dir_fd=one.folder)


def _sync_folder(one: _Filled) -> None:
    os.fsync(one.folder)


@contextmanager
def told(place: Path, what: str) -> Iterator[None]:
    """What the system refuses inside is a HostError, which names the place."""
    try:
        yield
    except OSError as error:
        message = f"the file cannot be {what}: {error.strerror}"
        fix = "make room, or make it accessible; an old file is as it was"
        raise HostError(message, where=str(place), fix=fix) from error
