"""The generated files as they were looked at and trusted: by these an engine is told what to
make. Those in the repo may be others by then, since whatever runs in a container of this repo
can write there."""

from pathlib import Path

from devpod_gen.disk import is_whole, private_folder, publish
from devpod_gen.engine.model import Project
from devpod_gen.value import dataclass
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import Variables


@dataclass(frozen=True, slots=True)
class Emitted:
    """The text of compose.yaml, and of devcontainer.json. `label`: what the compose file labels
    the container with. `edited`: whether its user has them say what the profile does not."""

    compose: str
    config: str
    label: str
    edited: bool = False


def compose_copy(folder: Path, text: str) -> Path:
    """The compose file in a folder that is its user's alone. Raises HostError."""
    path = private_folder(folder) / "compose.yaml"
    if not _is(path, text):
        publish(path, text, mode=0o600, lasting=False)  # it is compared each time
    return path


def own_project(name: str, identity: Identity, known: Variables) -> Project:
    """What the clone's workspace was started of last, to be read."""
    copy, labels = identity.data / "compose.yaml", identity.data / "labels.yaml"
    emitted = identity.compose_file
    files = (copy if is_whole(copy) else emitted, *((labels,) if is_whole(labels) else ()))
    return Project(name, files, known, folder=emitted.parent)


def _is(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except OSError:
        return False
