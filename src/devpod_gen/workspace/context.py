"""What every job on a workspace works with."""

from collections.abc import Callable

from devpod_gen.engine.api import Engine
from devpod_gen.plan.model import Plan
from devpod_gen.value import dataclass
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.identity import Identity


@dataclass(frozen=True, slots=True)
class Context:
    """One clone, its plan, and the engine; `say` takes a line for the user."""

    engine: Engine
    plan: Plan
    identity: Identity
    clock: Clock
    say: Callable[[str], None]
