"""A program that is shown a terminal, because it tells how far it is to terminals only."""

import contextlib
import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from tempfile import TemporaryFile
from threading import Event

from devpod_gen.engine.command import TIMED_OUT, Result
from devpod_gen.regex import late

_SIZE = (50, 80)  # rows and columns: too narrow for the client to draw bars
_LOOK = 0.1  # seconds between two looks at whether it is to stop
_GRACE = 5.0
_ENDS = late(r"[\r\n]|\x1b\[[0-9;?]*[A-Za-z]")


def watch(
    argv: list[str],
    on_text: Callable[[str], None],
    *,
    timeout: float,
    stop: Event | None = None,
) -> Result:
    """Run a command to its end and hand on what it shows, each piece without what moves the
    cursor. Past `timeout`, or once `stop` is set, it is ended. The result has its errors."""
    with TemporaryFile() as said:
        ours, theirs = os.openpty()
        try:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", *_SIZE, 0, 0))
            process = _start(argv, theirs, said.fileno())
        finally:
            os.close(theirs)
        try:
            in_time = _read(ours, on_text, time.monotonic() + timeout, stop)
        finally:
            os.close(ours)
            _end(process)
        said.seek(0)
        errors = said.read().decode("utf-8", errors="replace")
    return Result(process.returncode if in_time else TIMED_OUT, "", errors)


def _start(argv: list[str], terminal: int, errors: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=errors,
        env=os.environ | {"DOCKER_CLI_HINTS": "false"},
        start_new_session=True,  # one kill reaches what it starts, too
        close_fds=False,  # a lock is meant to be inherited
    )


def _read(ours: int, on_text: Callable[[str], None], deadline: float, stop: Event | None) -> bool:
    """Until it ends; whether it did so by itself."""
    rest = ""
    while time.monotonic() < deadline and not (stop and stop.is_set()):
        if not select.select([ours], [], [], _LOOK)[0]:
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:  # on Linux: the other side was closed
            piece = b""
        if not piece:
            return True
        *texts, rest = _ENDS.split(rest + piece.decode("utf-8", errors="replace"))
        for text in filter(None, texts):
            on_text(text)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    """It has ended, or it is asked to, and is killed when it does not."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=_LOOK)
        return
    for way in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, way)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE)
            return
