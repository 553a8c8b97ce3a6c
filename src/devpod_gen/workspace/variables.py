"""What the emitted compose file leaves open, because it is true on this machine only.

`up` and `verify` hand it over themselves; for Compose and the clients of IDEs it stands in
the `.env` beside the file. Format: Compose's dotenv.
"""

import os
import re

from devpod_gen.plan.model import Plan
from devpod_gen.workspace import gitfolder, port
from devpod_gen.workspace.identity import Identity

Variables = tuple[tuple[str, str], ...]

GIT = "DEVPOD_GIT_FOLDER"
"""Where the git folder of a worktree is inside."""


def variables(identity: Identity, plan: Plan) -> Variables:
    """The variables of this clone's workspace, but for its project's name."""
    number = port.ssh_port(identity, plan)
    ssh = ((port.VARIABLE, str(number)),) if number else ()
    if plan.clone:
        from devpod_gen.workspace import clone  # noqa: PLC0415 - it loads the engine's part

        return (*ssh, *clone.variables(identity, plan.clone))
    git = gitfolder.shared(identity.root, plan.folder)
    if not git:
        return ssh
    return (*ssh, ("DEVPOD_GIT_SOURCE", str(git.source)), (GIT, git.target))


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
