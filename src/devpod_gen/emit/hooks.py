"""Hooks in emitted files: the commands as data in the container's environment, and in
devcontainer.json the call of the runner, which knows what was run already."""

from devpod_gen.plan.model import Plan
from devpod_gen.profile.hook import HookName

_CALLED_BY: dict[HookName, str] = {
    "on-create": "onCreateCommand",
    "update-content": "updateContentCommand",
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
    return values | {"DEVPOD_HOOK_TIMEOUT": str(plan.hooks.timeout)} if values else {}


def hook_calls(plan: Plan) -> dict[str, list[str]]:
    """The lifecycle commands of the Development Containers specification, in its order."""
    return {_CALLED_BY[hook.name]: [*plan.hooks.runner, hook.name] for hook in plan.hooks.all}


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
