"""Hooks, run by us: the runner inside knows which have been run already, by whomever."""

import re
import shlex

from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.plan.hook import KEPT
from devpod_gen.profile.hook import HookName
from devpod_gen.workspace.context import Context

CREATION: tuple[HookName, ...] = ("on-create", "update-content", "warm", "create")
"""The hooks that are run once a container; warm, once for what is in the caches."""

_FAILED = re.compile(r"^devpod: hook ([a-z-]+)(?: \(part ([^)]*)\))? (.*);", re.MULTILINE)
_SLACK = 30.0  # seconds beyond the hooks' own deadlines


def run_hooks(context: Context, container: Container, *names: HookName) -> None:
    """Run those of the named hooks that the plan has, in their order, unless they have been.
    Raises StartError for the first that fails."""
    hooks = [hook for hook in context.plan.hooks.all if hook.name in names]
    if not hooks:
        return
    runner, seconds = context.plan.hooks.runner, context.plan.hooks.timeout
    calls = [shlex.join([*runner, "-q", hook.name]) for hook in hooks]
    context.say(f"hooks: {', '.join(hook.name for hook in hooks)}")
    with context.clock.stage("hooks"):
        result = context.engine.exec(
            container.id,
            ["sh", "-c", " && ".join(calls)],
            user=context.plan.user,
            folder=context.plan.folder,
            timeout=(seconds + _SLACK) * len(hooks),
        )
    if not result.ok:
        raise _failed(container, result)


def _failed(container: Container, result: Result) -> StartError:
    told = _FAILED.search(result.errors)
    if not told:
        message = "the hooks could not be run"
        fix = "run `devpod-gen down` and `devpod-gen up`"
        return StartError(message, where=container.name, fix=fix, detail=result.last_lines(6))
    name, part, how = told.groups()
    return StartError(
        f"the hook {name} {how}",
        where=f"hooks.{name}" + (f".{part}" if part else ""),
        fix=f"look inside with `devpod-gen shell`; all that it said is in {KEPT}/{name}.log",
        detail=result.errors[: told.start()].rstrip(),
    )
