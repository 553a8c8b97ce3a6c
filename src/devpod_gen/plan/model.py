"""What will exist: every default decided, nothing left for an emitter to choose."""

import re
from typing import Any, Literal

from devpod_gen.plan.dotfiles import DotfilesPlan
from devpod_gen.plan.hook import HooksPlan
from devpod_gen.plan.jetbrains import BakePlan
from devpod_gen.plan.mount import MountPlan
from devpod_gen.plan.privileges import Privileges
from devpod_gen.plan.secret import SecretPlan
from devpod_gen.plan.service import ServicePlan
from devpod_gen.profile.model import Resources, Shell
from devpod_gen.profile.template import Template
from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Layer:
    """One image of the chain. `folder`: its recipe below images/, or a path of its own where
    the stack is the repo's; `args`: its build arguments; `marks`: labels that say where it is
    from, and do not make it another image."""

    name: str
    folder: str
    ref: str
    parent: str
    args: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]
    target: str
    """Its name in a bake file: the stack's, or that of our own recipe."""
    marks: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    """Of the recipe's files, where the stack is the repo's."""
    archive: BakePlan | None = None
    """What it unpacks."""


@dataclass(frozen=True, slots=True)
class PlatformImage:
    """What a registry has for one platform: the manifest's digest, and the configuration's,
    which names the whole content and which engines call the image's id."""

    platform: str
    digest: str
    id: str

    @property
    def variable(self) -> str:
        """Set, to nothing, where an image of this id was loaded from a bundle."""
        return "DEVPOD_LOADED_" + re.sub(r"[^A-Z0-9]", "_", self.platform.split("/", 1)[1].upper())


@dataclass(frozen=True, slots=True)
class ImagePlan:
    """The image that the workspace runs. No layers: it is the user's own, never built here.

    `hosted`: a registry may have it, and is asked first. `digest`: what the lock says that
    the registry has; then nothing else will do. `platforms`: the same, for each platform.
    """

    ref: str
    layers: tuple[Layer, ...]
    hosted: bool
    may_build: bool
    digest: str | None = None
    platforms: tuple[PlatformImage, ...] = ()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """What mise is asked for, and which versions there are without it."""

    @property
    def exact(self) -> str:
        """The reference, with the digest where it is known."""
        return f"{self.ref}@{self.digest}" if self.digest else self.ref


@dataclass(frozen=True, slots=True)
class ToolPlan:
    """A tool whose version is checked inside, and how it gets there.

    `origin`: `distribution` packages (or what else the stack's recipe has), `mise`, or the
    user's own `image`. `available`: what the recipe has in all.
    """

    name: str
    constraint: str | None
    origin: Literal["distribution", "mise", "image"]
    spec: str
    command: str
    pattern: str
    available: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnStack:
    """A stack of the repo's own: its folder, from the repo's top, and a hash of its files."""

    place: str
    digest: str


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """A command that proves something inside. `id` is unique in the plan; `timeout` in seconds;
    `own`: the profile's, not a stack's; `thorough`: more than that a shell is ready."""

    id: str
    run: str
    expect: str | None
    timeout: int
    own: bool
    thorough: bool


@dataclass(frozen=True, slots=True)
class PortPlan:
    """A port: published on 127.0.0.1 by Compose, or left to the IDE to forward."""

    port: int
    label: str | None
    publish: bool


@dataclass(frozen=True, slots=True)
class CacheVolume:
    """A named volume and the folder that it keeps. `shared`: one for the whole machine."""

    volume: str
    folder: str
    shared: bool


@dataclass(frozen=True, slots=True)
class IdlePlan:
    """When the workspace stops by itself: after `seconds` without use; `cpu` is the per cent
    of one CPU that counts as use."""

    seconds: int
    cpu: int


@dataclass(frozen=True, slots=True)
class SshPlan:
    """The SSH door. `listens`: the port inside that a server listens on; None: it is reached
    by the engine's exec only. `port`: the host's, None for one that the machine chooses."""

    listens: int | None
    port: int | None
    agent: bool


@dataclass(frozen=True, slots=True)
class ClonePlan:
    """The workspace is a clone in a volume. `source`: a URL, or `.`, the repo's origin.
    `branch` None: the one that the remote names."""

    source: str
    branch: str | None
    volume: str


@dataclass(frozen=True, slots=True)
class IdePlan:
    """What devcontainer.json's `customizations` hold, and which IDEs get links: `products`,
    the main one first."""

    extensions: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...]
    backend: str | None
    products: tuple[str, ...]
    bake: BakePlan | None
    plugins: tuple[str, ...]
    jetbrains_settings: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """A generated file with lines of its user's: what it says, how it differs, and the kinds
    (of `asks`) of what it says beyond the profile."""

    path: str
    text: str
    diff: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """One development environment, decided to the last detail."""

    file: str
    digest: str
    source: str
    """sha256 of the profile's bytes, as they were parsed."""
    name: str
    variant: str | None
    """The named profile, or None for devpod.toml."""
    user: str
    home: str
    shell: Shell
    folder: str
    """Where the repo is mounted."""
    clone: ClonePlan | None
    """None: the repo's own folder is mounted."""
    image: ImagePlan
    tools: tuple[ToolPlan, ...]
    own_stacks: tuple[OwnStack, ...]
    caches: tuple[CacheVolume, ...]
    env: tuple[tuple[str, str], ...]
    resources: Resources
    idle: IdlePlan | None
    ports: tuple[PortPlan, ...]
    probes: tuple[ProbePlan, ...]
    ide: IdePlan
    hooks: HooksPlan
    services: tuple[ServicePlan, ...]
    dotfiles: DotfilesPlan | None
    """The profile's; where it has none, commands that start something put the user's here."""
    secrets: tuple[SecretPlan, ...]
    mounts: tuple[MountPlan, ...]
    ssh: SshPlan
    privileges: Privileges
    credentials: bool
    """Whether git inside may ask the host's credential helpers."""
    templates: tuple[Template, ...]
    """The repo's own, as they were read."""
    edits: tuple[Edit, ...] = ()
    """Of the repo's generated files, put here where they are used: the profile says none."""

    @property
    def readiness(self) -> tuple[ProbePlan, ...]:
        """The probes that a ready shell has passed."""
        return tuple(probe for probe in self.probes if not probe.thorough)

    @property
    def thorough(self) -> tuple[ProbePlan, ...]:
        """The others, which prove more than that, for a verification."""
        return tuple(probe for probe in self.probes if probe.thorough)

    @property
    def alias(self) -> str:
        """The name, told apart from the repo's other profiles: projects and hosts have it."""
        return f"{self.name}-{self.variant}" if self.variant else self.name

    @property
    def output(self) -> str:
        """The folder of emitted files, relative to the repo."""
        return f".devcontainer/{self.variant}" if self.variant else ".devcontainer"
