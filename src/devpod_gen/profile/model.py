"""What a profile says, once it is known to be valid. No default is decided here."""

from typing import Any, Literal

from devpod_gen.profile.dotfiles import Dotfiles
from devpod_gen.profile.hook import Hooks
from devpod_gen.profile.jetbrains import Bake
from devpod_gen.profile.mount import Mount
from devpod_gen.profile.secret import Secret
from devpod_gen.profile.service import Service
from devpod_gen.profile.ssh import Git, Ssh
from devpod_gen.value import dataclass

Shell = Literal["zsh", "bash"]
BuildPolicy = Literal["missing", "never"]


@dataclass(frozen=True, slots=True)
class Probe:
    """A command that must succeed inside; `expect` must be a part of its output. `thorough`: a
    stack's, for `verify` alone."""

    run: str
    expect: str | None = None
    timeout: int | None = None
    thorough: bool = False


@dataclass(frozen=True, slots=True)
class Port:
    """A port of the workspace. `publish`: Compose publishes it on 127.0.0.1."""

    port: int
    label: str | None
    publish: bool | None


@dataclass(frozen=True, slots=True)
class Resources:
    """Limits; None means none was asked for. Sizes are `<number><k|m|g>`."""

    cpus: float | None = None
    memory: str | None = None
    pids: int | None = None
    shm: str | None = None
    gpus: int | str | None = None
    """A number, or `all`."""


@dataclass(frozen=True, slots=True)
class Cache:
    """Folders that persist. `shared`: with the other workspaces of this machine that ask for it."""

    name: str
    folders: tuple[str, ...]
    shared: bool


@dataclass(frozen=True, slots=True)
class Idle:
    """When to stop by itself. `timeout` is `<number><s|m|h>`, `cpu` per cent of one CPU."""

    timeout: str
    cpu: int | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """The prebuilt image: `ref` is the user's own; else one is made from the stacks."""

    ref: str | None = None
    packages: tuple[str, ...] = ()
    registry: str | None = None
    build: BuildPolicy | None = None


@dataclass(frozen=True, slots=True)
class Volume:
    """The workspace is a clone in a volume. `clone`: a URL, or `.`, the repo's own origin."""

    clone: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True)
class Ide:
    """What IDEs take over."""

    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    backend: str | None = None
    plugins: tuple[str, ...] = ()
    jetbrains_settings: tuple[tuple[str, Any], ...] = ()
    bake: Bake | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A valid profile. None or an empty tuple: the user said nothing."""

    file: str
    digest: str
    """sha256 of the parsed content: comments and layout do not count."""
    source: str
    """sha256 of the very bytes that were parsed."""
    name: str | None
    stacks: tuple[str, ...]
    user: str | None
    shell: Shell | None
    workspace: str | None
    volume: Volume | None
    image: Image
    tools: tuple[tuple[str, str], ...]
    caches: tuple[Cache, ...]
    env: tuple[tuple[str, str], ...]
    resources: Resources
    idle: Idle | None
    ports: tuple[Port, ...]
    probes: tuple[Probe, ...]
    ide: Ide
    hooks: Hooks
    services: tuple[Service, ...]
    dotfiles: Dotfiles | None
    secrets: tuple[Secret, ...]
    mounts: tuple[Mount, ...]
    ssh: Ssh
    git: Git
    sudo: bool
