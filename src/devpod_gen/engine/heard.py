"""What a command has said on its two streams, up to a bound: some are a stranger's, and never
end."""

import contextlib
import os
import selectors
import subprocess
import time
from dataclasses import field

from devpod_gen.value import dataclass

MOST = 128 << 20
"""Bytes of a stream that are held."""

_PIECE = 64 * 1024
_WRITTEN = 4096
"""Bytes that a pipe takes without making its writer wait, once it takes any."""


class TooMuchError(Exception):
    """A command has said more than is held."""


@dataclass(slots=True)
class Heard:
    """What has come by now."""

    kept: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )

    @property
    def output(self) -> str:
        """Of its standard output; undecodable bytes are replaced."""
        return text(self.kept["stdout"])

    @property
    def errors(self) -> str:
        """The same of its standard error."""
        return text(self.kept["stderr"])

    def all_of(
        self, process: subprocess.Popen[bytes], stdin: bytes | None, deadline: float
    ) -> None:
        """Hear a command to its end, and tell it `stdin`. Raises TimeoutExpired past the deadline
        (of the monotonic clock), and TooMuchError."""
        if os.name != "posix":  # pipes cannot be waited for
            self._by_library(process, stdin, deadline)
            return
        rest = memoryview(stdin or b"")
        with selectors.DefaultSelector() as selector:
            for name in self.kept:
                selector.register(getattr(process, name), selectors.EVENT_READ, name)
            if process.stdin:
                selector.register(process.stdin, selectors.EVENT_WRITE, "")
            while selector.get_map():
                for key, _ in selector.select(_left(process, deadline)):
                    if key.data and not self._take(key.data, key.fd):
                        selector.unregister(key.fileobj)
                    if not key.data and not (rest := _told(key.fd, rest)):
                        selector.unregister(key.fileobj)
                        _end(process)
        process.wait(_left(process, deadline))

    def close(self, process: subprocess.Popen[bytes]) -> None:
        """Nothing more is heard."""
        for pipe in (process.stdin, process.stdout, process.stderr):
            _close(pipe)

    def _take(self, name: str, handle: int) -> bool:
        piece = os.read(handle, _PIECE)
        self.kept[name] += piece
        if len(self.kept[name]) > MOST:
            raise TooMuchError
        return bool(piece)

    def _by_library(
        self, process: subprocess.Popen[bytes], stdin: bytes | None, deadline: float
    ) -> None:
        output, errors = process.communicate(stdin, timeout=_left(process, deadline))
        self.kept = {"stdout": bytearray(output), "stderr": bytearray(errors)}


def _left(process: subprocess.Popen[bytes], deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise subprocess.TimeoutExpired(process.args, 0)
    return left


def _told(handle: int, rest: memoryview) -> memoryview:
    """What is left to be told; nothing where it does not listen any more."""
    try:
        return rest[os.write(handle, rest[:_WRITTEN]) :]
    except BrokenPipeError:
        return rest[:0]


def _end(process: subprocess.Popen[bytes]) -> None:
    """There is no more to be told."""
    _close(process.stdin)
    process.stdin = None


def _close(pipe: object) -> None:
    with contextlib.suppress(BrokenPipeError):
        if pipe and not pipe.closed:  # type: ignore[attr-defined]
            pipe.close()  # type: ignore[attr-defined]


def text(data: bytes | bytearray) -> str:
    """What a program has said."""
    return data.decode("utf-8", errors="replace")
