"""What files of others say of a development environment, in a profile's words."""

from typing import Any

from devpod_gen.profile.hook import Hook
from devpod_gen.profile.model import Port
from devpod_gen.profile.mount import Mount
from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A key that is not taken over, and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Service:
    """A sidecar. `says`: the keys of its table in the profile."""

    name: str
    says: tuple[tuple[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Existing:
    """What one file says. `left_out` names everything that the profile will not say."""

    source: str
    stacks: tuple[str, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    """Packages that the app's own image installs: a comment of the profile."""
    env: tuple[tuple[str, str], ...] = ()
    ports: tuple[Port, ...] = ()
    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    hooks: tuple[Hook, ...] = ()
    services: tuple[Service, ...] = ()
    mounts: tuple[Mount, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def nothing(source: str, reason: str) -> Existing:
    """A file of which nothing is taken over."""
    return Existing(source, left_out=(LeftOut(source, reason),))


def table(value: object) -> dict[str, Any]:
    """A table; what is none is empty. Keys that are no strings become ones."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def entries(value: object) -> list[Any]:
    """A list; what is none is empty."""
    return value if isinstance(value, list) else []
