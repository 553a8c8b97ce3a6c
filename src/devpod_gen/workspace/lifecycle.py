"""A clone's workspace: found, started, removed."""

from dataclasses import dataclass, replace
from pathlib import Path

from devpod_gen.disk import remove_folder
from devpod_gen.engine.api import Container, Engine, Project
from devpod_gen.engine.command import Result
from devpod_gen.errors import StartError
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import image, services
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.hooks import CREATION, run_hooks
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.labels import labels_file
from devpod_gen.workspace.probe import Login, run_probes, wait_until_ready
from devpod_gen.workspace.ssh import SshDoor, free_alias, open_door

READY_WITHIN = 60.0
"""Seconds that a container's own start may take before it counts as failed."""

_EXEC = 300.0  # seconds for all that is looked at by one exec, probes apart
_PROJECT = "com.docker.compose.project"
_SERVICE = {"com.docker.compose.service": "dev"}


@dataclass(frozen=True, slots=True)
class Running:
    """A ready workspace. `started`: it did not run before; `created`: it was not even there,
    or was of another configuration."""

    container: Container
    started: bool
    created: bool
    ssh: SshDoor | None


def up(context: Context, *, config: str) -> Running:
    """Have the workspace running and ready: all of the plan's probes pass.

    `config` is what the compose file labels the container with: a container with
    another label is made anew. Raises ImageError and StartError.
    """
    engine, clock = context.engine, context.clock
    with clock.stage("image"):
        metadata = image.ensure(engine, context.plan.image, context.say).metadata
        services.get_images(engine, context.plan, context.say)
    found = before = find(engine, context.identity)
    started = not (
        before
        and before.running
        and before.config == config
        and services.all_run(engine, before.project, context.plan)
    )
    if started:
        with clock.stage("start"):
            keep = before is not None and before.config == config
            labels = labels_file(context.identity, metadata, keep=keep)
            found = _start(context, before, labels)
    if not found:
        message = "the engine started the workspace, but does not list it"
        raise StartError(message, where=context.identity.project, fix="run it again")
    with clock.stage("ready"):
        who = wait_until_ready(engine, found, context.plan.user, seconds=READY_WITHIN)
    run_hooks(context, found, *CREATION, stage="hooks")
    run_hooks(context, found, "start", stage="start hook")
    with clock.stage("probe"):
        _require_probes(context, found, who)
    with clock.stage("ssh"):
        alias = free_alias(context.plan.alias, context.identity)
        data = context.identity.data
        door = open_door(engine, found, who.user, data=data, alias=alias)
    created = before is None or before.id != found.id
    return Running(found, started, created, door)


def find(engine: Engine, identity: Identity) -> Container | None:
    """The clone's container, whoever started it: Compose by our project's name, or an
    editor by the folder's path. Running ones first."""
    for label, value in (
        (_PROJECT, identity.project),
        ("devcontainer.local_folder", str(identity.root)),
    ):
        found = [
            container
            for container in engine.containers({label: value, **_SERVICE})
            if container.folder  # ours by its label, not some other repo file's
        ]
        if found:
            return max(found, key=lambda container: container.running)
    return None


def require(engine: Engine, identity: Identity) -> Container:
    """The clone's running container; raises StartError when there is none."""
    found = find(engine, identity)
    if found and found.running:
        return found
    message = f"the workspace is {found.state}" if found else "this repo has no workspace yet"
    raise StartError(message, where=str(identity.root), fix="run `devpod-gen up`")


def down(engine: Engine, identity: Identity, *, caches: bool = False) -> tuple[str, ...]:
    """Remove all that `up` made, and say what that was. Caches stay unless asked for."""
    found = find(engine, identity)
    project = found.project if found else identity.project
    there = set(engine.labelled(_PROJECT, project))
    if there:
        files = (identity.compose_file,) if identity.compose_file.exists() else ()
        # Shared caches are not this workspace's to remove: under this name there are none.
        own = (("DEVPOD_SHARED", project),)
        engine.remove(Project(project, files, own), volumes=caches)
    left = set(engine.labelled(_PROJECT, project))
    remove_folder(identity.data)
    return tuple(sorted(there - left))


def _start(context: Context, before: Container | None, labels: Path) -> Container | None:
    """Let Compose make it so, services and all. What did not start is not left lying about."""
    engine, identity = context.engine, context.identity
    project = Project(
        before.project if before else identity.project,
        (identity.compose_file, labels),
        services.AT_ONCE,
    )
    was_there = before or engine.labelled(_PROJECT, project.name)
    try:
        services.start(engine, project, context.plan)
        services.require_ready(engine, project.name, context.plan.services)
    except StartError:
        if before is None:
            # Shared caches are not this workspace's to remove: under this name there are none.
            own = replace(project, variables=(("DEVPOD_SHARED", project.name),))
            engine.remove(own, volumes=not was_there)
        raise
    return find(engine, identity)


def by_exec(engine: Engine, container: Container, plan: Plan) -> Inside:
    """The engine's own exec, as a way to run commands as the plan's user."""
    deadline = _EXEC + sum(probe.timeout for probe in plan.probes)

    def inside(argv: list[str]) -> Result:
        return engine.exec(container.id, argv, user=plan.user, timeout=deadline, folder=plan.folder)

    return inside


def _require_probes(context: Context, container: Container, who: Login) -> None:
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
