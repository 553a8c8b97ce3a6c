"""An engine on another machine has none of this one's folders: what needs one is refused."""

from collections.abc import Iterator

from devpod_gen.errors import HostError
from devpod_gen.plan.model import Plan
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import variables

_VOLUME = """set workspace = { mode = "volume", clone = "https://…" } in the profile"""


def require_folders(context: Context) -> None:
    """Raises HostError when the engine would have to mount what only this machine has: it
    would make an empty folder of that name, over there, and say nothing."""
    machine = context.engine.other_machine()
    needed = next(_folders(context.identity, context.plan), None) if machine else None
    if needed:
        message = f"the engine is on {machine}, which cannot mount {needed} of this machine"
        fix = f"{_VOLUME}, or choose an engine on this machine"
        raise HostError(message, where=context.engine.address(), fix=fix)


def _folders(identity: Identity, plan: Plan) -> Iterator[str]:
    """What the compose file mounts of this machine."""
    if not plan.clone:
        yield str(identity.root)
    known = dict(variables(identity, plan))
    if source := known.get("DEVPOD_GIT_SOURCE"):
        yield source
