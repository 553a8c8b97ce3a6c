"""What the rest of the house may ask of an engine. Docker is the first; Kubernetes follows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devpod_gen.engine.command import Result


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """An image that the engine has. `digest` is the registry's, None for a local one."""

    ref: str
    id: str
    digest: str | None
    size: int
    platform: str
    metadata: str
    """Its label `devcontainer.metadata`, empty where it has none."""


@dataclass(frozen=True, slots=True)
class Container:
    """A workspace's container, by its labels. Empty strings: not labelled."""

    id: str
    name: str
    state: str
    image: str
    """As it was named when the container was made; the id when the name has moved since."""
    project: str
    user: str
    folder: str
    config: str
    service: str
    """What Compose calls it: `dev` is the workspace, others are its sidecars."""

    @property
    def running(self) -> bool:
        """Whether commands can be run in it."""
        return self.state == "running"


@dataclass(frozen=True, slots=True)
class Build:
    """One image to build: the recipe folder, what goes in, and the tag."""

    ref: str
    parent: str
    recipe: Path
    args: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A set of containers that starts and stops as one: Compose's project.

    `variables` are what the files interpolate; nothing else of the host's is seen.
    """

    name: str
    files: tuple[Path, ...]
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Published:
    """A port of a container that the engine listens on for the host."""

    port: int
    address: str
    host_port: int


class Engine(Protocol):
    """Everything that is done outside this process. Every call has a deadline.

    Each raises EngineError (exit 5) when the engine is not there or fails.
    """

    def require(self) -> str:
        """The engine's name and version."""
        ...

    def image(self, ref: str) -> ImageInfo | None:
        """The image, when the engine has it."""
        ...

    def pull(self, ref: str, on_line: Callable[[str], None]) -> None:
        """Get an image from its registry; raises ImageMissing where it has none, ImageError."""
        ...

    def push(self, ref: str, on_line: Callable[[str], None]) -> str:
        """Hand an image to its registry, with the user's credentials; the digest there."""
        ...

    def build(self, build: Build, on_line: Callable[[str], None]) -> None:
        """Build an image; raises ImageError with the end of the log."""
        ...

    def start(self, project: Project, *, only: tuple[str, ...] = ()) -> None:
        """Create and start what the project's files say, or only some of its services;
        raises StartError."""
        ...

    def remove(self, project: Project, *, volumes: bool) -> None:
        """Stop and remove the project's containers and networks, and volumes if asked."""
        ...

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """The workspace containers that carry all of `labels`, running or not."""
        ...

    def exec(
        self,
        container: str,
        argv: list[str],
        *,
        user: str,
        timeout: float,
        folder: str | None = None,
        stdin: bytes | None = None,
    ) -> Result:
        """Run a command inside to its end; it is stopped inside at the deadline (seconds)."""
        ...

    def ask(self, container: str, argv: list[str], *, timeout: float) -> Result:
        """Run a short command in a container of any image, as that image's user."""
        ...

    def attach_command(
        self, container: str, argv: list[str], *, user: str, folder: str | None, tty: bool
    ) -> list[str]:
        """The command that hands this process's streams to one inside, to be exec'ed."""
        ...

    def stdio_command(self, container: str, argv: list[str], *, user: str) -> list[str]:
        """The command that joins its own streams to one inside, whoever starts it: it names
        the client by its path and the engine explicitly, for programs that have neither
        PATH nor DOCKER_HOST."""
        ...

    def published(self, container: str) -> tuple[Published, ...]:
        """The container's ports that are open on the host."""
        ...

    def why_stopped(self, container: str) -> str:
        """State, exit code and the last output of a container, for a message."""
        ...

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """Everything that carries the label, as `container NAME`, `network NAME`, `volume NAME`."""
        ...
