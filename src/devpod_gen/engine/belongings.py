"""Volumes and networks with a project's names, which somebody may have made before.

An engine mounts a volume as its maker has said: with options, `local` is any folder of the
host. So one that is there is looked at before a container with it is made.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from devpod_gen.engine import wire
from devpod_gen.engine.model import Project
from devpod_gen.errors import Finding, Forbidden

_DEADLINE = 120.0
"""As for what Compose does: an engine that makes containers has other work, too."""

_HARMLESS = ("com.docker.network.driver.mtu", "com.docker.network.enable_ipv6", "isolate")
"""Options that an engine may be set to give to each network."""


def require_ours(project: Project) -> None:
    """Raises Forbidden where a volume or a network that is there is not as Compose would make
    it."""
    names = project.volumes
    listed = _listed("/volumes", names).get("Volumes") if names else None
    volumes = [one for one in listed or () if one["Name"] in names]
    network = f"{project.name}_default"
    networks = [one for one in _listed("/networks", (network,)) or () if one["Name"] == network]
    _require((*map(_of_volume, volumes), *map(_of_network, networks)))


def require_volume(found: Mapping[str, Any]) -> None:
    """Raises Forbidden where it is not as Compose would make it. `found`: as the engine tells."""
    _require((_of_volume(found),))


def require_network(found: Mapping[str, Any]) -> None:
    """The same of a network."""
    _require((_of_network(found),))


def _listed(place: str, names: Iterable[str]) -> Any:
    """An engine takes each for a part of a name."""
    query = {"filters": json.dumps({"name": list(names)})}
    return wire.require(wire.ask("GET", place, query=query, timeout=_DEADLINE)).value


def _require(found: Iterable[Finding | None]) -> None:
    wrong = tuple(one for one in found if one)
    if wrong:
        message = "what has the workspace's name is not what devpod-gen would make"
        fix = "see what has made it; then remove it, or rename the workspace in the profile"
        raise Forbidden(message, where=wrong[0].where, findings=wrong, fix=fix)


def _of_volume(found: Mapping[str, Any]) -> Finding | None:
    said = {"Driver": found.get("Driver"), "Options": found.get("Options") or {}}
    if said == {"Driver": "local", "Options": {}}:
        return None
    return Finding(f"volume {found['Name']}", _told(said))


def _of_network(found: Mapping[str, Any]) -> Finding | None:
    said = dict(_odd(found))
    return Finding(f"network {found['Name']}", _told(said)) if said else None


def _odd(found: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if found.get("Driver") != "bridge":
        yield "Driver", found.get("Driver")
    options = found.get("Options") or {}
    if strange := {key: options[key] for key in sorted(set(options) - set(_HARMLESS))}:
        yield "Options", strange
    yield from ((key, True) for key in ("ConfigOnly", "Ingress") if found.get(key))


def _told(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} is {value!r}" for key, value in said.items() if value != {})
