"""What compose files say: the workspace's own service, and those beside it.

The workspace's is the one that devcontainer.json names; else what is built from the repo is
developed in it. What else has an image is a sidecar. Files of one set are merged first.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from devpod_gen.profile.existing import ownservice, sidecar
from devpod_gen.profile.existing.base import versions
from devpod_gen.profile.existing.composefiles import Documents, merged
from devpod_gen.profile.existing.model import Existing, LeftOut, table
from devpod_gen.profile.wording import shown
from devpod_gen.value import dataclass

_TOP = frozenset(("services", "volumes", "networks", "secrets", "configs", "version", "name"))
_BUILT = "is built from this repo: run it in the workspace"
_UNKNOWN = "no key of a profile says that"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a devcontainer.json says of its compose files."""

    service: str | None = None
    run: tuple[str, ...] | None = None
    forwards: tuple[tuple[str, int], ...] = ()


def said(read: Documents, asked: Asked | None = None) -> tuple[Existing, ...]:
    """What the files of one set say. `asked` is None where no devcontainer.json names them."""
    return tuple(_said(source, read, asked) for source in read)


def _said(source: str, read: Documents, asked: Asked | None) -> Existing:
    """What this file is the first of the set to say."""
    services = merged(read)
    earlier = list(read)[: list(read).index(source)]
    before = {name for file in earlier for name in table(read[file].get("services"))}
    here = [name for name in table(read[source].get("services")) if name not in before]
    own = _workspaces(services, asked)
    left = list(_top(read[source]))
    beside = {name: services[name] for name in here if name not in own}
    built = {name for name, service in beside.items() if "build" in service}
    left += [LeftOut(f"services: {shown(name)}", _BUILT) for name in sorted(built)]
    around = sidecar.Around(
        frozenset(services) - own,
        frozenset(name for name in services if name in own or "build" in services[name]),
        asked.run if asked else None,
        asked.forwards if asked else (),
    )
    if asked:  # the workspace is no app that something could stand before
        around = replace(around, built=around.built - own)
    images = {name: service for name, service in beside.items() if name not in built}
    beside_it = tuple(sidecar.read(images, around, left))
    mine = {name: services[name] for name in here if name in own}
    tools = [tool for name in mine if asked for tool in versions(mine[name].get("image"))]
    ports = {
        x.port: x for name, service in mine.items() for x in ownservice.ports(name, service, left)
    }
    env = {
        key: value
        for name in mine
        for key, value in ownservice.env(name, services[name], len(own), left)
    }
    left += [other for name, service in mine.items() for other in ownservice.others(name, service)]
    mounts = [m for name, service in mine.items() for m in ownservice.mounts(name, service, left)]
    return Existing(
        source,
        stacks=tuple(tool for tool, _ in tools),
        tools=tuple(tools),
        env=tuple(env.items()),
        ports=tuple(ports.values()),
        services=beside_it,
        mounts=tuple(mounts),
        left_out=tuple(left),
    )


def _top(document: dict[str, Any]) -> Iterator[LeftOut]:
    for key in sorted(map(str, set(document) - _TOP)):
        if not key.startswith("x-"):
            yield LeftOut(shown(key).strip('"'), _UNKNOWN)


def _workspaces(services: dict[str, dict[str, Any]], asked: Asked | None) -> frozenset[str]:
    """The service that devcontainer.json names; else all that are built from the repo."""
    if asked:
        return frozenset(name for name in services if name == asked.service)
    return frozenset(name for name, service in services.items() if "build" in service)
