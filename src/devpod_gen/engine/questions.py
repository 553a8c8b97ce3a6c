"""What the engine is asked: images, what carries a label, why something ended."""

import json
import re
from collections.abc import Mapping
from typing import Any

from devpod_gen.engine import connect, wire
from devpod_gen.engine.command import text
from devpod_gen.engine.frames import plain
from devpod_gen.engine.model import PROJECT, ImageInfo, Parts, Published
from devpod_gen.errors import EngineError

_ONCE = 120.0


def version() -> Mapping[str, Any]:
    """What the engine says of itself."""
    found: Mapping[str, Any] = wire.get("/version")
    return found


def holds_several_platforms() -> bool:
    """Whether its store keeps images of several platforms under one name: containerd's does."""
    store = wire.get("/info").get("DriverStatus") or ()
    return ["driver-type", "io.containerd.snapshotter.v1"] in store


def image(ref: str) -> ImageInfo | None:
    """The image, when the engine has it."""
    found = wire.get(f"/images/{wire.name(ref)}/json")
    if found is None:
        return None
    name = re.sub(r":[^:/]+$", "", ref.partition("@")[0])
    digests = [d for d in found.get("RepoDigests") or () if d.startswith(f"{name}@")]
    platform = f"{found['Os']}/{found['Architecture']}"
    digest = digests[0].partition("@")[2] if digests else None
    metadata = ((found.get("Config") or {}).get("Labels") or {}).get("devcontainer.metadata", "")
    return ImageInfo(ref, str(found["Id"]), digest, int(found["Size"]), platform, metadata)


def parts(ref: str) -> Parts:
    """What an image is made of."""
    place = f"/images/{wire.name(ref)}"
    found, steps = wire.get(f"{place}/json"), wire.get(f"{place}/history")
    if found is None or steps is None:
        message = f"the engine does not have the image {ref}"
        raise EngineError(message, where=connect.endpoint(), fix="run it again")
    return Parts(
        tuple(found["RootFS"].get("Layers") or ()),
        json.dumps(found["Config"]),
        tuple(str(step.get("CreatedBy", "")) for step in reversed(steps)),
    )


def published(container: str) -> tuple[Published, ...]:
    """The container's ports that are open on the host."""
    ports = (_inspected(container).get("NetworkSettings") or {}).get("Ports") or {}
    return tuple(
        Published(int(name.split("/")[0]), binding["HostIp"], int(binding["HostPort"]))
        for name, bindings in sorted(ports.items())
        for binding in bindings or ()
    )


def why_stopped(container: str) -> str:
    """State, exit code and last output of a container."""
    state = _inspected(container)["State"]
    told = {"stdout": 1, "stderr": 1, "tail": 20}
    answer = wire.require(wire.ask("GET", f"/containers/{container}/logs", query=told))
    said = text(plain(answer.body)).strip()
    killed = ", out of memory" if state.get("OOMKilled") else ""
    reason = f"{state['Status']}, exit code {state['ExitCode']}{killed} {state.get('Error', '')}"
    return f"{reason.strip()}\n{said}".strip()


def _inspected(container: str) -> dict[str, Any]:
    found: dict[str, Any] | None = wire.get(f"/containers/{wire.name(container)}/json")
    if found is None:
        message = f"the container {container} is gone"
        raise EngineError(message, where=connect.endpoint(), fix="run it again")
    return found


def labelled(label: str, value: str) -> tuple[str, ...]:
    """Everything that carries the label."""
    return tuple(
        f"{kind} {name}"
        for kind in ("container", "network", "volume")
        for name, _ in _carrying(kind, f"{label}={value}")
    )


def proven(project: str) -> tuple[str, ...]:
    """What of a Compose project carries a label of ours."""
    return tuple(
        f"{kind} {name}"
        for kind in ("container", "network", "volume")
        for name, labels in _carrying(kind, f"{PROJECT}={project}")
        if any(key.startswith("devpod-gen.") for key in labels)
    )


def _carrying(kind: str, label: str) -> list[tuple[str, dict[str, str]]]:
    """What of a kind carries the label: the names, each with all its labels."""
    chosen = wire.labels(label)
    if kind == "container":
        listed = wire.get("/containers/json", all=1, filters=chosen)
        return [(one["Names"][0].removeprefix("/"), one["Labels"]) for one in listed]
    if kind == "network":
        listed = wire.get("/networks", filters=chosen)
    else:
        listed = wire.get("/volumes", filters=chosen).get("Volumes") or ()
    return [(one["Name"], one.get("Labels") or {}) for one in listed]


def projects() -> Mapping[str, tuple[str, ...]]:
    """What is ours, by Compose project."""
    projects: dict[str, tuple[str, ...]] = {}
    for kind, label in (
        ("container", "devpod-gen.config"),
        ("network", "devpod-gen.name"),
        ("volume", "devpod-gen.cache"),
        ("volume", "devpod-gen.workspace"),
    ):
        for name, labels in _carrying(kind, label):
            if project := labels.get(PROJECT):
                projects[project] = (*projects.get(project, ()), f"{kind} {name}")
    return projects


def volume_sizes() -> Mapping[str, int]:
    """The bytes that each volume holds. Only these are asked for: images can take a minute."""
    query = {"type": "volume"}
    answer = wire.require(wire.ask("GET", "/system/df", query=query, timeout=_ONCE))
    volumes = answer.value.get("Volumes") or ()
    return {one["Name"]: max(0, (one.get("UsageData") or {}).get("Size", 0)) for one in volumes}
