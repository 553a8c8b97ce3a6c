"""Which tools a workspace has, in which version, and what brings each."""

from dataclasses import replace

from devpod_gen.plan.model import ToolPlan
from devpod_gen.profile import version
from devpod_gen.profile.model import Profile
from devpod_gen.profile.stacks import Stack, Tool


def tool_plans(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[ToolPlan, ...]:
    """The stacks' tools, pinned or not, each once; then what else the profile pins."""
    pins = dict(profile.tools)
    brought = {tool.name: tool for stack in reversed(stacks) for tool in stack.tools}
    plans = [
        _stack_tool(brought.pop(tool.name), pins.pop(tool.name, None))
        for stack in stacks
        for tool in stack.tools
        if tool.name in brought
    ]
    plans += [
        ToolPlan(name, pin, "mise", _spec(name, pin), f"mise current {name}", r"(\d+(?:\.\d+)*)")
        for name, pin in sorted(pins.items())
    ]
    if profile.image.ref:
        return tuple(replace(plan, origin="image", spec="") for plan in plans)
    return tuple(plans)


def _stack_tool(tool: Tool, pin: str | None) -> ToolPlan:
    """What the stack's image brings where it fits the pin, else from mise."""
    brings = tool.distribution
    if brings and (pin is None or version.satisfies(brings, pin)):
        return ToolPlan(tool.name, pin, "distribution", "", tool.command, tool.pattern)
    wanted = pin or tool.mise_default or "latest"
    spec = _spec(tool.mise, wanted)
    return ToolPlan(tool.name, pin, "mise", spec, tool.command, tool.pattern)


def _spec(tool: str, pin: str) -> str:
    return f"{tool}@{version.floor(pin) or pin}"
