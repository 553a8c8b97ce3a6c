"""What the emitted compose file leaves open, because it is true on this machine only.

`up` and `verify` hand it over themselves; for Compose and the clients of IDEs it stands in
the `.env` beside the file. Format: Compose's dotenv.
"""

import os
import re

from devpod_gen.plan.model import Plan
from devpod_gen.workspace import gitfolder, memory, port
from devpod_gen.workspace.identity import Identity

Variables = tuple[tuple[str, str], ...]

GIT = "DEVPOD_GIT_FOLDER"
"""Where the git folder of a worktree is inside."""


def variables(identity: Identity, plan: Plan) -> Variables:
    """The variables of this clone's workspace, but for its project's name."""
    number = port.ssh_port(identity, plan)
    ssh = ((port.VARIABLE, str(number)),) if number else ()
    known = (*ssh, *memory.variables(), *_mounts(identity, plan))
    if plan.clone:
        from devpod_gen.workspace import clone  # noqa: PLC0415 - it loads the engine's part

        return (*known, *clone.variables(identity, plan.clone))
    git = gitfolder.shared(identity.root, plan.folder)
    if not git:
        return known
    return (*known, ("DEVPOD_GIT_SOURCE", str(git.source)), (GIT, git.target))


def _mounts(identity: Identity, plan: Plan) -> Variables:
    """Only what is trusted, with what its paths lead to now: an IDE mounts what the `.env`
    says, and asks nobody."""
    if not plan.mounts:
        return ()
    from devpod_gen.workspace import mounts, trust  # noqa: PLC0415 - only where there are mounts

    found = mounts.located(identity.root, plan)
    return mounts.variables(found) if trust.is_trusted(identity.root, found) else ()


def env_text(identity: Identity, known: Variables) -> bytes:
    """The `.env`."""
    lines = [f"{key}={_quoted(value)}" for key, value in known]
    first = [
        "# This clone's workspace, written by devpod-gen.",
        f"DEVPOD_PROJECT={identity.project}",
    ]
    return os.fsencode("\n".join([*first, *lines]) + "\n")


def _quoted(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9/._:@+-]*", value):
        return value
    escaped = re.sub(r'([\\"$])', r"\\\1", value)
    return f'"{escaped}"'
