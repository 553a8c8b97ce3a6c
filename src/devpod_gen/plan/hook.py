"""Hooks, decided: what runs, in which order, and who runs it inside."""

import re
import shlex

from devpod_gen import resources
from devpod_gen.profile.hook import Command, HookName, Hooks
from devpod_gen.value import dataclass

HOOK_TIMEOUT = 1800
"""Seconds that a hook may take when the profile does not say."""

KEPT = "/var/tmp/devpod-gen"  # noqa: S108 - inside, on the container's own layer
"""Where the runner keeps what it has done, and what hooks have said."""

_RUNNER = "/usr/local/lib/devpod/hook"


@dataclass(frozen=True, slots=True)
class HookPlan:
    """One hook: its parts' names, and the line that sh runs for each. A command alone is a
    part without a name."""

    name: HookName
    parts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HooksPlan:
    """The hooks in their order, the seconds that each may take, and the command that runs
    one inside, whoever calls it: its name is the last word. `locks`: files of the workspace
    by which the hook warm tells whether the caches are filled."""

    all: tuple[HookPlan, ...]
    timeout: int
    runner: tuple[str, ...]
    locks: tuple[str, ...]


def resolve_hooks(hooks: Hooks, *, ours: bool, locks: tuple[str, ...]) -> HooksPlan:
    """Decide them. `ours`: the image is one of ours and has the runner; `locks`: the stacks'
    lock files."""
    warms = any(hook.name == "warm" for hook in hooks.all)
    return HooksPlan(
        tuple(
            HookPlan(hook.name, tuple((part, _line(command)) for part, command in hook.parts))
            for hook in hooks.all
        ),
        hooks.timeout or HOOK_TIMEOUT,
        (_RUNNER,) if ours else runner_as_text(),
        locks if warms else (),
    )


def runner_as_text() -> tuple[str, ...]:
    """The runner, for an image that may not have it."""
    text = (resources.images() / "base/rootfs" / _RUNNER[1:]).read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|$)", line)]
    return ("sh", "-c", "\n".join(lines), "hook")


def _line(command: Command) -> str:
    return command if isinstance(command, str) else shlex.join(command)
