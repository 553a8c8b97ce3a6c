"""A computation in a process of its own, for what a stranger wrote: bytes in, bytes out.

The process gets nothing of this one: no environment, no file, no folder. It limits itself
before it reads what it is given; here are the bounds that hold whatever it does.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread, Timer
from typing import IO

# Of the places that this process loads modules from, the absolute ones: -I and -S leave out
# what a user's environment or a `.pth` file would add.
_START = "import sys; sys.path[:] = {places!r}; from {module} import main; main()"


def computed(module: str, data: bytes, *, seconds: float, most: int) -> bytes:
    """What `main` of `module` writes to its output when it gets `data`: all of it, or what it
    had written when it ended early, had run for `seconds`, or had written more than `most`
    bytes. Nothing that it has started is left."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", "-c", _START.format(places=_places(), module=module)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={},
        process_group=0,
    )
    timer = Timer(seconds, _end, (process,))
    try:
        timer.start()
        if process.stdin is None or process.stdout is None:
            return b""
        feeding = Thread(target=_feed, args=(process.stdin, data))
        feeding.start()
        said = process.stdout.read(most + 1)
        _end(process)
        feeding.join()
        return said[:most]
    finally:
        timer.cancel()
        _end(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _places() -> list[str]:
    own = str(Path(__file__).parent.parent)
    return [own, *(place for place in sys.path if place != own and Path(place).is_absolute())]


def _feed(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(BrokenPipeError):  # it has ended; what it has said tells
        pipe.write(data)
        pipe.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Its whole group: what it could have started, too."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
