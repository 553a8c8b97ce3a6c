"""What a plan's containers may have: for the engine, which looks at what it is told to make,
and at what Compose has made."""

import os

from devpod_gen.engine.model import Allowed, Bind
from devpod_gen.plan.model import Plan
from devpod_gen.plan.privileges import NEVER, NO_NEW
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import GIT, Variables

_SHARED = "devpod-gen"


def allowance(
    identity: Identity, plan: Plan, project: str, known: Variables
) -> tuple[Allowed, ...]:
    """The workspace's and its services', in the Compose project of that name, with what only
    this machine knows."""
    services = (
        Allowed(
            service.name,
            added=(),
            dropped=NEVER,
            options=(NO_NEW,),
            volumes=tuple(f"{project}_{name}" for name, _ in service.volumes),
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
    )
    return (workspace, *services)


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
