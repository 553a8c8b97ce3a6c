"""What this machine remembers of a workspace: where it came from, and its SSH host's name.

Kept in the workspace's own data folder, so it goes with it. The engine's labels are what
counts; this is for what the engine cannot say.
"""

import json
from dataclasses import asdict
from pathlib import Path

from devpod_gen import source
from devpod_gen.disk import private_folder, publish
from devpod_gen.home import data_home
from devpod_gen.value import dataclass
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.lock import folder_held

_FILE = "workspace.json"
_LARGEST = 64 * 1024  # bytes: it holds a few paths and names


@dataclass(frozen=True, slots=True)
class Record:
    """One workspace, as it was started last."""

    id: str
    project: str
    root: str
    output: str
    branch: str | None
    engine: str
    alias: str
    port: int | None = None
    """The host's, of its SSH server."""


def claim(identity: Identity, name: str, *, engine: str, port: int | None = None) -> Record:
    """Remember the workspace, with an SSH host's name that no other one on this machine has:
    the plain one where it is free."""
    with folder_held(data_home()):  # two that start at once must not choose the same name
        taken = {known.alias for known in records() if known.id != identity.id}
        plain = f"{name}.devpod-gen"
        alias = plain if plain not in taken else f"{name}-{identity.id}.devpod-gen"
        record = Record(
            id=identity.id,
            project=identity.project,
            root=str(identity.root),
            output=identity.output,
            branch=identity.branch,
            engine=engine,
            alias=alias,
            port=port,
        )
        if read(identity.data) != record:
            text = json.dumps(asdict(record), indent=1) + "\n"  # ASCII, whatever the path is
            path = private_folder(identity.data) / _FILE
            publish(path, text, mode=0o600, lasting=False)  # the next `up` would write it again
    return record


def records() -> tuple[Record, ...]:
    """Every workspace that this machine remembers."""
    found = (read(folder) for folder in sorted(data_home().glob("*/")))
    return tuple(record for record in found if record)


def host_of(identity: Identity) -> str | None:
    """The SSH host's name, once the workspace has one."""
    known = read(identity.data)
    return known.alias if known else None


def ssh_config_of(known: Record) -> Path:
    """Where the ssh_config of a remembered workspace is, once it has one."""
    return data_home() / known.id / "ssh_config"


def read(folder: Path) -> Record | None:
    """The record in a workspace's data folder; None when there is none that can be read."""
    try:
        return Record(**json.loads(source.own(folder / _FILE, most=_LARGEST) or b""))
    except (ValueError, TypeError, RecursionError):
        return None
