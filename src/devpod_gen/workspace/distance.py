"""An engine on another machine has none of this one's folders or ports, and none can be told of
a name that is no text: what needs one is refused."""

from collections.abc import Iterator

from devpod_gen.errors import HostError
from devpod_gen.plan.model import Plan
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import variables

_VOLUME = """set workspace = { mode = "volume", clone = "https://…" } in the profile"""


def require_near(context: Context) -> None:
    """Raises HostError when the engine would have to mount what only this machine has: it
    would make an empty folder of that name, over there, and say nothing. And when a client
    here would look for a port that is over there; or when a folder has a name that an engine,
    which takes JSON, would look for under another one."""
    _require_text(context)
    machine = context.engine.other_machine()
    needed = next(_folders(context.identity, context.plan), None) if machine else None
    if needed:
        folder, fix = needed
        message = f"the engine is on {machine}, which cannot mount {folder} of this machine"
        fix = f"{fix}, or choose an engine on this machine"
        raise HostError(message, where=context.engine.address(), fix=fix)
    if machine and context.plan.ssh.listens is not None:
        message = f"the engine is on {machine}, and so would be the port of [ssh], on its loopback"
        fix = "take ssh.port out of the profile: `ssh` comes in without one, over the engine's API"
        raise HostError(message, where=context.engine.address(), fix=fix)


def _require_text(context: Context) -> None:
    root, plan = str(context.identity.root), context.plan
    told = (folder for folder, _ in _folders(context.identity, plan)) if plan.mounts else ()
    for folder in (root, *told):
        if not folder.isascii() and any("\ud800" <= char <= "\udfff" for char in folder):
            message = "engines cannot be told of this path: it is not UTF-8"
            raise HostError(message, where=folder, fix="rename what is not")


def _folders(identity: Identity, plan: Plan) -> Iterator[tuple[str, str]]:
    """What the compose file mounts of this machine, and what to do where that cannot be."""
    if not plan.clone:
        yield str(identity.root), _VOLUME
    known = dict(variables(identity, plan))
    if source := known.get("DEVPOD_GIT_SOURCE"):
        yield source, _VOLUME
    for mount in plan.mounts:
        if mount.variable in known:
            yield known[mount.variable], f"take {mount.key} out of the profile"
