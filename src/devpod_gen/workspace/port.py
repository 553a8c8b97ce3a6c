"""The host's port of a workspace's SSH server: one number that stays.

Clients keep it in their settings. So it is remembered by the workspace's record and by the
clone's `.env`, which `down` leaves, and it is chosen by the workspace's id: a clone whose
memory is gone most likely gets its number again.
"""

import re
import socket

from devpod_gen import source
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import record
from devpod_gen.workspace.identity import LARGEST_ENV, Identity

VARIABLE = "DEVPOD_SSH_PORT"
_FIRST, _COUNT = 20000, 10000
"""Below what systems hand out by themselves (32768 and up, 49152 and up)."""


def ssh_port(identity: Identity, plan: Plan) -> int | None:
    """The port; None where the profile asks for none."""
    if plan.ssh.listens is None or plan.ssh.port is not None:
        return plan.ssh.port
    known = record.read(identity.data)
    return (known.port if known else None) or _of_env(identity) or _free(identity)


def _of_env(identity: Identity) -> int | None:
    """As the clone's `.env` has it, where that is the clone's own."""
    try:
        content = source.read(identity.env_file, most=LARGEST_ENV, inside=identity.root)
    except (OSError, source.RefusedError):
        return None
    text = content.decode("utf-8", errors="replace")
    mine = f"\nDEVPOD_PROJECT={identity.project}\n" in text
    match = re.search(rf"^{VARIABLE}=(\d{{5}})$", text, re.MULTILINE) if mine else None
    found = int(match[1]) if match else 0
    return found if _FIRST <= found < _FIRST + _COUNT else None


def _free(identity: Identity) -> int | None:
    taken = {known.port for known in record.records() if known.id != identity.id}
    begin = int(identity.id, 16)
    numbers = (_FIRST + (begin + step) % _COUNT for step in range(_COUNT))
    return next((port for port in numbers if port not in taken and _can_be_had(port)), None)


def _can_be_had(port: int) -> bool:
    with socket.socket() as trial:
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
