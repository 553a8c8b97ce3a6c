"""Which container is whose: a workspace is found whoever started it.

Our compose file labels the container, so each start has that mark: by `up`, by Compose, by
the reference client and so VS Code, by JetBrains. What tells the clone is machine-local:
our own id where `up` made it, else the folder that the client says it worked from.
"""

import os
import socket
from functools import cache
from hashlib import sha256
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import SERVICE, Container
from devpod_gen.workspace.identity import Identity

VERIFYING = "devpod-gen-verify-"
"""How the names of throw-away projects begin: they are nobody's workspace."""

_WORKED_IN = "com.docker.compose.project.working_dir"
_MARKS = {"devpod-gen.config": "", SERVICE: "dev"}


def everyones(engine: Engine) -> tuple[Container, ...]:
    """Every workspace's container that the engine has."""
    return tuple(
        found for found in engine.containers(_MARKS) if not found.project.startswith(VERIFYING)
    )


def of(engine: Engine, identity: Identity) -> tuple[Container, ...]:
    """The clone's containers, running ones first. More than one: different clients made
    them under different project names."""
    mine = [found for found in everyones(engine) if belongs(found, identity)]
    return tuple(sorted(mine, key=lambda found: (not found.running, found.name)))


def projects(engine: Engine, identity: Identity) -> set[str]:
    """The Compose projects that are the clone's: its own, unless another clone's container
    is in it, and those that other clients gave its containers."""
    ours: set[str] = set()
    others: set[str] = set()
    for found in everyones(engine):
        (ours if belongs(found, identity) else others).add(found.project)
    return ours | ({identity.project} - others)


def belongs(container: Container, identity: Identity) -> bool:
    """Whether it is this clone's. The project's name alone says nothing: it comes from a
    file that can be copied along with a clone."""
    if container.labels["devpod-gen.id"]:
        return container.labels["devpod-gen.id"] == identity.id
    if identity.branch:
        return False  # only `up` makes one
    return made_from(container) == identity.root / identity.output


def made_from(container: Container) -> Path | None:
    """The folder of emitted files on the host that it was started from, with links
    resolved; None when no client says."""
    labels = container.labels
    told, sources = labels[_WORKED_IN], labels["com.intellij.devcontainer.sources.path"]
    if sources and not told.startswith(f"{sources}/"):  # it has worked from a copy
        told = f"{sources}/.devcontainer"
    return Path(os.path.realpath(told)) if told else None


def made_below(engine: Engine, root: Path) -> bool:
    """Whether some container was started from files below this folder."""
    made = (made_from(found) for found in everyones(engine))
    return any(output is not None and output.is_relative_to(root) for output in made)


def starter(container: Container) -> str:
    """Who made it, as far as its labels say."""
    labels = container.labels
    if labels["devpod-gen.id"]:
        return "devpod-gen"
    if labels["com.intellij.devcontainer.id"]:
        return "JetBrains"
    return "devcontainer" if labels["devcontainer.local_folder"] else "compose"


@cache
def host() -> str:
    """A name for this machine as its files are seen from here, for labels: an engine may
    serve others, whose folders cannot be looked for here."""
    try:
        view = Path("/proc/self/ns/mnt").stat().st_ino if Path("/.dockerenv").exists() else 0
    except OSError:
        view = 0
    return sha256(f"{socket.gethostname()} {view}".encode()).hexdigest()[:12]
