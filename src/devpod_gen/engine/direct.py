"""A workspace made through the engine's API, exactly as Compose would make it, without the
time that Compose takes: a process, a second one of the client, and its looking around.

Compose goes on to take it for its own: the container has Compose's labels, with the hash
that Compose itself has for this configuration. That is asked of it while the engine makes
the network, and known for the next time.
"""

import hashlib
import json
import os
from typing import Any

from devpod_gen.engine import asked, belongings, conformity, connect, wire
from devpod_gen.engine.composed import Composed, Unknown, composed
from devpod_gen.engine.model import PROJECT, SERVICE, OnStep, Project
from devpod_gen.meanwhile import begin
from devpod_gen.quickyaml import quick_yaml

_DEADLINE = 120.0


class Refused(Exception):
    """The engine did not start the container, which is there: with its reason."""


def start(project: Project, argv: list[str], environment: dict[str, str], on_step: OnStep) -> bool:
    """Have the project's one container made and started; False, and nothing done that Compose
    would mind, where that takes Compose. `argv`: the Compose command for the project's files.
    Raises Refused, Forbidden, EngineError."""
    if connect.adds_to_containers():
        return False
    plugin, mine = asked.plugin(), wire.of_project(project.name)
    if not plugin or wire.get("/containers/json", all=1, filters=mine):
        return False
    on_step("begin")
    on_step("create")
    network = begin(lambda: _have_network(project, plugin))  # 70 ms
    try:
        made = _read(project, environment)
        number = _created(project, made, plugin, argv, environment) if made else ""
    finally:
        connected = network()
    if made and connected and not number:  # an engine that wants it to be there first
        number = _created(project, made, plugin, argv, environment)
    if not number or not connected:
        if number:
            wire.ask("DELETE", f"/containers/{number}", query={"force": 1, "v": 1})
        return False
    on_step("start")
    answer = wire.ask("POST", f"/containers/{number}/start", timeout=_DEADLINE)
    if answer.status >= 400:
        raise Refused(answer.reason)
    return True


def _created(
    project: Project,
    made: Composed,
    plugin: asked.Plugin,
    argv: list[str],
    environment: dict[str, str],
) -> str:
    """The container's id, made while the engine makes the network; else empty."""
    image = wire.get(f"/images/{wire.name(made.container['Image'])}/json")
    if not image:
        return ""
    key = _key(project, made, plugin)
    digest = asked.hash_of(argv, environment, name=project.name, key=key)
    volumes = [_have_volume(project, name, made, plugin) for name in made.volumes]
    if not digest or not all(volumes):
        return ""
    body = made.container | _belonging(project, made, plugin, digest, str(image["Id"]))
    (allowed,) = (one for one in project.allowed if one.service == "dev")
    conformity.require(body, allowed, name=f"{project.name}-dev-1")
    query = {"name": f"{project.name}-dev-1"}
    answer = wire.ask("POST", "/containers/create", body, query=query, timeout=_DEADLINE)
    return str(answer.value["Id"]) if answer.status < 400 else ""


def _read(project: Project, environment: dict[str, str]) -> Composed | None:
    """The project's files, as Compose would understand them; None where that takes Compose."""
    try:
        made = composed(_merged(project), project.name, project.worked_in, environment)
    except (Unknown, OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return made if made.network == dict(project.network) else None


def _merged(project: Project) -> Any:
    """The project's files: ours, and one with labels."""
    file, *rest = project.files
    document = quick_yaml(file.read_bytes())
    for other in rest:
        more = json.loads(other.read_text(encoding="utf-8"))
        match more:
            case {"services": {"dev": {"labels": dict(labels), **other_keys}, **others}} if not (
                other_keys or others or set(more) - {"services"}
            ):
                document["services"]["dev"]["labels"] |= labels
            case _:
                raise Unknown
    return document


def _key(project: Project, made: Composed, plugin: asked.Plugin) -> str:
    """All that Compose's hash can depend on: the program, and what it reads."""
    texts = [file.read_bytes().hex() for file in project.files]
    told = json.dumps([plugin.stamp, project.name, made.container, texts], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _of_project(project: Project, plugin: asked.Plugin) -> dict[str, str]:
    return {
        PROJECT: project.name,
        "com.docker.compose.version": plugin.version,
    }


def _network(project: Project) -> str:
    return f"{project.name}_default"


def _have_network(project: Project, plugin: asked.Plugin) -> bool:
    name = _network(project)
    ours = _of_project(project, plugin) | {"com.docker.compose.network": "default"}
    body = {"Name": name, "CheckDuplicate": True, "Labels": dict(project.network) | ours}
    answer = wire.ask("POST", "/networks/create", body, timeout=_DEADLINE)
    if answer.status != 409:
        return answer.status < 400
    found = wire.get(f"/networks/{wire.name(name)}") or {"Name": name}
    belongings.require_network(found)
    return bool((found.get("Labels") or {}).get(PROJECT) == project.name)


def _have_volume(project: Project, key: str, made: Composed, plugin: asked.Plugin) -> bool:
    """One that is there stays as it is. Raises Forbidden."""
    name, labels = made.volumes[key]
    ours = _of_project(project, plugin) | {"com.docker.compose.volume": key}
    body = {"Name": name, "Labels": labels | ours}
    answer = wire.ask("POST", "/volumes/create", body, timeout=_DEADLINE)
    if answer.status >= 400:
        return False
    belongings.require_volume(answer.value)
    return True


def _belonging(
    project: Project, made: Composed, plugin: asked.Plugin, digest: str, image: str
) -> dict[str, Any]:
    """What makes it a container of the project's."""
    ours = _of_project(project, plugin) | {
        "com.docker.compose.config-hash": digest,
        "com.docker.compose.container-number": "1",
        "com.docker.compose.depends_on": "",
        "com.docker.compose.image": image,
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.project.config_files": ",".join(map(str, project.files)),
        "com.docker.compose.project.environment_file": os.devnull,
        "com.docker.compose.project.working_dir": str(project.worked_in),
        SERVICE: "dev",
    }
    network = _network(project)
    aliases = [f"{project.name}-dev-1", "dev"]
    return {
        "Labels": made.container["Labels"] | ours,
        "HostConfig": made.container["HostConfig"] | {"NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": aliases}}},
    }
