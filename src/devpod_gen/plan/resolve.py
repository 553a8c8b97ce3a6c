"""Profile and stacks in, Plan out: every default is decided here and nowhere else."""

import re
from dataclasses import replace

from devpod_gen.errors import Finding
from devpod_gen.plan import image
from devpod_gen.plan.hook import resolve_hooks
from devpod_gen.plan.lock import Lock
from devpod_gen.plan.model import (
    CacheVolume,
    IdePlan,
    IdlePlan,
    ImagePlan,
    Plan,
    PortPlan,
    ProbePlan,
    ToolPlan,
)
from devpod_gen.plan.service import resolve_services
from devpod_gen.profile import version
from devpod_gen.profile.load import invalid
from devpod_gen.profile.model import Profile
from devpod_gen.profile.stacks import Stack, Tool
from devpod_gen.profile.wording import suggestion, where

PROBE_TIMEOUT = 30
"""Seconds that a probe may take when the profile does not say."""

IDLE_CPU = 5
"""Per cent of one CPU that counts as use when the profile does not say."""

_UNITS = {"s": 1, "m": 60, "h": 3600}
_RESERVED = ("PATH", "HOME", "USER", "SHELL")


def resolve(
    profile: Profile,
    known: tuple[Stack, ...],
    *,
    folder_name: str,
    variant: str | None = None,
    lock: Lock | None = None,
) -> Plan:
    """Decide everything. `folder_name` is the repo's, for a profile without a name.

    Raises ProfileError for what only shows beside the stacks and the defaults.
    """
    stacks = _stacks(profile, known)
    name = profile.name or slug(folder_name)
    user = profile.user or "dev"
    workspace = profile.workspace or f"/workspaces/{name}"
    home = "/root" if user == "root" else f"/home/{user}"
    _refuse_overlaps(profile, workspace, home)
    tools = _tools(profile, stacks)
    return Plan(
        file=profile.file,
        digest=profile.digest,
        name=name,
        variant=variant,
        user=user,
        home=home,
        shell=profile.shell or "zsh",
        folder=workspace,
        image=_image(profile, tools, lock),
        tools=tools,
        caches=_caches(profile),
        env=tuple(sorted(profile.env)),
        resources=profile.resources,
        idle=_idle(profile),
        ports=tuple(
            PortPlan(port.port, port.label, port.publish is not False) for port in profile.ports
        ),
        probes=_probes(profile, stacks),
        ide=_ide(profile, stacks),
        hooks=resolve_hooks(profile.hooks, ours=not profile.image.ref),
        services=resolve_services(profile.services),
    )


def slug(text: str) -> str:
    """A name that the profile's grammar allows, made of `text`."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:40].strip("-") or "workspace"


def _stacks(profile: Profile, known: tuple[Stack, ...]) -> tuple[Stack, ...]:
    by_name = {stack.name: stack for stack in known}
    problems = [
        Finding(
            where(profile.file, ("stacks", index)),
            f'unknown stack "{name}"'
            + (suggestion(name, list(by_name)) or f"; there are: {', '.join(sorted(by_name))}"),
        )
        for index, name in enumerate(profile.stacks)
        if name not in by_name
    ]
    if problems:
        raise invalid(tuple(problems))
    return tuple(by_name[name] for name in profile.stacks)


def _refuse_overlaps(profile: Profile, workspace: str, home: str) -> None:
    problems = [
        Finding(
            where(profile.file, ("caches", cache.name, index)),
            f"{folder} would hide the {what} ({place})",
        )
        for cache in profile.caches
        for index, folder in enumerate(cache.folders)
        for what, place in (("workspace", workspace), ("home folder", home))
        if f"{place}/".startswith(f"{folder.rstrip('/')}/")
    ]
    problems += [
        Finding(where(profile.file, ("env", key)), "is set by devpod-gen and cannot be changed")
        for key, _ in profile.env
        if key in _RESERVED or key.startswith("DEVPOD_")
    ]
    if problems:
        raise invalid(tuple(problems))


def _tools(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[ToolPlan, ...]:
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


def _image(profile: Profile, tools: tuple[ToolPlan, ...], lock: Lock | None) -> ImagePlan:
    if profile.image.ref:
        return ImagePlan(profile.image.ref, (), hosted=True, may_build=False)
    folders = " ".join(sorted(folder for cache in profile.caches for folder in cache.folders))
    args = (
        ("CACHES", folders),
        ("LOGIN_SHELL", profile.shell or "zsh"),
        ("PACKAGES", " ".join(sorted(profile.image.packages))),
        ("TOOLS", " ".join(sorted(tool.spec for tool in tools if tool.origin == "mise"))),
    )
    metadata: dict[str, object] = {
        "remoteUser": profile.user or "dev",
        "updateRemoteUserUID": False,
        "userEnvProbe": "none",
        "overrideCommand": False,
    }
    registry = profile.image.registry
    layers = image.chain(profile.stacks, args, metadata, registry=registry)
    ref = layers[-1].ref
    return ImagePlan(
        ref,
        layers,
        hosted=registry is not None,
        may_build=profile.image.build != "never",
        digest=lock.digest if lock and lock.ref == ref else None,
    )


def _caches(profile: Profile) -> tuple[CacheVolume, ...]:
    return tuple(
        CacheVolume(f"cache-{cache.name}" + (f"-{index}" if index else ""), folder, cache.shared)
        for cache in sorted(profile.caches, key=lambda cache: cache.name)
        for index, folder in enumerate(cache.folders)
    )


def _idle(profile: Profile) -> IdlePlan | None:
    if not profile.idle:
        return None
    seconds = int(profile.idle.timeout[:-1]) * _UNITS[profile.idle.timeout[-1]]
    return IdlePlan(seconds, profile.idle.cpu or IDLE_CPU)


def _probes(profile: Profile, stacks: tuple[Stack, ...]) -> tuple[ProbePlan, ...]:
    of_stacks = [
        (f"{stack.name}-{index}", probe)
        for stack in stacks
        for index, probe in enumerate(stack.probes, start=1)
    ]
    own = [(f"profile-{index}", probe) for index, probe in enumerate(profile.probes, start=1)]
    return tuple(
        ProbePlan(name, probe.run, probe.expect, probe.timeout or PROBE_TIMEOUT)
        for name, probe in (*of_stacks, *own)
    )


def _ide(profile: Profile, stacks: tuple[Stack, ...]) -> IdePlan:
    wanted = [extension for stack in stacks for extension in stack.extensions]
    wanted += [extension for extension in profile.ide.extensions if not extension.startswith("-")]
    dropped = {extension[1:] for extension in profile.ide.extensions if extension.startswith("-")}
    settings = {key: value for stack in stacks for key, value in stack.settings}
    settings.update(profile.ide.settings)
    backend = next((stack.backend for stack in stacks if stack.backend), None)
    return IdePlan(
        extensions=tuple(x for x in dict.fromkeys(wanted) if x not in dropped),
        settings=tuple(sorted(settings.items())),
        backend=profile.ide.backend or backend,
        plugins=profile.ide.plugins,
        jetbrains_settings=tuple(sorted(profile.ide.jetbrains_settings)),
    )
