"""Containers, as the engine lists them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from devpod_gen.engine import wire
from devpod_gen.engine.model import PROJECT, SERVICE, Container, Times

_FEW = 8
"""So many questions are asked one after another, or at the same time."""

_NEVER = "0001-01-01T00:00:00Z"
_LABELS = (
    PROJECT,
    "com.docker.compose.project.working_dir",
    SERVICE,
    "com.intellij.devcontainer.id",
    "com.intellij.devcontainer.sources.path",
    "devcontainer.local_folder",
    "devpod-gen.branch",
    "devpod-gen.config",
    "devpod-gen.folder",
    "devpod-gen.git",
    "devpod-gen.host",
    "devpod-gen.id",
    "devpod-gen.mode",
    "devpod-gen.mounts",
    "devpod-gen.name",
    "devpod-gen.secrets",
    "devpod-gen.user",
)


def containers(labels: Mapping[str, str]) -> tuple[Container, ...]:
    """Those that carry all of `labels`; an empty value is any. Raises EngineError."""
    chosen = wire.labels(*(f"{key}={value}" if value else key for key, value in labels.items()))
    found = (_container(one) for one in wire.get("/containers/json", all=1, filters=chosen))
    # Once more here: engines differ in what several filters mean.
    return tuple(one for one in found if _carries(one, labels))


def _carries(container: Container, labels: Mapping[str, str]) -> bool:
    known = {key: value for key, value in labels.items() if key in container.labels}
    return all(
        container.labels[key] and value in ("", container.labels[key])
        for key, value in known.items()
    )


def times(containers: Sequence[str]) -> Mapping[str, Times]:
    """When each was made, started and ended. Those that are gone are left out."""
    looked = _all(_look, containers)
    return {one["Id"]: _times(one) for one in looked if one}


def _look(container: str) -> Any:
    return wire.get(f"/containers/{wire.name(container)}/json")


def _all(ask: Callable[[str], Any], names: Sequence[str]) -> list[Any]:
    """An answer for each; for many they are asked side by side, as the API has no question
    about several."""
    if len(names) <= _FEW:
        return [ask(name) for name in names]
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - where there are many

    with ThreadPoolExecutor(max_workers=_FEW) as pool:
        return list(pool.map(ask, names))


def _container(found: dict[str, Any]) -> Container:
    has = found.get("Labels") or {}
    return Container(
        found["Id"],
        found["Names"][0].removeprefix("/") if found.get("Names") else "",
        found["State"],
        found["Image"],
        {label: has.get(label, "") for label in _LABELS},
    )


def _times(found: dict[str, Any]) -> Times:
    state, bound = found["State"], (found.get("NetworkSettings") or {}).get("Ports") or {}
    ports = tuple(
        f"{binding['HostIp']}:{binding['HostPort']}->{name.removesuffix('/tcp')}"
        for name, bindings in sorted(bound.items())
        for binding in bindings or ()
    )
    started, ended = (state[key].replace(_NEVER, "") for key in ("StartedAt", "FinishedAt"))
    memory = int((found.get("HostConfig") or {}).get("Memory") or 0)
    return Times(found["Created"], started, ended, ports, memory, bool(state.get("OOMKilled")))
