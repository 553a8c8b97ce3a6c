"""What the rest of the house may ask of an engine. Docker is the first; Kubernetes follows."""

from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, BinaryIO, Protocol

from devpod_gen.engine.command import Result
from devpod_gen.engine.model import (
    Allowed,
    Base,
    Build,
    Container,
    Fetched,
    HostedImage,
    ImageInfo,
    InnerFile,
    OnOutput,
    OnStep,
    Parts,
    Project,
    Published,
    Times,
    unheard,
    unseen,
)

if TYPE_CHECKING:
    from threading import Event


class Engine(Protocol):
    """Everything that is done outside this process. Every call has a deadline.

    Each raises EngineError (exit 5) when the engine is not there or fails.
    """

    def require(self) -> str:
        """The engine's name and version."""
        ...

    def address(self) -> str:
        """Which engine it is: where it is reached."""
        ...

    def other_machine(self) -> str | None:
        """The machine that it is on, where that is not this one: it has none of its folders."""
        ...

    def platform(self) -> str:
        """The engine's own, as `linux/amd64`."""
        ...

    def image(self, ref: str) -> ImageInfo | None:
        """The image, when the engine has it."""
        ...

    def pull(
        self, ref: str, on_change: Callable[[Fetched], None], *, stop: "Event | None" = None
    ) -> None:
        """Get an image from its registry, unless `stop` is set, by another thread; raises
        ImageMissing where it has none, ImageError."""
        ...

    def push(self, ref: str, on_line: Callable[[str], None]) -> str:
        """Hand an image to its registry, with the user's credentials; the digest there."""
        ...

    def hosted(self, ref: str) -> HostedImage:
        """What the image's registry has by that name now; nothing is pulled. Raises ImageMissing
        where it has none, ImageError."""
        ...

    def parts(self, ref: str) -> Parts:
        """What an image that the engine has is made of."""
        ...

    def save(self, ref: str, take: Callable[[IO[bytes]], None]) -> None:
        """Hand the whole image to `take`, as one stream in the format of `docker save`."""
        ...

    def load(self, stream: BinaryIO) -> None:
        """Take in what is in a stream in the format of `docker save`; raises ImageError."""
        ...

    def tag(self, ref: str, name: str) -> None:
        """Give an image a name more."""
        ...

    def untag(self, name: str) -> None:
        """Take a name away, and the image with its last one; none there is fine."""
        ...

    def build(self, builds: tuple[Build, ...], base: Base, on_line: Callable[[str], None]) -> None:
        """Build images, each on one before it or on one that is there; raises ImageError with
        the end of the log."""
        ...

    def build_for(
        self,
        platforms: tuple[str, ...],
        builds: tuple[Build, ...],
        base: Base,
        on_line: Callable[[str], None],
        *,
        push: bool,
    ) -> str:
        """Build the last of `builds`, and all that it is on, for `platforms`: into the engine, or
        into its registry. Its digest. Raises ImageError, before anything is built where the
        builder cannot."""
        ...

    def start(
        self, project: Project, *, only: tuple[str, ...] = (), on_step: OnStep = unseen
    ) -> None:
        """Create and start what the project's files say, or only some of its services; tells
        each kind of step once, as it comes. Raises StartError."""
        ...

    def stop(self, project: Project) -> None:
        """Stop the project's containers, and keep them."""
        ...

    def resume(self, container: str) -> bool:
        """Start a container again that has stopped or was paused, as it is; False where it cannot
        be."""
        ...

    def remove(self, project: Project, *, volumes: bool) -> None:
        """Stop and remove the project's containers and networks, and volumes if asked."""
        ...

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """The containers that carry all of `labels`, running or not. An empty value: any."""
        ...

    def times(self, containers: Sequence[str]) -> Mapping[str, Times]:
        """When these came into their state. One that is gone by now is left out."""
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
        on_output: OnOutput = unheard,
    ) -> Result:
        """Run a command inside to its end; it is stopped inside at the deadline (seconds).
        `on_output` is told what it says as it comes, each time with the end of what was told
        before. Of many megabytes the beginning and the end are in the result."""
        ...

    def read(self, container: str, path: str) -> InnerFile | None:
        """A file inside, without running anything there; None where there is none."""
        ...

    def ask(self, container: str, argv: list[str], *, timeout: float) -> Result:
        """Run a short command in a container of any image, as that image's user."""
        ...

    def run_once(self, image: str, argv: list[str], *, volume: str, folder: str) -> Result:
        """Run a command as root in a container of its own, with the volume and no network."""
        ...

    def projects(self) -> Mapping[str, tuple[str, ...]]:
        """Everything that carries a label of ours, by its Compose project, named as by
        `labelled`."""
        ...

    def proven(self, project: str) -> tuple[str, ...]:
        """What of a Compose project carries a label of ours, named as by `labelled`."""
        ...

    def volume_sizes(self) -> Mapping[str, int]:
        """How many bytes each volume holds. The engine may take its time."""
        ...

    def unused_volumes(self, label: str, value: str) -> tuple[str, ...]:
        """The volumes with that label which no container uses."""
        ...

    def remove_volume(self, name: str) -> None:
        """Remove a volume; one that is not there is removed."""
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

    def logs_command(self, project: str, service: str | None, *, follow: bool) -> list[str]:
        """The command that prints what the service, or all of the project, has said, to be
        exec'ed. Raises ProfileError where there is no such service."""
        ...

    def inspect(self, kind: str, name: str) -> str:
        """All that the engine says of a `container`, `network` or `volume`, as JSON."""
        ...

    def resolved(self, project: Project) -> str:
        """What the project's files come to, with all variables in them."""
        ...

    def said(self, container: str, take: Callable[[bytes], None]) -> None:
        """Hand on all that a container has said, piece by piece; an empty one is an end."""
        ...

    def changed(self, container: str, take: Callable[[IO[bytes]], None]) -> None:
        """Hand on a tar archive of the files that differ from the image's."""
        ...

    def in_memory(self, container: str, take: Callable[[IO[bytes]], None]) -> None:
        """Hand on a tar archive of what the container has in file systems in memory, its
        secrets' own apart."""
        ...

    def in_volumes(self, container: str, take: Callable[[str, IO[bytes]], None]) -> None:
        """Hand on each of the container's volumes, the repo's own apart, as a tar archive, and the
        folder that its names begin in."""
        ...

    def published(self, container: str) -> tuple[Published, ...]:
        """The container's ports that are open on the host."""
        ...

    def require_allowed(self, containers: Sequence[str], allowed: tuple[Allowed, ...]) -> None:
        """Raises Forbidden where one of these, which are there, has more than its service may."""
        ...

    def why_stopped(self, container: str) -> str:
        """State, exit code and the last output of a container, for a message."""
        ...

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """Everything that carries the label, as `container NAME`, `network NAME`, `volume NAME`."""
        ...
