"""A clone's own workspace, as something that can be searched."""

from devpod_gen.engine.api import Engine
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import lifecycle
from devpod_gen.workspace.emitted import own_project
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.secrecy.feed import values_inside
from devpod_gen.workspace.secrecy.scope import Scope
from devpod_gen.workspace.secrecy.value import Value
from devpod_gen.workspace.variables import variables


def own_values(engine: Engine, plan: Plan, identity: Identity) -> tuple[Value, ...]:
    """What is inside now, which need not be what the sources have by now. Raises StartError."""
    inside = values_inside(engine, lifecycle.require(engine, identity)) or {}
    return tuple(Value(one, inside[one.name]) for one in plan.secrets if one.name in inside)


def own_scope(engine: Engine, plan: Plan, identity: Identity) -> Scope:
    """The workspace that runs, with its image. Raises StartError."""
    container = lifecycle.require(engine, identity)
    project = own_project(container.project, identity, variables(identity, plan))
    return Scope(
        engine, identity.root, identity.data, project, image=container.image, container=container.id
    )
