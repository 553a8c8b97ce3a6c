"""The links and URIs that open VS Code on a workspace.

An authority of `vscode-remote://`, which VS Code's own windows show: `dev-container+` and
the hex of the host's folder, or of a JSON object that says more; `attached-container+` and
the hex of one; `ssh-remote+HOST`. The folder is, to the byte, the label
`devcontainer.local_folder`, by which the Dev Containers extension knows its containers.
"""

import json
import re
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class HostFolder:
    """A repo as VS Code sees it from the host: `folder`, and in it the devcontainer.json
    `config`. With `distribution` both are paths of that Linux in WSL."""

    folder: str
    config: str
    distribution: str | None = None


Engine = tuple[str, str] | None
"""Which engine, where it is not the default one: `host` or `context`, and its value. A
program that a desktop starts has none of the shell's variables."""


def dev_container(place: HostFolder, engine: Engine, *, only_config: bool) -> str:
    """The authority of the folder's dev container. `only_config`: the folder has no other
    devcontainer.json, so the plain form says it all."""
    if only_config and not engine and not place.distribution:
        return f"dev-container+{_bytes(place.folder).hex()}"
    told: dict[str, Any] = {"hostPath": _host_path(place), "localDocker": False}
    told |= {"settings": dict([engine])} if engine else {}
    return f"dev-container+{_hex(told | {'configFile': _config(place)})}"


def attached(container: str, engine: Engine) -> str:
    """The authority of a container that is there, by its name."""
    told: dict[str, Any] = {"containerName": f"/{container.removeprefix('/')}"}
    return f"attached-container+{_hex(told | ({'settings': dict([engine])} if engine else {}))}"


def remote_ssh(host: str) -> str:
    """The authority of an SSH host. Lower case, which VS Code makes of it anyway."""
    return f"ssh-remote+{host.lower()}"


def folder_uri(authority: str, folder: str) -> str:
    """What `code --folder-uri` takes; `folder` is inside."""
    return f"vscode-remote://{authority}{quote(folder)}"


def link(authority: str, folder: str) -> str:
    """What a browser or a desktop hands to VS Code."""
    return f"vscode://vscode-remote/{authority}{quote(folder)}"


def _host_path(place: HostFolder) -> str:
    """A folder of WSL as Windows names it."""
    if not place.distribution:
        return place.folder
    return f"\\\\wsl.localhost\\{place.distribution}" + place.folder.replace("/", "\\")


def _config(place: HostFolder) -> dict[str, Any]:
    """The file as VS Code writes its own URIs down: each field, in this order."""
    path = place.config
    if place.distribution:
        return {"$mid": 1, "path": path, "scheme": "vscode-fileHost"}
    if not re.match(r"[A-Za-z]:|\\\\", path):
        external = PurePosixPath(path).as_uri()
        return {"$mid": 1, "fsPath": path, "external": external, "path": path, "scheme": "file"}
    path = path[0].lower() + path[1:]  # the drive
    slashed = "/" + PureWindowsPath(path).as_posix()
    external = f"file://{quote(slashed)}"
    local = {"$mid": 1, "fsPath": path, "_sep": 1, "external": external}
    return local | {"path": slashed, "scheme": "file"}


def _hex(told: dict[str, Any]) -> str:
    """As JavaScript writes it: no spaces, and no escapes but the needed ones."""
    return _bytes(json.dumps(told, separators=(",", ":"), ensure_ascii=False)).hex()


def _bytes(text: str) -> bytes:
    """UTF-8, and of a path that is none its own bytes."""
    return text.encode("utf-8", errors="surrogateescape")
