"""Profile and stacks in, Plan out: every default is decided here and nowhere else."""

import re
from dataclasses import replace

from devpod_gen import __version__
from devpod_gen.plan import image
from devpod_gen.plan.clash import refuse_clashes
from devpod_gen.plan.dotfiles import resolve_dotfiles
from devpod_gen.plan.hook import resolve_hooks
from devpod_gen.plan.jetbrains import GENERAL, BakePlan, resolve_bake
from devpod_gen.plan.lock import Lock
from devpod_gen.plan.model import (
    CacheVolume,
    ClonePlan,
    IdePlan,
    IdlePlan,
    ImagePlan,
    OwnStack,
    Plan,
    PortPlan,
    SshPlan,
    ToolPlan,
)
from devpod_gen.plan.mount import resolve_mounts
from devpod_gen.plan.privileges import privileges
from devpod_gen.plan.probe import resolve_probes
from devpod_gen.plan.secret import resolve_secrets
from devpod_gen.plan.selection import selected, steps, variables
from devpod_gen.plan.service import PIDS, resolve_services
from devpod_gen.plan.tools import tool_plans
from devpod_gen.profile.model import Profile
from devpod_gen.profile.ssh import LISTENS
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.template import Template

IDLE_CPU = 5
"""Per cent of one CPU that counts as use when the profile does not say."""

_UNITS = {"s": 1, "m": 60, "h": 3600}


def resolve(
    profile: Profile,
    known: tuple[Stack, ...],
    *,
    folder_name: str,
    variant: str | None = None,
    lock: Lock | None = None,
    templates: tuple[Template, ...] = (),
) -> Plan:
    """Decide everything. `folder_name` is the repo's, for a profile without a name.

    Raises ProfileError for what only shows beside the stacks and the defaults.
    """
    stacks = selected(profile, known)
    name = profile.name or slug(folder_name)
    user = profile.user or "dev"
    workspace = profile.workspace or f"/workspaces/{name}"
    home = "/root" if user == "root" else f"/home/{user}"
    refuse_clashes(profile, workspace, home)
    tools, ide = tool_plans(profile, stacks), _ide(profile, stacks)
    return Plan(
        file=profile.file,
        digest=profile.digest,
        source=profile.source,
        name=name,
        variant=variant,
        user=user,
        home=home,
        shell=profile.shell or "zsh",
        folder=workspace,
        clone=_clone(profile),
        image=_image(profile, name, stacks, tools, lock, ide.bake),
        tools=tools,
        own_stacks=tuple(
            OwnStack(stack.recipe.place, stack.recipe.digest)
            for stack in stacks
            if stack.recipe.place
        ),
        caches=_caches(profile),
        env=variables(profile, stacks),
        resources=replace(profile.resources, pids=profile.resources.pids or PIDS),
        idle=_idle(profile),
        ports=tuple(
            PortPlan(port.port, port.label, port.publish is not False) for port in profile.ports
        ),
        probes=resolve_probes(profile, stacks),
        ide=ide,
        hooks=resolve_hooks(
            profile.hooks,
            ours=not profile.image.ref,
            locks=tuple(dict.fromkeys(lock for stack in stacks for lock in stack.locks)),
        ),
        services=resolve_services(profile.services),
        dotfiles=resolve_dotfiles(profile.dotfiles, file=profile.file),
        secrets=resolve_secrets(profile.secrets),
        mounts=resolve_mounts(profile),
        ssh=_ssh(profile),
        privileges=privileges(sudo=profile.sudo),
        credentials=profile.git.credentials,
        templates=templates,
    )


def slug(text: str) -> str:
    """A name that the profile's grammar allows, made of `text`."""
    words = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return words[:40].strip("-") or "workspace"


def _image(
    profile: Profile,
    name: str,
    stacks: tuple[Stack, ...],
    tools: tuple[ToolPlan, ...],
    lock: Lock | None,
    bake: BakePlan | None,
) -> ImagePlan:
    if profile.image.ref:
        return _locked(ImagePlan(profile.image.ref, (), hosted=True, may_build=False), lock)
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
    listed = ", ".join(sorted(profile.stacks)) or "no language"
    marks = (
        ("devpod-gen.profile", profile.digest),
        ("org.opencontainers.image.title", name),
        ("org.opencontainers.image.description", f"Development environment: {listed}"),
        ("org.opencontainers.image.version", __version__),
    )
    layers = image.chain(
        (*steps(profile, stacks), *image.backend(bake)),
        args,
        metadata,
        name=image.joined(sorted(profile.stacks)),
        registry=registry,
        marks=marks,
    )
    ref = layers[-1].ref
    hosted, may_build = registry is not None, profile.image.build != "never"
    choices = tuple((tool.spec, tool.available) for tool in tools if tool.origin == "mise")
    plan = ImagePlan(ref, layers, hosted=hosted, may_build=may_build, choices=choices)
    return _locked(plan, lock)


def _locked(image: ImagePlan, lock: Lock | None) -> ImagePlan:
    """With what the lock says of it; a lock of another image says nothing."""
    if not lock or lock.image.ref != image.ref:
        return image
    digest = None if "@" in image.ref else lock.image.digest  # the user's own may name one
    return replace(image, digest=digest, platforms=lock.image.platforms)


def _clone(profile: Profile) -> ClonePlan | None:
    if not profile.volume:
        return None
    return ClonePlan(profile.volume.clone or ".", profile.volume.branch, "workspace")


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


def _ssh(profile: Profile) -> SshPlan:
    asked = profile.ssh.port
    listens = LISTENS if asked is not None else None
    return SshPlan(listens, asked if asked != "auto" else None, profile.ssh.agent)


def _ide(profile: Profile, stacks: tuple[Stack, ...]) -> IdePlan:
    wanted = [extension for stack in stacks for extension in stack.extensions]
    wanted += [extension for extension in profile.ide.extensions if not extension.startswith("-")]
    dropped = {extension[1:] for extension in profile.ide.extensions if extension.startswith("-")}
    settings = {key: value for stack in stacks for key, value in stack.settings}
    settings.update(profile.ide.settings)
    backends = (profile.ide.backend, *(stack.backend for stack in stacks))
    products = tuple(dict.fromkeys(backend for backend in backends if backend))
    products = products or (GENERAL,)
    return IdePlan(
        extensions=tuple(x for x in dict.fromkeys(wanted) if x not in dropped),
        settings=tuple(sorted(settings.items())),
        backend=next((backend for backend in backends if backend), None),
        products=products,
        bake=resolve_bake(profile.ide.bake, products[0]),
        plugins=profile.ide.plugins,
        jetbrains_settings=tuple(sorted(profile.ide.jetbrains_settings)),
    )
