"""Many commands in one exec: a door costs its overhead once, not once a command."""

import os
import shlex
from collections.abc import Callable, Sequence

from devpod_gen.engine.command import Result
from devpod_gen.value import dataclass

Inside = Callable[[list[str]], Result]
"""Runs one command in the workspace, as its user, through one door."""


@dataclass(frozen=True, slots=True)
class Timed:
    """How a command ended, its output and errors as one text, and the seconds it took."""

    code: int
    said: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether it ended with 0."""
        return self.code == 0

    @property
    def last_line(self) -> str:
        """The end of what it said."""
        lines = [line for line in self.said.splitlines() if line.strip()]
        return lines[-1].strip() if lines else ""


@dataclass(frozen=True, slots=True)
class Command:
    """A command, and the seconds that it may take."""

    argv: tuple[str, ...]
    timeout: int = 60


def run_all(inside: Inside, commands: Sequence[Command]) -> list[Timed]:
    """Run the commands one after another, each until its own deadline.

    When the exec itself fails, every command has failed with its words.
    """
    token = os.urandom(16).hex()
    steps = [
        f"t=$(date +%s%N); "
        f"timeout -k 2 {command.timeout} {shlex.join(command.argv)} </dev/null 2>&1; "
        f'c=$?; printf "\\n%s %s %s\\n" {token} "$c" "$(($(date +%s%N) - t))"'
        for command in commands
    ]
    result = inside(["sh", "-c", "\n".join(steps)])
    parts = f"\n{result.output}".split(f"\n{token} ")
    if len(parts) != len(commands) + 1:
        return [Timed(result.code or 1, result.last_lines(3), 0.0)] * len(commands)
    # A part is the numbers of the command before, a line end, and the next one's output.
    said = [part.split("\n", 1)[1] for part in parts]
    numbers = [part.split("\n", 1)[0].split() for part in parts[1:]]
    return [
        Timed(int(code), text, int(nanoseconds) / 1e9)
        for text, (code, nanoseconds) in zip(said, numbers, strict=False)
    ]
