"""What Compose has made, looked at, and started by the engine's API: each after what it depends
on. Compose itself would start what it makes before anybody has seen it."""

import json
from typing import Any

from devpod_gen.engine import belongings, conformity, wire
from devpod_gen.engine.model import PROJECT, OnStep, Project
from devpod_gen.engine.order import each, service, waves

_DEADLINE = 120.0


class Refused(Exception):
    """The engine did not start a container: with its reason."""


def unpause(project: Project) -> None:
    """Let its paused containers go on: Compose can neither start nor stop them."""
    chosen = json.dumps({"label": [f"{PROJECT}={project.name}"], "status": ["paused"]})
    for one in _get("/containers/json", filters=chosen):
        _get_on(wire.ask("POST", f"/containers/{one['Id']}/unpause", timeout=_DEADLINE))


def are_stranded(project: Project) -> bool:
    """Whether a container of it that is stopped is of a network that is gone, as after `docker
    network prune`: Compose makes the network anew, which the container would not find."""
    mine = wire.of_project(project.name)
    there = {one["Id"] for one in _get("/networks")}
    return any(
        joined.get("NetworkID") and joined["NetworkID"] not in there
        for one in _get("/containers/json", all=1, filters=mine)
        if one["State"] != "running"
        for joined in ((one.get("NetworkSettings") or {}).get("Networks") or {}).values()
    )


def start(project: Project, only: tuple[str, ...], on_step: OnStep) -> None:
    """Start the project's containers that do not run, or those of these services. What is of
    no service, any more, is left as it is. Raises Refused, Forbidden."""
    mine = wire.of_project(project.name)
    names = only or tuple(one.service for one in project.allowed)
    listed: list[dict[str, Any]] = _get("/containers/json", all=1, filters=mine)
    found = [one for one in listed if not names or service(one) in names]
    if project.allowed:
        belongings.require_ours(project)
        for one in found:
            conformity.require_made(_get(f"/containers/{one['Id']}/json"), project.allowed)
    waiting = [one for one in found if one["State"] != "running"]
    if waiting:
        on_step("start")
    for wave in reversed(list(waves(waiting))):
        each(_start, wave)


def _get(place: str, **query: object) -> Any:
    return wire.require(wire.ask("GET", place, query=query, timeout=_DEADLINE)).value


def _start(container: dict[str, Any]) -> None:
    _get_on(wire.ask("POST", f"/containers/{container['Id']}/start", timeout=_DEADLINE))


def _get_on(answer: wire.Answer) -> None:
    if answer.status >= 400:
        raise Refused(answer.reason)
