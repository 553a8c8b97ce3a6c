"""The one module that writes files to stay: each is old or new, never half."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

from devpod_gen.errors import HostError


def publish(path: Path, content: str | bytes, *, mode: int = 0o644, lasting: bool = True) -> None:
    """Put `content` at `path`, whole or not at all, with `mode` whatever the umask is. What is
    not `lasting` may be lost, or be empty, once the machine has lost its power.

    Raises HostError when the disk refuses; the old file then stays as it was.
    """
    with growing(path, mode=mode, lasting=lasting) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def is_whole(path: Path) -> bool:
    """Whether a file is there, and is no empty one, as a loss of power leaves."""
    try:
        return path.stat().st_size > 0
    except OSError:
        return False


def append(path: Path, line: str, *, most: int) -> None:
    """Add a line to a private file, which keeps its last `most` to twice as many; whoever
    calls sees to it that nobody else does at the same time. A line that was cut off, because
    something was killed, is ended first. Raises HostError when the disk refuses."""
    private_folder(path.parent)
    try:
        old = path.read_bytes() if path.exists() else b""
        kept = old.splitlines()
        if len(kept) >= 2 * most:
            publish(path, b"\n".join([*kept[1 - most :], line.encode(), b""]), mode=0o600)
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(path, flags, 0o600), "ab") as stream:
            stream.write(b"\n"[: bool(old) and not old.endswith(b"\n")] + f"{line}\n".encode())
    except OSError as error:
        message = f"the file cannot be written: {error.strerror}"
        raise HostError(message, where=str(path), fix="make it a writable file") from error


def hashed(*parts: str | os.PathLike[str]) -> str:
    """A hash of these, in hexadecimal digits: a name for what is kept about them."""
    return hashlib.sha256(b"\0".join(map(os.fsencode, parts))).hexdigest()


def temporary_prefix() -> str:
    """How the names of files and folders begin that this process makes and removes again."""
    return f".devpod-gen-{os.getpid()}-"


def temporary_name() -> str:
    """A name for one of them that nobody has, or can foresee. (`tempfile` takes 5 ms to load.)"""
    return f"{temporary_prefix()}{os.urandom(8).hex()}"


def sweep(folder: Path) -> None:
    """Remove what processes that were killed have left of such in `folder`."""
    for path in () if folder.is_symlink() else folder.glob(".devpod-gen-*-*"):
        process = path.name.split("-")[2]
        if process.isascii() and process.isdigit() and _has_ended(int(process)):
            with contextlib.suppress(OSError, HostError):
                remove_folder(path) if path.is_dir() else path.unlink()


def _has_ended(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@contextmanager
def growing(path: Path, *, mode: int = 0o644, lasting: bool = True) -> Iterator[BinaryIO]:
    """A file to write and to go back in, which is at `path` once all went well; until then,
    and when it did not, there is what was there. Raises HostError when the disk refuses."""
    temporary = path.parent / temporary_name()
    begun = False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        handle = os.open(temporary, flags, 0o600)
        begun = True
        with os.fdopen(handle, "w+b") as stream:
            yield stream
            os.fchmod(stream.fileno(), mode)
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
        temporary.replace(path)
        if lasting:
            _settle(path.parent)
    except OSError as error:
        message = f"the file cannot be written: {error.strerror}"
        fix = "make room, or make the folder writable; an old file is as it was"
        raise HostError(message, where=str(path), fix=fix) from error
    finally:
        if begun:
            with contextlib.suppress(OSError):  # after a rename there is nothing left to remove
                temporary.unlink()


def _settle(folder: Path) -> None:
    """Have the folder's new entries on the disk, too."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """A folder in `parent` that is gone afterwards, with all that is in it. Raises HostError."""
    from tempfile import mkdtemp  # noqa: PLC0415

    try:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(mkdtemp(prefix=temporary_prefix(), dir=parent))
    except OSError as error:
        message = f"the folder cannot be made: {error.strerror}"
        raise HostError(message, where=str(parent), fix="make it a writable folder") from error
    try:
        yield folder
    finally:
        remove_folder(folder)


def remove_folder(path: Path) -> None:
    """Remove a folder of ours with all that is in it; one that is not there is removed."""
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        message = f"the folder cannot be removed: {error.strerror}"
        raise HostError(message, where=str(path), fix="remove it by hand") from error


def remove_file(path: Path) -> None:
    """Remove a file of ours; one that is not there is removed. Raises HostError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = f"the file cannot be removed: {error.strerror}"
        raise HostError(message, where=str(path), fix="remove it by hand") from error


def private_folder(path: Path) -> Path:
    """`path` as a folder that only its owner can enter. Raises HostError."""
    try:
        missing = [*takewhile(lambda folder: not folder.is_dir(), (path, *path.parents))]
        for folder in reversed(missing):  # parents=True would go by the umask
            folder.mkdir(mode=0o700, exist_ok=True)
        if path.stat().st_mode & 0o777 != 0o700:  # to write the same again takes milliseconds
            path.chmod(0o700)
    except OSError as error:
        message = f"the folder cannot be made: {error.strerror}"
        raise HostError(
            message, where=str(path), fix="set XDG_DATA_HOME to one that can"
        ) from error
    return path
