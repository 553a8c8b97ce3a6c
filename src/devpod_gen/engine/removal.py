"""What a Compose project has, stopped and removed: containers, networks, volumes if asked.

By their labels, so neither its files nor Compose are needed; whoever started it.
"""

from typing import Any

from devpod_gen.engine import wire
from devpod_gen.engine.model import Project
from devpod_gen.engine.order import each, waves
from devpod_gen.errors import EngineError

_DEADLINE = 300.0
_SHARED = "devpod-gen"  # another value: a throw-away project's own

_Found = dict[str, Any]


def remove(project: Project, *, volumes: bool) -> None:
    """Stop and remove all that carries the project's label. Volumes without a name go with
    their container: nobody could tell whose they were. A shared volume stays, though the
    project that made it is on its label. Raises EngineError."""
    mine = wire.of_project(project.name)
    for wave in waves(wire.get("/containers/json", all=1, filters=mine)):
        each(lambda one: _remove_container(project, str(one["Id"])), wave)
    networks = wire.get("/networks", filters=mine)
    each(lambda one: _must(project, "DELETE", f"/networks/{one['Id']}"), networks)
    if volumes:
        listed: list[_Found] = wire.get("/volumes", filters=mine).get("Volumes") or []
        own = [one for one in listed if not _is_shared(one)]
        each(lambda one: _remove_volume(project, str(one["Name"])), own)


def _remove_container(project: Project, container: str) -> None:
    place = f"/containers/{container}"
    grace = {} if project.grace is None else {"t": project.grace}
    _must(project, "POST", f"{place}/stop", **grace)
    answer = _ask("DELETE", place, v=1, force=1)
    if answer.status == 409:  # another one removes it now
        answer = _ask("POST", f"{place}/wait", condition="removed")
    _check(project, answer)


def _remove_volume(project: Project, name: str) -> None:
    answer = _ask("DELETE", f"/volumes/{wire.name(name)}")
    if answer.status == 409:
        message = f"the volume {name} is used by a container that is not this workspace's"
        fix = f"see which with `docker ps -a --filter volume={name}`; without it, run this again"
        raise EngineError(message, where=project.name, fix=fix, detail=answer.reason)
    _check(project, answer)


def _must(project: Project, method: str, path: str, **query: object) -> None:
    _check(project, _ask(method, path, **query))


def _ask(method: str, path: str, **query: object) -> wire.Answer:
    return wire.ask(method, path, query=query, timeout=_DEADLINE)


def _check(project: Project, answer: wire.Answer) -> None:
    """What is gone already is removed."""
    if answer.status >= 400 and answer.status != 404:
        message = f"the workspace {project.name} could not be removed"
        fix = "see to what the engine says, then run it again"
        raise EngineError(message, where=project.name, fix=fix, detail=answer.reason)


def _is_shared(volume: _Found) -> bool:
    return (volume.get("Labels") or {}).get("devpod-gen.shared") == _SHARED
