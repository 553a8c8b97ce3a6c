"""Hooks in emitted files: the commands as data in the container's environment, and in
devcontainer.json the call of the runner, which knows what was run already."""

from devpod_gen.plan.model import Plan
from devpod_gen.profile.hook import HookName

_CALLED_BY: dict[HookName, str] = {
    "on-create": "onCreateCommand",
    "update-content": "updateContentCommand",
    "warm": "updateContentCommand",
    "create": "postCreateCommand",
    "start": "postStartCommand",
    "attach": "postAttachCommand",
}


def hook_environment(plan: Plan) -> dict[str, str]:
    """What the runner reads. `$` and quotes need care nowhere: sh gets each value whole."""
    values: dict[str, str] = {}
    for hook in plan.hooks.all:
        name = _variable(hook.name)
        for part, line in hook.parts:
            values[f"DEVPOD_HOOK_{name}" + (f"_{_variable(part)}" if part else "")] = line
        parts = " ".join(part for part, _ in hook.parts)
        if parts:
            values[f"DEVPOD_HOOKS_{name}"] = parts
    if not values:
        return {}
    locks = " ".join(plan.hooks.locks)
    return values | {
        "DEVPOD_HOOK_TIMEOUT": str(plan.hooks.timeout),
        **({"DEVPOD_HOOK_LOCKS": locks} if locks else {}),
    }


def hook_calls(plan: Plan) -> dict[str, list[str] | dict[str, list[str]]]:
    """The lifecycle commands of the Development Containers specification, in its order.

    Two of ours that share one are run side by side, as the specification has it.
    """
    calls: dict[str, dict[str, list[str]]] = {}
    for hook in plan.hooks.all:
        parts = calls.setdefault(_CALLED_BY[hook.name], {})
        parts[hook.name] = [*plan.hooks.runner, hook.name]
    return {
        command: parts if len(parts) > 1 else next(iter(parts.values()))
        for command, parts in calls.items()
    }


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
