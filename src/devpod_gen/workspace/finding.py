"""Which container is a clone's, for whoever goes in. Nothing is loaded for what starts one."""

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.workspace import ownership
from devpod_gen.workspace.identity import Identity


def find(engine: Engine, identity: Identity) -> Container | None:
    """The clone's container, whoever started it; a running one first."""
    return next(iter(ownership.of(engine, identity)), None)


def require(engine: Engine, identity: Identity, *, running: bool = True) -> Container:
    """The clone's container, running unless that does not matter; raises StartError."""
    found = find(engine, identity)
    if found and (found.running or not running):
        return found
    message = f"the workspace is {found.state}" if found else "this repo has no workspace yet"
    fix = "run `devpod-gen up`"
    times = engine.times([found.id]) if found else {}
    if found and found.id in times and times[found.id].out_of_memory:
        message += ": it was killed for memory"
        fix += ", with more resources.memory in the profile"
    raise StartError(message, where=str(identity.root), fix=fix)
