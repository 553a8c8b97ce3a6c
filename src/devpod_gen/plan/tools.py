"""Which tools a workspace has, in which version, and what brings each."""

from dataclasses import replace

from devpod_gen.plan.model import ToolPlan
from devpod_gen.profile import version
from devpod_gen.profile.model import Profile
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.tool import Brought, Tool


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


def chosen(tool: Tool, pin: str | None) -> Brought | None:
    """The version that the stack's image gets: its default where that fits the pin, since
    everybody shares that, else the newest that fits. None: it takes mise."""
    fitting = [x for x in tool.versions if pin is None or version.satisfies(x.version, pin)]
    if not fitting or fitting[0] is tool.versions[0]:
        return fitting[0] if fitting else None
    from packaging.version import Version  # noqa: PLC0415 - 10 ms, for pins only

    return max(fitting, key=lambda brought: Version(brought.version))


def recipe_args(stack: Stack, pins: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """What the stack's recipe is built with: its packages, and what its tools' versions
    need. A tool that mise brings has its default in the image as well."""
    brought = [
        chosen(tool, pins.get(tool.name)) or tool.versions[0]
        for tool in stack.tools
        if tool.versions
    ]
    packages = {package for one in brought for package in one.packages} | set(stack.packages)
    suites = {one.suite for one in brought if one.suite}
    args = {key: value for one in brought for key, value in one.args}
    args |= {"PACKAGES": " ".join(sorted(packages)), "SUITES": " ".join(sorted(suites))}
    return tuple(sorted((key, value) for key, value in args.items() if value))


def _stack_tool(tool: Tool, pin: str | None) -> ToolPlan:
    """What the stack's image brings where it fits the pin, else from mise."""
    available = tuple(brought.version for brought in tool.versions)
    if chosen(tool, pin):
        return ToolPlan(tool.name, pin, "distribution", "", tool.command, tool.pattern, available)
    wanted = pin or tool.mise_default or "latest"
    spec = _spec(tool.mise, wanted)
    return ToolPlan(tool.name, pin, "mise", spec, tool.command, tool.pattern, available)


def _spec(tool: str, pin: str) -> str:
    return f"{tool}@{version.floor(pin) or pin}"
