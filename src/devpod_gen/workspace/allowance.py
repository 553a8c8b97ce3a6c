"""What a plan's containers may have: for the engine, which looks at what it is told to make,
and at what Compose has made."""

import os
from dataclasses import replace

from devpod_gen.engine.model import Allowed, Bind
from devpod_gen.plan.model import Plan
from devpod_gen.plan.privileges import NEVER, NO_NEW
from devpod_gen.workspace import memory
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import GIT, Variables

_SHARED = "devpod-gen"


def allowance(
    identity: Identity, plan: Plan, project: str, known: Variables, *, edited: bool
) -> tuple[Allowed, ...]:
    """The workspace's and its services', in the Compose project of that name, with what only
    this machine knows. `edited`: its user has another image or other limits, and trusts them."""
    network, most = f"{project}_default", bool(dict(known).get(memory.VARIABLE))
    services = (
        Allowed(
            service.name,
            added=(),
            dropped=NEVER,
            options=(NO_NEW,),
            volumes=tuple(f"{project}_{name}" for name, _ in service.volumes),
            images=(service.image,),
            network=network,
            pids=service.limits.pids,
            bounded=most or bool(service.limits.memory),
        )
        for service in plan.services
    )
    workspace = Allowed(
        "dev",
        added=plan.privileges.capabilities,
        dropped=("ALL",),
        options=plan.privileges.options,
        binds=_places(identity, plan, dict(known)),
        volumes=_volumes(plan, project, dict(known)),
        images=(plan.image.exact, *(one.id for one in plan.image.platforms)),
        network=network,
        pids=plan.resources.pids,
        bounded=most or bool(plan.resources.memory),
    )
    every = (workspace, *services)
    if not edited:
        return every
    return tuple(replace(one, images=(), pids=None, bounded=False) for one in every)


def _places(identity: Identity, plan: Plan, told: dict[str, str]) -> tuple[Bind, ...]:
    """Of the host: the repo, a worktree's git folder, and each mount of the plan, where and as
    it says; of what is not there, nothing."""
    return (
        Bind(str(identity.root), plan.folder),
        Bind(told.get("DEVPOD_GIT_SOURCE") or os.devnull, told.get(GIT) or "/run/devpod-git"),
        *(
            Bind(source, mount.target, mount.readonly)
            if (source := told.get(mount.variable))
            else Bind(os.devnull, mount.aside)
            for mount in plan.mounts
        ),
    )


def _volumes(plan: Plan, project: str, told: dict[str, str]) -> tuple[str, ...]:
    shared = told.get("DEVPOD_SHARED") or _SHARED
    return (
        *((f"{project}_{plan.clone.volume}",) if plan.clone else ()),
        *(
            f"{shared}-{one.volume}" if one.shared else f"{project}_{one.volume}"
            for one in plan.caches
        ),
    )
