"""The process that lets git inside ask the host for credentials, while a session is open.

`python -m devpod_gen.cli.credentials COMMAND…`: the command runs inside and says on its stdout, a
line each, what git asks; the answer goes to its stdin. It ends when the process that has
started this one does: a `shell`, an `exec`, an ssh. Loads little: a session waits for it.
"""

import contextlib
import os
import selectors
import subprocess
import sys
from typing import IO

from devpod_gen.engine.credential import fill

_READY_WITHIN = 10.0
_LONGEST = 65536
_LOOK = 0.5  # seconds between looks at the session's process where nothing tells of its end


def main(argv: list[str]) -> int:
    """Return once whoever asks inside is heard; a process in the background then serves."""
    session = os.getppid()
    inside = subprocess.Popen(
        argv,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a Ctrl-C is the session's
    )
    if not _is_ready(inside):
        inside.kill()
        inside.wait()
        sys.stderr.write("devpod-gen: git's credentials do not reach this session\n")
        return 1
    if os.fork():
        return 0
    _detach()
    with contextlib.suppress(OSError):  # it has gone
        _serve(inside, session)
    return 0


def _is_ready(inside: "subprocess.Popen[bytes]") -> bool:
    assert inside.stdout  # noqa: S101 - it was asked for
    with selectors.DefaultSelector() as waiting:
        waiting.register(inside.stdout, selectors.EVENT_READ)
        return bool(waiting.select(_READY_WITHIN)) and inside.stdout.readline() == b"ready\n"


def _detach() -> None:
    """Hold nothing of the session's: its terminal, a pipe that somebody reads to the end."""
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)


def _serve(inside: "subprocess.Popen[bytes]", session: int) -> None:
    assert inside.stdin  # noqa: S101 - both were asked for
    assert inside.stdout  # noqa: S101
    with selectors.DefaultSelector() as waiting:
        waiting.register(inside.stdout, selectors.EVENT_READ)
        end = _end_of(session)
        if end is not None:
            waiting.register(end, selectors.EVENT_READ)
        while _is_there(session):
            ready = waiting.select(None if end is not None else _LOOK)
            if any(key.fileobj == end for key, _ in ready):
                return
            if ready and not _answer(inside.stdout.readline(_LONGEST), inside.stdin):
                return


def _answer(line: bytes, stdin: IO[bytes]) -> bool:
    if not line.endswith(b"\n"):  # it has ended, or goes on and on
        return False
    request = bytes.fromhex(line.decode()).decode("utf-8", errors="replace")
    stdin.write(fill(request).encode().hex().encode() + b"\n")
    stdin.flush()
    return True


def _end_of(process: int) -> int | None:
    """Something that can be read from once the process has ended; None: there is no such."""
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError):
        return None


def _is_there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
