"""The start of a container: by Compose, with what only this machine knows."""

from collections.abc import Callable
from dataclasses import replace

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, Container, Project, Step
from devpod_gen.errors import Forbidden, StartError
from devpod_gen.meanwhile import begin
from devpod_gen.value import dataclass
from devpod_gen.workspace import image, ownership, services
from devpod_gen.workspace.allowance import allowance
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.emitted import Emitted, compose_copy
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.mounts import MOUNTS
from devpod_gen.workspace.variables import GIT, variables


def nothing() -> None:
    """For whom there is nothing to be loaded."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Tells making containers from starting them, for a clock whose stage is `start`."""

    clock: Clock
    load: Callable[[], None] = nothing
    """What is to be loaded while the engine is busy."""

    def __call__(self, step: Step) -> None:
        """What comes before the first container is made belongs to that."""
        match step:
            case "create":
                self.clock.was("create")
            case "start":
                self.clock.turn("start")
                begin(self.load)
            case "begin":
                self.clock.turn("start")


def is_current(context: Context, container: Container, *, config: str) -> bool:
    """Whether it is what Compose would make now: of the same file, with the same mounts,
    and its services run."""
    known = dict(variables(context.identity, context.plan))
    return (
        container.config == config
        and container.labels["devpod-gen.git"] == known.get(GIT, "")
        and container.labels["devpod-gen.mounts"] == known.get(MOUNTS, "")
        and services.all_run(context.engine, container.project, context.plan)
    )


def require_ours(context: Context, container: Container, *, edited: bool) -> None:
    """Raises Forbidden where a container that is there, and says that it is of this
    configuration, has more than that: anybody can write a label. Nothing is removed."""
    project, known = container.project, variables(context.identity, context.plan)
    loaded = image.doors(context.engine, context.plan.image)
    may = allowance(
        context.identity, context.plan, project, (*known, *loaded.items()), edited=edited
    )
    # A client that knows nothing of this machine's `.env` has set no limit of memory.
    may = tuple(replace(one, bounded=False) for one in may)
    context.engine.require_allowed(_every(context, container), may)


def _every(context: Context, container: Container) -> tuple[str, ...]:
    """Its id, and those of its services."""
    if not context.plan.services:
        return (container.id,)
    found = context.engine.containers({PROJECT: container.project})
    names = {"dev", *(service.name for service in context.plan.services)}
    return tuple(one.id for one in found if one.service in names)


def start(
    context: Context,
    before: Container | None,
    *,
    emitted: Emitted,
    metadata: str,
    load: Callable[[], None],
    load_more: Callable[[], None],
) -> Container:
    """Let Compose make it so, services and all, in the project that the clone's container is
    in already. `emitted`: of what; `metadata`: the image's label, for the container's.
    `load`, and where one is made `load_more`: what may be done while the engine is busy.

    What did not start is not left lying about. Raises StartError.
    """
    engine, identity = context.engine, context.identity
    if before and is_current(context, before, config=emitted.label):
        require_ours(context, before, edited=emitted.edited)
        begin(load)
        if engine.resume(before.id):
            return replace(before, state="running")
    from devpod_gen.workspace.labels import labels_file  # noqa: PLC0415

    name = before.project if before else identity.project
    if before is None:
        _refuse_to_take_over(engine, identity)
    keep = before is not None and before.config == emitted.label
    labels = labels_file(identity, emitted.config, metadata, keep=keep)
    files = (compose_copy(identity.data, emitted.compose), labels)
    loaded = image.doors(engine, context.plan.image)
    known = (*variables(identity, context.plan), *loaded.items(), *services.AT_ONCE)
    may = allowance(identity, context.plan, name, known, edited=emitted.edited)
    folder = identity.compose_file.parent
    called = (("devpod-gen.name", context.plan.name),)
    project = Project(name, files, known, direct=True, network=called, allowed=may, folder=folder)
    was_there = before or engine.labelled(PROJECT, name)
    try:
        services.start(engine, project, context.plan, Steps(context.clock, load_more))
        services.require_ready(engine, name, context.plan.services)
    except (StartError, Forbidden) as error:
        if before is None or isinstance(error, Forbidden):
            engine.remove(Project(name, ()), volumes=not was_there)
        raise
    found = ownership.of(engine, identity)
    if not found:
        message = "the engine started the workspace, but does not list it"
        raise StartError(message, where=name, fix="run it again")
    return found[0]


def _refuse_to_take_over(engine: Engine, identity: Identity) -> None:
    """A client that found this clone's `.env` in a copy of it has used its project there."""
    for other in ownership.everyones(engine):
        if other.project == identity.project and not ownership.belongs(other, identity):
            message = "another clone's container has this workspace's name"
            fix = "run `devpod-gen down` there, then `devpod-gen up` in both"
            raise StartError(message, where=str(ownership.made_from(other)), fix=fix)
