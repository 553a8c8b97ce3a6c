"""One at a time: whoever changes a workspace holds its lock.

flock, so that a holder who dies holds nothing; what stands in the file is for messages.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from devpod_gen.disk import private_folder
from devpod_gen.errors import Busy, HostError
from devpod_gen.workspace.identity import Identity, data_home

PATIENCE = 300.0
"""Seconds that the next one waits: a build by the one before can take that long."""


@contextmanager
def held(identity: Identity, *, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the workspace's lock; raises Busy, naming the holder, after `patience` seconds."""
    path = private_folder(data_home()) / f"{identity.id}.lock"
    try:
        stream = path.open("a+", encoding="utf-8")
    except OSError as error:
        message = f"the lock cannot be opened: {error.strerror}"
        raise HostError(message, where=str(path), fix="make it a writable file") from error
    with stream:
        _wait(stream, patience)
        stream.seek(0)
        stream.truncate()
        stream.write(f"process {os.getpid()}")
        stream.flush()
        yield


def _wait(stream: IO[str], patience: float) -> None:
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                stream.seek(0)
                message = f"the workspace is being changed by {stream.read() or 'another process'}"
                fix = "wait for it to end, or end it"
                raise Busy(message, where=stream.name, fix=fix) from None
            time.sleep(0.05)
        else:
            return
