"""Files below a folder that a stranger filled: no link on the way is followed.

Each folder is opened in the one before it, and the file is replaced in the folder that is
open: whoever puts a link into the place of a folder meanwhile changes nothing for us.
"""

import contextlib
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from devpod_gen import opened
from devpod_gen.errors import HostError
from devpod_gen.value import dataclass


def read(root: Path, relative: str) -> bytes | None:
    """What is at `relative` below `root`; None for nothing. Raises NotOurs for a link on the
    way and for what is no file, HostError for what cannot be read."""
    path = root / relative
    with opened.told(path, "read"):
        try:
            with opened.folder_of(root, relative, make=False) as place:
                return opened.content_in(*place, path)
        except FileNotFoundError:
            return None


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
                with opened.told(one.path, "written"):
                    step(one)


def remove(root: Path, relative: str) -> None:
    """Remove the file at `relative` below `root`, and folders that are empty then, but for the
    topmost. Raises as `read` does."""
    path = root / relative
    with (
        opened.told(path, "removed"),
        contextlib.suppress(FileNotFoundError),
        opened.folder_of(root, relative, make=False) as (folder, name),
    ):
        if opened.status_in(folder, name, path):
            os.unlink(name, dir_fd=folder)
    for parent in map(str, PurePosixPath(relative).parents[:-2]):
        with (
            contextlib.suppress(OSError),
            opened.folder_of(root, parent, make=False) as (folder, name),
        ):
            os.rmdir(name, dir_fd=folder)


def back_up(root: Path, relative: str) -> Path:
    """A copy of the file beside it, with its mode, under a name that is free: `<name>.bak`,
    `.bak2`, … Nothing that is there is replaced, also when others do the same."""
    path = root / relative
    with opened.told(path, "copied"), opened.folder_of(root, relative, make=False) as place:
        folder, name = place
        mode = stat.S_IMODE(os.lstat(name, dir_fd=folder).st_mode)
        data = opened.content_in(folder, name, path) or b""
        names = (f"{name}.bak{number if number > 1 else ''}" for number in itertools.count(1))
        copy = next(free for free in names if _is_added(folder, free, data, mode))
    return path.with_name(copy)


def _is_added(folder: int, name: str, data: bytes, mode: int) -> bool:
    """Whether there was none of that name."""
    try:
        opened.add(folder, name, data, mode)
    except FileExistsError:
        return False
    return True


def _require_writable(status: os.stat_result | None, place: Path) -> None:
    """A rename asks the folder only; whoever has made a file read-only has meant it."""
    if status and not status.st_mode & stat.S_IWUSR:
        message = "the file is read-only"
        raise HostError(message, where=str(place), fix="`chmod u+w` it, if it may change")


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
        with opened.told(path, "written"):
            folder, name = held.enter_context(opened.folder_of(root, relative, make=True))
            _require_writable(opened.status_in(folder, name, path), path)
            temporary = held.enter_context(opened.temporary(folder))
            stream = held.enter_context(opened.fill(folder, temporary, data, mode))
        yield _Filled(path, folder, temporary, name, stream)


def _sync(one: _Filled) -> None:
    os.fsync(one.stream.fileno())


def _replace(one: _Filled) -> None:
    os.rename(one.temporary, one.name, src_dir_fd=one.folder, dst_dir_fd=one.folder)


def _sync_folder(one: _Filled) -> None:
    os.fsync(one.folder)
