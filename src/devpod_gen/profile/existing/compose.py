"""What compose files say: the workspace's own service, and those beside it.

The workspace's is the one that devcontainer.json names; else what is built from the repo is
developed in it. What else has an image is a sidecar. Files of one set are merged first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from devpod_gen.profile.existing import markup, sidecar, variables
from devpod_gen.profile.existing.base import versions
from devpod_gen.profile.existing.devcontainer import is_port
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import Existing, LeftOut, entries, nothing, table
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


Documents = dict[str, dict[str, Any]]
"""The files of one set, by their names, in their order: a later one is laid over."""


def documents(texts: dict[str, str]) -> tuple[Documents, tuple[Existing, ...]]:
    """The files that can be read, and those that cannot. It never raises for what they hold."""
    read: Documents = {}
    broken: list[Existing] = []
    for source, text in texts.items():
        try:
            read[source] = _document(text)
        except UnreadError as error:
            broken.append(nothing(source, str(error)))
    return read, tuple(broken)


def said(read: Documents, asked: Asked | None = None) -> tuple[Existing, ...]:
    """What the files of one set say. `asked` is None where no devcontainer.json names them."""
    return tuple(_said(source, read, asked) for source in read)


def build(read: Documents, service: str | None) -> dict[str, Any]:
    """How the workspace's service is built: `context`, `dockerfile`, `target`, `args`."""
    value = _merged(read).get(service or "", {}).get("build")
    return {"context": value} if isinstance(value, str) else table(value)


def _document(text: str) -> dict[str, Any]:
    held = markup.load(text)
    if not isinstance(held, dict) or not isinstance(held.get("services") or {}, dict):
        message = "is no table of services"
        raise UnreadError(message)
    return held


def _merged(read: Documents) -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = {}
    for document in read.values():
        for name, service in table(document.get("services")).items():
            services[name] = _over(services.get(name, {}), table(service))
    return services


def _over(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """As Compose merges: tables by key, lists one after the other, the rest replaced."""
    result = dict(base)
    for key, value in more.items():
        was = result.get(key)
        if isinstance(was, dict) and isinstance(value, dict):
            result[key] = was | value
        elif isinstance(was, list) and isinstance(value, list) and key != "command":
            result[key] = was + value
        else:
            result[key] = value
    return result


def _said(source: str, read: Documents, asked: Asked | None) -> Existing:
    """What this file is the first of the set to say."""
    merged = _merged(read)
    earlier = list(read)[: list(read).index(source)]
    before = {name for file in earlier for name in table(read[file].get("services"))}
    here = [name for name in table(read[source].get("services")) if name not in before]
    own = _workspaces(merged, asked)
    left = list(_top(read[source]))
    beside = {name: merged[name] for name in here if name not in own}
    built = {name for name, service in beside.items() if "build" in service}
    left += [LeftOut(f"services: {shown(name)}", _BUILT) for name in sorted(built)]
    around = sidecar.Around(
        frozenset(merged) - own,
        frozenset(name for name in merged if name in own or "build" in merged[name]),
        asked.run if asked else None,
    )
    if asked:  # the workspace is no app that something could stand before
        around = replace(around, built=around.built - own)
    images = {name: service for name, service in beside.items() if name not in built}
    services = tuple(sidecar.read(images, around, left))
    mine = {name: merged[name] for name in here if name in own}
    tools = [tool for name in mine if asked for tool in versions(mine[name].get("image"))]
    ports = {x.port: x for name, service in mine.items() for x in _ports(name, service, left)}
    env = {key: value for name in mine for key, value in _env(name, merged, len(own), left)}
    left += [other for name, service in mine.items() for other in _others(name, service)]
    return Existing(
        source,
        stacks=tuple(tool for tool, _ in tools),
        tools=tuple(tools),
        env=tuple(env.items()),
        ports=tuple(ports.values()),
        services=services,
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
        inside, outside = sidecar.numbers(entry)
        if inside and is_port(inside):
            yield Port(inside, None, publish=inside == outside)
        else:
            left.append(LeftOut(f"{name}: ports: {shown(entry)}", "is no single TCP port"))


def _others(name: str, service: dict[str, Any]) -> Iterator[LeftOut]:
    command = service.get("command")
    if command and not _STAYS.search(str(command)):
        yield LeftOut(f"{name}: command", "the workspace stays up by itself: start it in a shell")
    for entry in entries(service.get("volumes")):
        source, _ = sidecar.volume(entry)
        if not source.startswith("."):  # the repo, or a part of it: it is mounted whole
            host = re.match(r"[/~$]", source)
            reason = (
                "mounts are not supported yet" if host else "volumes of a workspace are [caches]"
            )
            yield LeftOut(f"{name}: volumes: {shown(entry)}", reason)
    for key in sorted(set(service) - _SAID - _OURS):
        if not key.startswith("x-"):
            yield LeftOut(f"{name}: {key}", _REASONS.get(key, _UNKNOWN))
