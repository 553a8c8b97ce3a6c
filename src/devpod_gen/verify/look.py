"""A look inside a workspace: commands to run there, and what their results say."""

from collections.abc import Callable, Sequence

from devpod_gen.value import dataclass
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace.batch import Command, Inside, Timed, run_all

Verdict = tuple[bool | None, str] | tuple[bool | None, str, str]
"""Whether it is as it should be, None when that could not be run, and a line about it; then
the value that was found, where there is one."""


@dataclass(frozen=True, slots=True)
class Look:
    """One check: commands to run inside, and what their results say about it."""

    id: str
    commands: tuple[tuple[str, ...], ...]
    judge: Callable[[Sequence[Timed]], Verdict]


def take(looks: Sequence[Look], door: Door, inside: Inside) -> tuple[Check, ...]:
    """Take all the looks by one exec."""
    results = iter(run_all(inside, [Command(argv) for look in looks for argv in look.commands]))
    checks = []
    for look in looks:
        own = [next(results) for _ in look.commands]
        ok, detail, *value = look.judge(own)
        seconds = sum(result.seconds for result in own)
        checks.append(Check(look.id, door, ok, detail, seconds, *value))
    return tuple(checks)
