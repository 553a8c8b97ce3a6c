"""What this machine remembers of a workspace: where it came from, and its SSH host's name.

Kept in the workspace's own data folder, so it goes with it. The engine's labels are what
counts; this is for what the engine cannot say.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from devpod_gen.disk import private_folder, publish
from devpod_gen.workspace.identity import Identity, data_home

_FILE = "workspace.json"


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


def claim(identity: Identity, name: str, *, engine: str) -> Record:
    """Remember the workspace, with an SSH host's name that no other one on this machine has:
    the plain one where it is free."""
    with _all_names():
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
        )
        if read(identity.data) != record:
            text = json.dumps(asdict(record), indent=1) + "\n"  # ASCII, whatever the path is
            publish(private_folder(identity.data) / _FILE, text, mode=0o600)
    return record


def records() -> tuple[Record, ...]:
    """Every workspace that this machine remembers."""
    found = (read(folder) for folder in sorted(data_home().glob("*/")))
    return tuple(record for record in found if record)


def read(folder: Path) -> Record | None:
    """The record in a workspace's data folder; None when there is none that can be read."""
    try:
        return Record(**json.loads((folder / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


@contextmanager
def _all_names() -> Iterator[None]:
    """Two workspaces that start at the same moment must not choose the same name. The folder
    itself is what is locked: that leaves no file behind."""
    handle = os.open(private_folder(data_home()), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(handle)
