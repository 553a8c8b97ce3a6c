"""What an engine has, is asked for and answers: plain values, the same for every engine."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal

from devpod_gen.value import dataclass

PROJECT = "com.docker.compose.project"
SERVICE = "com.docker.compose.service"
"""Compose's labels: of which project a thing is, and of which service a container."""


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
class Parts:
    """What an image is made of. `layers`: the hash of each one's content, lowest first.
    `config`: what it sets for containers, as a JSON document. `history`: its build's steps."""

    layers: tuple[str, ...]
    config: str
    history: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a registry has for one platform: the digest, and that of the configuration, which
    is the id that engines give the image."""

    platform: str
    digest: str
    id: str


@dataclass(frozen=True, slots=True)
class HostedImage:
    """An image as a registry has it; `digest` is the list's where there is one."""

    digest: str
    manifests: tuple[Manifest, ...]


@dataclass(frozen=True, slots=True)
class Container:
    """A workspace's container. Labels that it does not have are empty strings."""

    id: str
    name: str
    state: str
    image: str
    """As it was named when the container was made; the id when the name has moved since."""
    labels: Mapping[str, str]

    @property
    def running(self) -> bool:
        """Whether commands can be run in it."""
        return self.state == "running"

    @property
    def project(self) -> str:
        """The Compose project that it is a part of."""
        return self.labels[PROJECT]

    @property
    def user(self) -> str:
        """Who works inside."""
        return self.labels["devpod-gen.user"]

    @property
    def folder(self) -> str:
        """Where the repo is inside."""
        return self.labels["devpod-gen.folder"]

    @property
    def config(self) -> str:
        """The configuration that it was made from."""
        return self.labels["devpod-gen.config"]

    @property
    def service(self) -> str:
        """What Compose calls it: `dev` is the workspace, others are its sidecars."""
        return self.labels[SERVICE]


@dataclass(frozen=True, slots=True)
class Times:
    """When a container was made, started and ended (RFC 3339; empty: never), its ports as
    `ADDRESS:PORT->PORT`, its limit of memory in bytes (0: none), and whether it ended because
    it had no more."""

    created: str
    started: str
    ended: str
    ports: tuple[str, ...]
    memory: int
    out_of_memory: bool


@dataclass(frozen=True, slots=True)
class Build:
    """One image to build: the recipe folder, what goes in, and the tag. `name`: for people,
    one of its own among the images that are built together. `choices`: what mise is asked
    for in one of them, and which versions could be had without."""

    name: str
    ref: str
    parent: str
    recipe: Path
    args: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    contexts: tuple[tuple[str, Path], ...] = ()
    """Folders that the recipe takes files from, by the names that it has for them."""


@dataclass(frozen=True, slots=True)
class Base:
    """The distribution's image: what recipes call it, and where it is to be taken from."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Bind:
    """A place of the host that a container may have: where it may be inside, None for
    anywhere, and whether it must not be writable there."""

    source: str
    target: str | None = None
    readonly: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """What the container of one service has: `added` and `dropped` capabilities and security
    `options`, just these; places of the host and volumes, at most these. `images`: the names of
    what it is of; `network`: where it is; `pids`: how many processes it has at most; `bounded`:
    whether its memory has a limit. What is not said is not looked at."""

    service: str
    added: tuple[str, ...]
    dropped: tuple[str, ...]
    options: tuple[str, ...]
    binds: tuple[Bind, ...] = ()
    volumes: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    network: str = ""
    pids: int | None = None
    bounded: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A set of containers that starts and stops as one: Compose's project.

    `variables` are what the files interpolate; nothing else of the host's is seen.
    """

    name: str
    files: tuple[Path, ...]
    variables: tuple[tuple[str, str], ...] = ()
    grace: int | None = None
    """Seconds that its containers get to end when they are removed; None: the engine's own."""
    direct: bool = False
    """Whether it may be made without Compose, as Compose would make it."""
    network: tuple[tuple[str, str], ...] = ()
    """The labels of its network as the files have them, for one that is made directly: so it can
    be begun before they are read."""
    allowed: tuple[Allowed, ...] = ()
    """Its services, and what each may have; empty: it is not looked at."""
    folder: Path | None = None
    """Where relative paths in the files begin; None: where the first of them is."""

    @property
    def volumes(self) -> tuple[str, ...]:
        """The names of all its volumes."""
        return tuple(sorted({name for one in self.allowed for name in one.volumes}))

    @property
    def worked_in(self) -> Path:
        """Its folder, as Compose counts it."""
        return self.folder or self.files[0].parent


@dataclass(frozen=True, slots=True)
class Published:
    """A port of a container that the engine listens on for the host."""

    port: int
    address: str
    host_port: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """How far a pull is: the image's layers that are known of, those that are there, and the
    bytes that have come."""

    ref: str
    layers: int
    done: int
    size: int


Step = Literal["begin", "create", "start"]
"""Of a start: it has begun, a container is being made, one is being started."""

OnStep = Callable[[Step], None]


def unseen(_step: Step) -> None:
    """For whom steps are nothing."""


OVERLAP = 256
"""What is told of a command's output begins with so many bytes of what was told before: no line
of ours is cut in two."""

OnOutput = Callable[[str], None]


def unheard(_said: str) -> None:
    """For whom what a command says on its way is nothing."""


@dataclass(frozen=True, slots=True)
class InnerFile:
    """A file inside a container, and when it was changed: RFC 3339."""

    content: bytes
    changed: str
