"""A clone's workspace: found, started, removed."""

from collections.abc import Callable
from dataclasses import dataclass

from devpod_gen.disk import remove_folder
from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container, Project
from devpod_gen.errors import StartError
from devpod_gen.meanwhile import begin
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import (
    clone,
    credentials,
    image,
    loss,
    mounts,
    ownership,
    person,
    port,
    record,
    services,
    start,
)
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.distance import require_folders
from devpod_gen.workspace.dotfiles import Applied, apply_dotfiles
from devpod_gen.workspace.env import write_env
from devpod_gen.workspace.finding import find as find  # noqa: PLC0414 - a part of this module
from devpod_gen.workspace.finding import require as require  # noqa: PLC0414
from devpod_gen.workspace.hooks import CREATION, run_hooks
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.images import have_images
from devpod_gen.workspace.probe import Login, run_probes, wait_until_ready
from devpod_gen.workspace.secrecy.feed import feed
from devpod_gen.workspace.secrecy.value import Value
from devpod_gen.workspace.ssh import SshDoor, Who, open_door

_READY_WITHIN = 60.0
_EXEC = 300.0  # seconds for all that is looked at by one exec, probes apart


@dataclass(frozen=True, slots=True)
class Running:
    """A ready workspace. `started`: it did not run before; `created`: it was not even there,
    or was of another configuration."""

    container: Container
    image: str
    """The image's id."""
    started: bool
    created: bool
    ssh: SshDoor | None
    dotfiles: Applied | None


def up(context: Context, *, config: str, secrets: tuple[Value, ...] = ()) -> Running:
    """Have the workspace running and ready: all of the plan's probes pass.

    `config` is what the compose file labels the container with: a container with
    another label is made anew. `secrets` are handed over before anything of the profile's
    runs inside. Raises HostError, ImageError and StartError.
    """
    engine, clock, identity = context.engine, context.clock, context.identity
    require_folders(context)
    mounts.require(identity.root, context.plan)
    with clock.stage("image"):
        has = have_images(context)
        write_env(identity, context.plan, tuple(image.doors(engine, context.plan.image)))
    found = before = find(engine, identity)
    known = record.claim(
        identity,
        context.plan.alias,
        engine=engine.address(),
        port=port.ssh_port(identity, context.plan),
    )
    if not (found and found.running and start.is_current(context, found, config=config)):
        with clock.stage("start"):
            found = start.start(context, before, config=config, metadata=has.metadata)
    with clock.stage("start"):  # until its entrypoint has done its work
        seconds = ready_within(context.plan)
        who = wait_until_ready(engine, found, context.plan.user, seconds=seconds)
    opened = begin(lambda: enter(context, found, known.alias))
    if context.plan.secrets:
        with clock.stage("secrets"):
            feed(engine, found, who.user, secrets)
    run_hooks(context, found, *CREATION)
    dotfiles = apply_dotfiles(context, found)
    run_hooks(context, found, "start")
    with clock.stage("probe"):
        _require_probes(context, found, who)
        services.require_running(engine, found.project, context.plan)
    door = opened()
    created = before is None or before.id != found.id
    return Running(found, has.id, found is not before, created, door, dotfiles)


def enter(context: Context, container: Container, alias: str) -> SshDoor | None:
    """Have the SSH door of a running workspace, and let git's credentials in where the plan,
    which its user has trusted, asks for that. Raises StartError."""
    plan, identity = context.plan, context.identity
    who = Who(plan.user, person.settings(identity.root, plan), plan.ssh.listens)
    door = open_door(context.engine, container, who, data=identity.data, alias=alias)
    credentials.allow(identity.data, container, asked=plan.credentials and door is not None)
    return door


def ready_within(plan: Plan) -> float:
    """Seconds that a container's own start may take before it counts as failed."""
    return _READY_WITHIN + (clone.MAY_TAKE if plan.clone else 0)


def cache_sizes(engine: Engine, identity: Identity) -> tuple[tuple[str, int], ...]:
    """The volumes of the clone's caches, and the bytes that each holds."""
    volumes = [
        item.removeprefix("volume ")
        for name in ownership.projects(engine, identity)
        for item in engine.labelled(ownership.PROJECT, name)
        if item.startswith("volume ") and "_cache-" in item
    ]
    sizes = engine.volume_sizes() if volumes else {}
    return tuple((name, sizes.get(name, 0)) for name in sorted(volumes))


def down(engine: Engine, identity: Identity, *, caches: bool = False) -> tuple[str, ...]:
    """Remove all that `up` made, and what other clients made for the clone under project
    names of their own; say what that was. Caches stay unless asked for."""
    removed: list[str] = []
    for name in sorted(ownership.projects(engine, identity)):
        there = set(engine.labelled(ownership.PROJECT, name))
        if there:
            engine.remove(Project(name, ()), volumes=caches)
        if f"volume {clone.volume_of(name)}" in there:
            engine.remove_volume(clone.volume_of(name))
        removed += there - set(engine.labelled(ownership.PROJECT, name))
    remove_folder(identity.data)
    return tuple(sorted(removed))


def require_no_loss(engine: Engine, identity: Identity, image_of: Callable[[], str]) -> None:
    """Raises WouldLose where a clone in a volume has work that no remote has. `image_of`
    names an image to look with, for a volume without a container."""
    found = find(engine, identity)
    for name in sorted(ownership.projects(engine, identity)):
        volume = clone.volume_of(name)
        if f"volume {volume}" in engine.labelled(ownership.PROJECT, name):
            lost = clone.losses(engine, volume, found.image if found else image_of())
            loss.refuse(lost, f"volume {volume}")


def by_exec(engine: Engine, container: Container, plan: Plan) -> Inside:
    """The engine's own exec, as a way to run commands as the plan's user."""
    deadline = _EXEC + sum(probe.timeout for probe in plan.probes)

    def inside(argv: list[str]) -> Result:
        return engine.exec(container.id, argv, user=plan.user, timeout=deadline, folder=plan.folder)

    return inside


def _require_probes(context: Context, container: Container, who: Login) -> None:
    if not context.plan.probes:
        context.clock.note("probe", "there are none")
    inside = by_exec(context.engine, container, context.plan)
    outcomes = run_probes(inside, who.shell, context.plan.probes)
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if failed:
        message = f"the workspace runs, but {len(failed)} of {len(outcomes)} probes failed"
        raise StartError(
            message,
            where=", ".join(f"probe {outcome.id}" for outcome in failed),
            fix="look inside with `devpod-gen shell`, correct the image or the probe",
            detail="\n".join(outcome.detail for outcome in failed),
        )
