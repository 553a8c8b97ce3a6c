"""A compose file of ours as the engine's API takes it: what Compose would create of it.

A closed translation: a key, a value or a variable that is not known here makes the whole
file `Unknown`, and Compose itself is left to start it. So nothing that a file says is lost.
"""

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from devpod_gen.regex import late
from devpod_gen.value import dataclass

_VARIABLE = late(r"\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-+?])([^{}$]*))?\})|\$")
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


class Unknown(Exception):
    """It says what is not known here."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The one service `dev`: its container's configuration, without the labels and the network
    that are Compose's own, and what the project has beside it, each with its labels."""

    container: dict[str, Any]
    network: dict[str, str]
    volumes: dict[str, tuple[str, dict[str, str]]]
    """By the name in the file: the volume's own, and its labels."""


def composed(
    document: dict[str, Any], project: str, folder: Path, variables: Mapping[str, str]
) -> Composed:
    """What `document` says, of a project called `project`, read in `folder`. Raises Unknown."""
    whole = _filled(document, variables)
    _only(whole, "name", "services", "networks", "volumes")
    _only(whole["services"], "dev")
    _only(whole["networks"], "default")
    _only(whole["networks"]["default"], "labels")
    volumes = {
        key: _volume(key, entry or {}, project)
        for key, entry in (whole.get("volumes") or {}).items()
    }
    container = _container(whole["services"]["dev"], folder, volumes)
    return Composed(container, whole["networks"]["default"]["labels"], volumes)


def _filled(value: Any, variables: Mapping[str, str]) -> Any:
    """With every variable replaced, as Compose does."""
    if isinstance(value, dict):
        return {key: _filled(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, variables) for item in value]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match, variables), value)
    return value


def _variable(match: re.Match[str], variables: Mapping[str, str]) -> str:
    name, operator, text = match.groups()
    if match[0] == "$$":
        return "$"
    if name is None:
        raise Unknown
    value = variables.get(name)
    is_set = bool(value) if (operator or "").startswith(":") else value is not None
    if (operator or "")[-1:] == "+":
        return str(text) if is_set else ""
    if (operator or "")[-1:] == "-":
        return str(value) if is_set else str(text)
    if not is_set:  # an empty text, or an error: Compose says it best
        raise Unknown
    return str(value)


def _only(mapping: Mapping[Any, Any], *known: str) -> None:
    if not isinstance(mapping, dict) or set(mapping) - set(known):
        raise Unknown


def _volume(key: str, entry: dict[str, Any], project: str) -> tuple[str, dict[str, str]]:
    _only(entry, "name", "labels")
    return str(entry.get("name") or f"{project}_{key}"), entry.get("labels") or {}


def _container(
    service: dict[str, Any], folder: Path, volumes: Mapping[str, tuple[str, dict[str, str]]]
) -> dict[str, Any]:
    host: dict[str, Any] = {"ExtraHosts": [], "PortBindings": {}}
    made: dict[str, Any] = {"HostConfig": host, "AttachStdout": True, "AttachStderr": True}
    for key, value in service.items():
        if key == "volumes":
            names = {name: volume for name, (volume, _) in volumes.items()}
            host["Mounts"] = [_mount(entry, folder, names) for entry in value]
        elif key not in _KEYS:
            raise Unknown
        else:
            _KEYS[key](made, host, value)
    return made


def _mount(entry: dict[str, Any], folder: Path, names: Mapping[str, str]) -> dict[str, Any]:
    _only(entry, "type", "source", "target", "bind", "read_only", "tmpfs")
    made: dict[str, Any] = {"Type": entry["type"], "Target": entry["target"]}
    match entry:
        case {"type": "bind", "source": source, "bind": {"create_host_path": False, **more}}:
            _only(more)
            made |= {"Source": os.path.normpath(folder / source), "BindOptions": {}}
        case {"type": "volume", "source": source} if source in names and "bind" not in entry:
            made["Source"] = names[source]
        case {"type": "tmpfs", "tmpfs": {"size": int(size), "mode": int(mode), **more}}:
            _only(more)
            made["TmpfsOptions"] = {"SizeBytes": size, "Mode": mode}
        case _:
            raise Unknown
    return made | ({"ReadOnly": True} if entry.get("read_only") else {})


def _ports(made: dict[str, Any], host: dict[str, Any], entries: list[dict[str, Any]]) -> None:
    made["ExposedPorts"] = {}
    for entry in entries:
        _only(entry, "host_ip", "target", "published")
        name = f"{entry['target']}/tcp"
        made["ExposedPorts"][name] = {}
        binding = {"HostIp": entry["host_ip"], "HostPort": str(entry["published"])}
        host["PortBindings"].setdefault(name, []).append(binding)


def _limits(_made: dict[str, Any], host: dict[str, Any], value: dict[str, Any]) -> None:
    _only(value, "resources")
    _only(value["resources"], "limits")
    limits = value["resources"]["limits"]
    _only(limits, "cpus", "memory", "pids")
    if "cpus" in limits:
        host["NanoCpus"] = round(float(limits["cpus"]) * 1e9)
    if "memory" in limits:
        host["Memory"] = _bytes(limits["memory"])
    if "pids" in limits:
        host["PidsLimit"] = int(limits["pids"])


def _bytes(text: object) -> int:
    match = re.fullmatch(r"(\d+)([bkmg]?)b?", str(text).lower())
    if not match:
        raise Unknown
    return int(match[1]) * _UNITS[match[2]]


_Made = dict[str, Any]
_KEYS: dict[str, Callable[[_Made, _Made, Any], None]] = {
    "image": lambda made, _, value: made.update(Image=value),
    "pull_policy": lambda _made, _host, _value: None,  # it is there: that was seen to
    "init": lambda _, host, value: host.update(Init=value),
    "command": lambda made, _, value: made.update(Cmd=value),
    "hostname": lambda made, _, value: made.update(Hostname=value),
    "working_dir": lambda made, _, value: made.update(WorkingDir=value),
    "environment": lambda made, _, value: made.update(Env=[f"{k}={v}" for k, v in value.items()]),
    "labels": lambda made, _, value: made.update(Labels=value),
    "ports": _ports,
    "shm_size": lambda _, host, value: host.update(ShmSize=_bytes(value)),
    "deploy": _limits,
    "cap_add": lambda _, host, value: host.update(CapAdd=value),
    "cap_drop": lambda _, host, value: host.update(CapDrop=value),
    "security_opt": lambda _, host, value: host.update(SecurityOpt=value),
}
