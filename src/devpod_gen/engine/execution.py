"""A command in a container by the engine's API: its client takes 20 ms for itself.

What the command says is read by a process that is started as any client is. So it inherits
our lock, as a client does: when we are killed, the next one waits for what is still running.
"""

import os
import time
from dataclasses import field

from devpod_gen.engine import frames, wire
from devpod_gen.engine.command import TIMED_OUT, Result, pour, text
from devpod_gen.engine.model import OVERLAP, OnOutput
from devpod_gen.value import dataclass

_PATIENCE = 5.0
_PAUSE = 0.002
_KEPT = 16 << 20
"""Bytes of the beginning, and of the end, that a command has said."""


@dataclass(slots=True)
class _Said:
    """What has come by now, and the part of a frame behind it. Of what never ends, the beginning
    and the end are kept."""

    on_output: OnOutput
    output: bytearray = field(default_factory=bytearray)
    errors: bytearray = field(default_factory=bytearray)
    rest: bytearray = field(default_factory=bytearray)

    def take(self, piece: bytes) -> None:
        """Sort what comes into the two streams."""
        self.rest += piece
        fresh = 0
        for stream, said in frames.taken(self.rest):
            (self.errors if stream == frames.ERRORS else self.output).extend(said)
            fresh += len(said) if stream != frames.ERRORS else 0
        if fresh:
            self.on_output(text(self.output[-fresh - OVERLAP :]))
        for kept in (self.output, self.errors):
            if len(kept) > 3 * _KEPT:
                del kept[_KEPT:-_KEPT]


@dataclass(frozen=True, slots=True)
class Call:
    """A command, the user and the folder in which it is run, and the seconds after which it is
    given up."""

    container: str
    argv: list[str]
    user: str
    folder: str | None
    timeout: float

    def body(self) -> dict[str, object]:
        """As the API has it."""
        told = {"Cmd": self.argv, "User": self.user, "AttachStdout": True, "AttachStderr": True}
        return told | ({"WorkingDir": self.folder} if self.folder else {})


def is_possible() -> bool:
    """Whether the engine is asked over a socket of this machine."""
    return os.name == "posix" and wire.is_local()


def execute(call: Call, on_output: OnOutput) -> Result:
    """Run a command to its end. Raises EngineError."""
    place = f"/containers/{wire.name(call.container)}/exec"
    made = wire.ask("POST", place, call.body())
    if made.status in wire.GONE:  # as the client has it: it is gone, or does not run
        return Result(1, "", made.reason)
    number = wire.require(made).value["Id"]
    said = _Said(on_output)
    try:
        with wire.connected(f"/exec/{number}/start", {"Detach": False, "Tty": False}) as link:
            in_time = pour(link, said.take, timeout=call.timeout)
    except wire.Gone as error:  # it has ended since
        return Result(1, "", error.message)
    output, errors = text(said.output), text(said.errors)
    if not in_time:
        return Result(TIMED_OUT, output, f"{errors}\nstopped after {call.timeout:g} s")
    return Result(_code(number), output, errors)


def _code(number: str) -> int:
    """How it ended: that is known a moment after its streams are closed."""
    deadline = time.monotonic() + _PATIENCE
    while (found := wire.get(f"/exec/{number}/json") or {}).get("Running"):
        if time.monotonic() > deadline:
            return TIMED_OUT
        time.sleep(_PAUSE)
    code = found.get("ExitCode")
    return code if isinstance(code, int) else 1
