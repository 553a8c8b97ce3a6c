"""Child processes: argument lists, deadlines, captured streams. No shell, ever."""

import contextlib
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from threading import Timer
from typing import IO, TYPE_CHECKING, BinaryIO

from devpod_gen.engine.heard import MOST, Heard, TooMuchError
from devpod_gen.engine.heard import text as text  # noqa: PLC0414 - a part of this module
from devpod_gen.errors import HostError
from devpod_gen.value import dataclass

if TYPE_CHECKING:
    from socket import socket

TIMED_OUT = 124
"""The exit code of a command that was stopped at its deadline, as timeout(1) has it."""

_KEPT_LINES = 40
_PIECE = 1024 * 1024

_READER = ("/bin/sh", "-c", "cat || exec cat >/dev/null")
"""Hands on what it reads, and reads on to the end when nobody takes it any more."""

_AFTER = 1.0  # seconds for what a command that was killed has said before

_GRACE = 5.0  # seconds that an interrupted command has to end by itself


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. Undecodable bytes are replaced."""

    code: int
    output: str
    errors: str

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0

    def last_lines(self, count: int = 10) -> str:
        """The end of what it said, errors last."""
        lines = [line for line in f"{self.output}\n{self.errors}".splitlines() if line.strip()]
        return "\n".join(lines[-count:])


def run(
    argv: list[str],
    *,
    timeout: float,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    folder: str | None = None,
) -> Result:
    """Run a command in `folder` to its end; past `timeout` seconds its process group is killed,
    and so it is when it has said more than anybody wants to hold.

    Raises HostError when the program is not there.
    """
    process = _start(argv, env, subprocess.PIPE, folder)
    heard = Heard()
    try:
        heard.all_of(process, stdin, time.monotonic() + timeout)
    except (subprocess.TimeoutExpired, TooMuchError) as error:
        _kill(process)
        late = isinstance(error, subprocess.TimeoutExpired)
        with contextlib.suppress(subprocess.TimeoutExpired, TooMuchError):
            heard.all_of(process, None, time.monotonic() + _AFTER if late else 0.0)
        heard.close(process)
        why = f"stopped after {timeout:g} s" if late else f"stopped: it said over {MOST >> 20} MiB"
        return Result(TIMED_OUT if late else 1, heard.output, f"{heard.errors}\n{why}")
    except BaseException:
        _stop(process)
        raise
    heard.close(process)
    return Result(process.returncode, heard.output, heard.errors)


def stream(
    argv: list[str],
    on_line: Callable[[str], None],
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    folder: str | None = None,
) -> Result:
    """Like `run`, handing on each line as it comes; the result keeps the last 40."""
    process = _start(argv, env, subprocess.STDOUT, folder)
    timer = Timer(timeout, _kill, [process])
    timer.start()
    last: deque[str] = deque(maxlen=_KEPT_LINES)
    assert process.stdout  # noqa: S101 - it was asked for
    try:
        for raw in process.stdout:
            line = text(raw).rstrip()
            last.append(line)
            on_line(line)
        code = process.wait()
    except BaseException:
        _stop(process)
        raise
    finally:
        timer.cancel()
        process.stdout.close()
    return Result(code, "\n".join(last), "")


def feed(argv: list[str], take: Callable[[IO[bytes]], None], *, timeout: float) -> Result:
    """Run a command and hand its output to `take` as it comes, which reads it to the end.

    What `take` raises is raised, unless the command broke off: then the result says why.
    """
    from tempfile import TemporaryFile  # noqa: PLC0415 - with what it loads, 5 ms

    with TemporaryFile() as said, _start(argv, None, said.fileno()) as process:
        assert process.stdout  # noqa: S101 - it was asked for
        timer = Timer(timeout, _kill, [process])
        timer.start()
        try:
            take(process.stdout)
        except Exception:
            if process.stdout.read(1) or process.wait() == 0:
                _kill(process)
                raise
        except BaseException:
            _kill(process)
            raise
        finally:
            timer.cancel()
        code = process.wait()
        said.seek(0)
        return Result(code, "", text(said.read()))


def pour(link: "socket", take: Callable[[bytes], None], *, timeout: float) -> bool:
    """Hand on what comes over a connection, as it comes, until the other side is through; False
    past `timeout` seconds. A process reads it, so that what is inherited from us is held."""
    # Whatever PATH the user has: the system's own is enough for it.
    system = {"PATH": os.defpath}
    process = _start([*_READER], system, subprocess.DEVNULL, stdin=link.fileno())
    with _deadline(process, timeout):
        assert process.stdout  # noqa: S101 - it was asked for
        while piece := os.read(process.stdout.fileno(), _PIECE):
            take(piece)
        return process.wait() == 0


def copy_in(argv: list[str], source: BinaryIO, *, timeout: float) -> Result:
    """Run a command that reads `source`, piece by piece."""
    process = _start(argv, None, subprocess.PIPE)
    with _deadline(process, timeout):
        assert process.stdin  # noqa: S101 - it was asked for
        with contextlib.suppress(BrokenPipeError):  # it has ended before, and says why
            while piece := source.read(_PIECE):
                process.stdin.write(piece)
        output, errors = process.communicate()
        return Result(process.returncode, text(output), text(errors))


@contextlib.contextmanager
def _deadline(process: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """The process is killed past its time, and whenever something is raised."""
    timer = Timer(seconds, _kill, [process])
    timer.start()
    try:
        yield
    except BaseException:
        _kill(process)
        raise
    finally:
        timer.cancel()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                if pipe:
                    pipe.close()


def _start(
    argv: list[str],
    env: Mapping[str, str] | None,
    stderr: int,
    folder: str | None = None,
    *,
    stdin: int | None = None,
) -> subprocess.Popen[bytes]:
    if stdin is None:
        stdin = subprocess.PIPE if stderr == subprocess.PIPE else subprocess.DEVNULL
    try:
        return subprocess.Popen(
            argv,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env=env,
            cwd=folder,
            # A group of its own: one kill reaches what the command started, too.
            start_new_session=True,
            # Nothing of Python's own is inherited, unless it was meant to be: a lock is.
            close_fds=False,
        )
    except FileNotFoundError:
        message = f"the program {argv[0]} is not there"
        raise HostError(message, where=argv[0], fix="install it, or put it on PATH") from None


def _stop(process: subprocess.Popen[bytes]) -> None:
    """We were interrupted: let the command take back what it has begun; asked once more,
    or past a few seconds, kill it."""
    try:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GRACE)
    finally:
        if process.poll() is None:
            _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
