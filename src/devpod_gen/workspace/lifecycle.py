"""A clone's workspace: found, started."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from devpod_gen.engine.model import Container
from devpod_gen.meanwhile import alongside, begin
from devpod_gen.value import dataclass
from devpod_gen.workspace import (
    credentials,
    image,
    mounted,
    mounts,
    person,
    port,
    record,
    start,
)
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.distance import require_near
from devpod_gen.workspace.emitted import Emitted
from devpod_gen.workspace.env import write_env
from devpod_gen.workspace.finding import find as find  # noqa: PLC0414 - a part of this module
from devpod_gen.workspace.finding import require as require  # noqa: PLC0414
from devpod_gen.workspace.images import have_images

if TYPE_CHECKING:
    from devpod_gen.workspace.dotfiles import Applied
    from devpod_gen.workspace.secrecy.value import Value
    from devpod_gen.workspace.ssh import SshDoor, Who


@dataclass(frozen=True, slots=True)
class Running:
    """A ready workspace. `started`: it did not run before; `created`: it was not even there,
    or was of another configuration."""

    container: Container
    image: str
    """The image's id."""
    started: bool
    created: bool
    ssh: "SshDoor | None"
    dotfiles: "Applied | None"


@dataclass(frozen=True, slots=True)
class Beside:
    """What may be done while the engine is waited for. `load`: while a container is started;
    `load_more`: where it is a new one; `door`: while something runs inside, once the door of
    this container is known."""

    load: Callable[[], None]
    load_more: Callable[[], None]
    door: "Callable[[SshDoor, Container], None]"


def up(
    context: Context, beside: Beside, *, emitted: Emitted, secrets: "tuple[Value, ...]" = ()
) -> Running:
    """Have the workspace running and ready: what is asked of a ready shell passes.

    `emitted`: of what it is made; a container with another label than that says is made
    anew. `secrets` are handed over before anything of the profile's
    runs inside. Raises HostError, ImageError and StartError.
    """
    engine, clock, identity = context.engine, context.clock, context.identity
    comes = begin(lambda: who_comes(context))
    require_near(context)
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
    if found and found.running and start.is_current(context, found, config=emitted.label):
        start.require_ours(context, found, edited=emitted.edited)
    else:
        with clock.stage("start"):
            found = start.start(
                context,
                before,
                emitted=emitted,
                metadata=has.metadata,
                load=beside.load,
                load_more=beside.load_more,
            )
            if context.plan.mounts:
                mounted.require_same(context, found)
    from devpod_gen.workspace.ssh import visit_of  # noqa: PLC0415 - by then it is loaded
    from devpod_gen.workspace.welcome import welcome  # noqa: PLC0415

    visit = visit_of(engine, found, comes(), data=identity.data, alias=known.alias)
    credentials.allow(identity.data, found, asked=context.plan.credentials)
    with alongside(lambda: beside.door(visit.door, found)):
        door, dotfiles = welcome(context, found, visit, secrets)
    created = before is None or before.id != found.id
    return Running(found, has.id, found is not before, created, door, dotfiles)


def who_comes(context: Context) -> "Who":
    """Who comes in by the SSH door, with what git in there is to know."""
    from devpod_gen.workspace.ssh import Who  # noqa: PLC0415

    plan = context.plan
    told = person.settings(context.identity.root, plan)
    return Who(plan.user, told, plan.ssh.listens)
