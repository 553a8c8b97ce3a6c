"""What a profile says of services, and what of that cannot be meant."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.hook import Command, read_command
from devpod_gen.profile.wording import shown, suggestion, where
from devpod_gen.value import dataclass

Pairs = tuple[tuple[str, str], ...]

_TAKEN = {
    "dev": "is the workspace's own name",
    "localhost": "is every container's name for itself",
}


@dataclass(frozen=True, slots=True)
class Health:
    """When a service is ready. Times in seconds; None: the user said nothing."""

    command: Command
    interval: int | None = None
    timeout: int | None = None
    retries: int | None = None
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """A sidecar. `volumes`: names, and the folders that they keep."""

    name: str
    image: str
    command: Command | None
    env: Pairs
    ports: tuple[int, ...]
    publish: bool | None
    volumes: Pairs
    depends: tuple[str, ...]
    limits: tuple[tuple[str, Any], ...]
    health: Health | None


def read_services(document: dict[str, Any]) -> tuple[Service, ...]:
    """The valid table `services`, by name: the order of a table means nothing."""
    return tuple(_service(name, entry) for name, entry in sorted(document.items()))


def _service(name: str, entry: dict[str, Any]) -> Service:
    health = entry.get("health")
    return Service(
        name=name,
        image=entry["image"],
        command=read_command(entry["command"]) if "command" in entry else None,
        env=tuple(sorted(entry.get("env", {}).items())),
        ports=tuple(entry.get("ports", ())),
        publish=entry.get("publish"),
        volumes=tuple(sorted(entry.get("volumes", {}).items())),
        depends=tuple(sorted(entry.get("depends", ()))),
        limits=tuple(entry.get("resources", {}).items()),
        health=Health(**health | {"command": read_command(health["command"])}) if health else None,
    )


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant."""
    services = document.get("services", {})
    for name, why in _TAKEN.items():
        if name in services:
            yield Finding(where(file, ("services", name)), why)
    yield from _commands(services, file)
    yield from _depends(services, file)
    yield from _published_twice(document, file)
    for name, entry in services.items():
        folders = list(entry.get("volumes", {}).values())
        for volume, folder in entry.get("volumes", {}).items():
            if folders.count(folder) > 1:
                place = where(file, ("services", name, "volumes", volume))
                yield Finding(place, f"{folder} is there twice")


def reached(name: str, needs: Mapping[str, Sequence[str]]) -> set[str]:
    """The service and all that it depends on, however far."""
    found: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += needs.get(current, ())
    return found


def _commands(services: dict[str, Any], file: str) -> Iterator[Finding]:
    """A command that is a string is split into words, as a shell does."""
    for name, entry in services.items():
        command = entry.get("command")
        try:
            words = shlex.split(command) if isinstance(command, str) else ["a list"]
            message = "" if words else "holds no word"
        except ValueError:
            message = "cannot be split into words: a quote or a backslash is left open"
        if message:
            yield Finding(where(file, ("services", name, "command")), message)


def _depends(services: dict[str, Any], file: str) -> Iterator[Finding]:
    needs = {name: entry.get("depends", ()) for name, entry in services.items()}
    for name, entry in services.items():
        for index, needed in enumerate(entry.get("depends", ())):
            place = where(file, ("services", name, "depends", index))
            if needed not in services:
                near = suggestion(needed, list(services)) or ""
                yield Finding(place, f"there is no service {shown(needed)}{near}")
            elif name in reached(needed, needs):
                yield Finding(place, f'"{needed}" depends on "{name}" itself')


def _published_twice(document: dict[str, Any], file: str) -> Iterator[Finding]:
    taken = {p["port"]: "[[ports]]" for p in document.get("ports", ()) if p.get("publish", True)}
    taken[document.get("ssh", {}).get("port")] = "ssh.port"
    for name, entry in document.get("services", {}).items():
        for index, port in enumerate(entry.get("ports", ())) if entry.get("publish") else ():
            if port in taken:
                place = where(file, ("services", name, "ports", index))
                yield Finding(place, f"port {port} is published by {taken[port]} already")
            taken[port] = f"services.{name}"
