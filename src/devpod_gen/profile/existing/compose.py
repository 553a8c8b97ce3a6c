"""What compose files say: the workspace's own service, and those beside it.

The workspace's is the one that devcontainer.json names; else what is built from the repo is
developed in it. What else has an image is a sidecar. Files of one set are merged first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from devpod_gen.profile.existing import sidecar, variables
from devpod_gen.profile.existing.base import versions
from devpod_gen.profile.existing.composefiles import Documents, merged
from devpod_gen.profile.existing.model import Existing, LeftOut, entries, table
from devpod_gen.profile.existing.ports import is_port, numbers
from devpod_gen.profile.existing.servicekeys import REPO, volume
from devpod_gen.profile.model import Port
from devpod_gen.profile.wording import shown

_SAID = frozenset(("image", "build", "environment", "ports", "expose", "volumes", "command"))
_OURS = frozenset(("working_dir", "container_name", "init", "networks", "restart", "tty", "user"))
_OURS |= {"stdin_open", "hostname", "links", "depends_on", "platform", "stop_signal", "labels"}
_OURS |= {"logging", "pull_policy", "stop_grace_period", "develop"}
_REASONS = {
    "env_file": "files of variables may hold secrets, and are not read",
    "secrets": "secrets are not supported yet",
    "privileged": "a workspace has no more rights than it needs",
    "cap_add": "a workspace has no more rights than it needs",
    "security_opt": "a workspace has no more rights than it needs",
    "deploy": "limits go to resources",
    "entrypoint": "the image has an entrypoint of its own",
    "extends": "other files are not followed",
    "healthcheck": "probes take the place of health checks",
    "network_mode": "services are reached by their names, not at localhost",
}
_STAYS = re.compile(r"sleep|tail|infinity|/bin/(?:ba)?sh$")
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
    ports = {x.port: x for name, service in mine.items() for x in _ports(name, service, left)}
    env = {key: value for name in mine for key, value in _env(name, services, len(own), left)}
    left += [other for name, service in mine.items() for other in _others(name, service)]
    return Existing(
        source,
        stacks=tuple(tool for tool, _ in tools),
        tools=tuple(tools),
        env=tuple(env.items()),
        ports=tuple(ports.values()),
        services=beside_it,
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


def _env(
    name: str, merged: dict[str, dict[str, Any]], several: int, left: list[LeftOut]
) -> Iterator[tuple[str, str]]:
    place, values = f"{name}: environment", variables.of(merged[name], "environment")
    if several > 1 and values:
        left.append(LeftOut(place, "several services are built from this repo, each with its own"))
        return
    for key, value in variables.plain(place, values, left):
        if value.lower() in ("production", "prod"):
            left.append(LeftOut(f"{place}: {shown(key)}", "is for production"))
        else:
            yield key, value


def _ports(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[Port]:
    """One that Compose publishes under its own number is published; others are the IDE's."""
    for entry in (*entries(service.get("ports")), *entries(service.get("expose"))):
        inside, outside = numbers(entry)
        if inside and is_port(inside):
            yield Port(inside, None, publish=inside == outside)
        else:
            left.append(LeftOut(f"{name}: ports: {shown(entry)}", "is no single TCP port"))


def _others(name: str, service: dict[str, Any]) -> Iterator[LeftOut]:
    command = service.get("command")
    if command and not _STAYS.search(str(command)):
        yield LeftOut(f"{name}: command", "the workspace stays up by itself: start it in a shell")
    for entry in entries(service.get("volumes")):
        if reason := _not_the_repo(volume(entry)[0]):
            yield LeftOut(f"{name}: volumes: {shown(entry)}", reason)
    for key in sorted(set(service) - _SAID - _OURS):
        if not key.startswith("x-"):
            yield LeftOut(f"{name}: {key}", _REASONS.get(key, _UNKNOWN))


def _not_the_repo(source: str) -> str | None:
    """Why a mount of the workspace is left out; None for that of the repo itself."""
    if REPO.fullmatch(source):
        return None
    if source.startswith("."):
        return "the repo is mounted whole, as the workspace"
    host = re.match(r"[/~$]", source)
    return "mounts are not supported yet" if host else "volumes of a workspace are [caches]"
