"""Programs that are asked side by side, for what may be a secret: their answers stay in
memory, each is bounded, and one deadline holds for all of them."""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import field

from devpod_gen.value import dataclass

_PIECE = 64 * 1024
_LINGER = 0.2  # seconds for what a program has left in its pipe, when a child keeps that open


@dataclass(frozen=True, slots=True)
class Answer:
    """How a program ended. `code` None: it was stopped at the deadline, or for its length.
    `missing`: it could not even be started, and why."""

    code: int | None
    output: bytes = field(repr=False)
    errors: str
    too_long: bool = False
    missing: str = ""


@dataclass(slots=True)
class _Asked:
    """A program that runs, and what it has said."""

    process: subprocess.Popen[bytes]
    output: bytearray = field(default_factory=bytearray, repr=False)
    errors: bytearray = field(default_factory=bytearray)
    open: int = 2
    too_long: bool = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.too_long or (self.open == 0 and self.process.poll() is not None)


def ask_together(
    commands: Sequence[Sequence[str]], *, seconds: float, most: int, folder: str
) -> list[Answer]:
    """Run the commands in `folder`, without input, at the same time. Past `seconds`, or with
    more than `most` bytes of output, a command's whole process group is killed; so is each
    when this process is interrupted. Answers are in the commands' order."""
    end = time.monotonic() + seconds
    asked: list[_Asked | str] = []
    try:
        with selectors.DefaultSelector() as selector:
            for argv in commands:
                asked.append(_start(argv, folder))  # noqa: PERF401 - ^C must find it in there
            running = [one for one in asked if isinstance(one, _Asked)]
            for started in running:
                _listen(started, selector)
            _read(running, selector, end, most)
        return [_answer(one) for one in asked]
    finally:
        for one in asked:
            if isinstance(one, _Asked):
                _end(one)


def _start(argv: Sequence[str], folder: str) -> "_Asked | str":
    try:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            # One kill reaches what it has started, too; the session stays ours, since password
            # managers ask once a session.
            process_group=0,
        )
    except OSError as error:
        return error.strerror or "cannot be started"
    return _Asked(process)


def _listen(one: _Asked, selector: selectors.BaseSelector) -> None:
    process = one.process
    for pipe, kept in ((process.stdout, one.output), (process.stderr, one.errors)):
        if pipe:
            os.set_blocking(pipe.fileno(), False)
            selector.register(pipe, selectors.EVENT_READ, (one, kept))


def _read(running: list[_Asked], selector: selectors.BaseSelector, end: float, most: int) -> None:
    """Take what they say until each is over, or the time is."""
    lingers: dict[int, float] = {}
    while waiting := [one for one in running if not one.over]:
        now = time.monotonic()
        for one in waiting:  # it has ended, but what it started holds its pipes
            if one.process.poll() is not None:
                lingers.setdefault(one.process.pid, now + _LINGER)
        if now >= end or all(now >= lingers.get(one.process.pid, end) for one in waiting):
            return
        closing = next((one for one in waiting if one.open == 0), None)
        if closing:  # no pipe of it will tell us when it ends, mostly at once
            with contextlib.suppress(subprocess.TimeoutExpired):
                closing.process.wait(timeout=min(end - now, 0.05))
        for key, _ in selector.select(0 if closing else min(end - now, 0.05)):
            _take(key, selector, most)


def _take(key: selectors.SelectorKey, selector: selectors.BaseSelector, most: int) -> None:
    one, kept = key.data
    piece = key.fileobj.read(_PIECE)  # type: ignore[union-attr]
    if piece:
        kept += piece
        del one.errors[_PIECE:]
        one.too_long = len(one.output) > most
    if piece == b"" or one.too_long:
        selector.unregister(key.fileobj)
        one.open -= 1


def _answer(one: "_Asked | str") -> Answer:
    if isinstance(one, str):
        return Answer(None, b"", "", missing=one)
    code = None if one.too_long else one.process.poll()
    errors = one.errors.decode("utf-8", errors="replace")
    return Answer(code, bytes(one.output), errors, too_long=one.too_long)


def _end(one: _Asked) -> None:
    """Kill what still runs, and wait for nobody who holds a pipe."""
    if one.process.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(one.process.pid, signal.SIGKILL)
        one.process.wait()
    for pipe in (one.process.stdout, one.process.stderr):
        if pipe:
            pipe.close()
