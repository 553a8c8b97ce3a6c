"""One at a time: whoever changes a workspace holds its lock.

flock, so that a holder who dies holds nothing; what stands in the file is for messages.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from devpod_gen.disk import private_folder
from devpod_gen.errors import Busy, HostError
from devpod_gen.home import data_home
from devpod_gen.workspace.identity import Identity

PATIENCE = 300.0
"""Seconds that the next one waits: a build by the one before can take that long."""


@contextmanager
def held(
    identity: Identity,
    what: str,
    *,
    say: Callable[[str], None] | None = None,
    patience: float = PATIENCE,
    removed: bool = False,
) -> Iterator[None]:
    """Hold the workspace's lock to do `what`; raises Busy, naming the holder, after
    `patience` seconds. `say` is told whom it waits for.

    `removed`: the file goes with the workspace, when all went well.
    """
    path = private_folder(data_home()) / f"{identity.id}.lock"
    with _locked(path, time.monotonic() + patience, say) as stream:
        # What this process starts holds the lock, too: were we killed, a client of the
        # engine that we left behind would go on changing the workspace.
        os.set_inheritable(stream.fileno(), True)
        with contextlib.suppress(OSError):  # on a full disk it is held without a name
            os.ftruncate(stream.fileno(), 0)
            os.write(stream.fileno(), f"`devpod-gen {what}`, process {os.getpid()}".encode())
        yield
        if removed:
            path.unlink(missing_ok=True)


@contextmanager
def folder_held(folder: Path) -> Iterator[None]:
    """Hold a folder of ours for a moment, for what no two may do at once. It is made if need
    be; that it is the folder which is locked leaves no file behind."""
    while True:
        handle = os.open(private_folder(folder), os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(handle, fcntl.LOCK_EX)
        if folder.exists() and folder.stat().st_ino == os.fstat(handle).st_ino:
            break
        os.close(handle)
    try:
        yield
    finally:
        os.close(handle)


@contextmanager
def neighbours_held(folder: Path) -> Iterator[None]:
    """Hold a folder that is not ours while a file in it is changed: who else of us would
    change it waits. On file systems that know no locks nobody does."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _locked(path: Path, deadline: float, say: Callable[[str], None] | None) -> IO[str]:
    """The lock file, open and locked, and still the one that stands at `path`."""
    while True:
        try:
            stream = path.open("a+", encoding="utf-8")
        except OSError as error:
            message = f"the lock cannot be opened: {error.strerror}"
            raise HostError(message, where=str(path), fix="make it a writable file") from error
        try:
            _wait(stream, deadline, say)
            if _same(path, stream):
                return stream
        except BaseException:
            stream.close()
            raise
        stream.close()  # the one before has removed it with the workspace


def _same(path: Path, stream: IO[str]) -> bool:
    try:
        return path.stat().st_ino == os.fstat(stream.fileno()).st_ino
    except FileNotFoundError:
        return False


def _wait(stream: IO[str], deadline: float, say: Callable[[str], None] | None) -> None:
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stream.seek(0)
            holder = stream.read() or "another process"
            if time.monotonic() > deadline:
                message = f"the workspace is being changed by {holder}"
                fix = "wait for it to end, or end it"
                raise Busy(message, where=stream.name, fix=fix) from None
            if say:
                say(f"waiting for {holder}")
                say = None
            time.sleep(0.05)
        else:
            return
