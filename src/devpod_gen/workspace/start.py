"""The start of a container: by Compose, with what only this machine knows."""

from collections.abc import Callable
from dataclasses import replace

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, Container, Project, Step
from devpod_gen.errors import Forbidden, StartError
from devpod_gen.meanwhile import begin
from devpod_gen.value import dataclass
from devpod_gen.workspace import image, ownership, services
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.context import Context
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


def start(
    context: Context,
    before: Container | None,
    *,
    config: str,
    metadata: str,
    load: Callable[[], None],
    load_more: Callable[[], None],
) -> Container:
    """Let Compose make it so, services and all, in the project that the clone's container is
    in already. `metadata`: the image's label, for the container's. `load`, and where one is
    made `load_more`: what may be done while the engine is busy.

    What did not start is not left lying about. Raises StartError.
    """
    engine, identity = context.engine, context.identity
    if before and is_current(context, before, config=config):
        begin(load)
        if engine.resume(before.id):
            return replace(before, state="running")
    from devpod_gen.workspace.allowance import allowance  # noqa: PLC0415 - for what is made anew
    from devpod_gen.workspace.labels import labels_file  # noqa: PLC0415

    name = before.project if before else identity.project
    if before is None:
        _refuse_to_take_over(engine, identity)
    keep = before is not None and before.config == config
    labels = labels_file(identity, metadata, keep=keep)
    loaded = image.doors(engine, context.plan.image)
    known = (*variables(identity, context.plan), *loaded.items(), *services.AT_ONCE)
    may = allowance(identity, context.plan, name, known)
    project = Project(name, (identity.compose_file, labels), known, direct=True, allowed=may)
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
