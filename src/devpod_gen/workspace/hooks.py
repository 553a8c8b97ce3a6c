"""Hooks, run by us: the runner inside knows which have been run already, by whomever."""

import re
import shlex

from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.plan.hook import KEPT, HookPlan
from devpod_gen.plan.model import Plan
from devpod_gen.profile.hook import HookName
from devpod_gen.regex import late
from devpod_gen.workspace.context import Context

CREATION: tuple[HookName, ...] = ("on-create", "update-content", "warm", "create")
"""The hooks that are run once a container; warm, once for what is in the caches."""

ALL: tuple[HookName, ...] = (*CREATION, "start")
"""Those of a start, in their order."""

_FAILED = late(r"^devpod: hook ([a-z-]+)(?: \(part ([^)]*)\))? (.*);", re.MULTILINE)
_SLACK = 30.0  # seconds beyond the hooks' own deadlines


def run_hooks(context: Context, container: Container, *names: HookName) -> None:
    """Run those of the named hooks that the plan has, in their order, unless they have been.
    Raises StartError for the first that fails."""
    calls = call(context.plan, *names)
    if not calls:
        return
    tell(context, *names)
    with context.clock.stage("hooks"):
        result = context.engine.exec(
            container.id,
            ["sh", "-c", calls],
            user=context.plan.user,
            folder=context.plan.folder,
            timeout=may_take(context.plan, *names),
        )
    require(container, result)


def call(plan: Plan, *names: HookName) -> str:
    """The line for sh that runs those of the named hooks that the plan has; else nothing."""
    runner = plan.hooks.runner
    return " && ".join(shlex.join([*runner, "-q", hook.name]) for hook in _of(plan, names))


def tell(context: Context, *names: HookName) -> None:
    """Say to the user which are run."""
    if hooks := _of(context.plan, names):
        context.say(f"hooks: {', '.join(hook.name for hook in hooks)}")


def may_take(plan: Plan, *names: HookName) -> float:
    """The seconds after which they are given up."""
    return (plan.hooks.timeout + _SLACK) * len(_of(plan, names))


def require(container: Container, result: Result) -> None:
    """Raises StartError where hooks ended like that."""
    if not result.ok:
        raise _failed(container, result)


def _of(plan: Plan, names: tuple[HookName, ...]) -> list[HookPlan]:
    return [hook for hook in plan.hooks.all if hook.name in names]


def _failed(container: Container, result: Result) -> StartError:
    found = list(_FAILED.finditer(result.errors))
    if not found:
        message = "the hooks could not be run"
        fix = "run `devpod-gen down` and `devpod-gen up`"
        return StartError(message, where=container.name, fix=fix, detail=result.last_lines(6))
    told = found[-1]  # the runner's own: before it comes what the hook has said
    name, part, how = told.groups()
    return StartError(
        f"the hook {name} {how}",
        where=f"hooks.{name}" + (f".{part}" if part else ""),
        fix=f"look inside with `devpod-gen shell`; all that it said is in {KEPT}/{name}.log",
        detail=result.errors[: told.start()].rstrip(),
    )
