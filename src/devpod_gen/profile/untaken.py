"""Which keys of a devcontainer.json a profile does not take over, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devpod_gen.profile.wording import shown

# What has no counterpart because devpod-gen decides it, and nobody would miss.
_OURS = frozenset(
    (
        "$schema",
        "name",
        "workspaceFolder",
        "workspaceMount",
        "service",
        "shutdownAction",
        "overrideCommand",
        "updateRemoteUserUID",
        "userEnvProbe",
        "waitFor",
        "init",
        "customizations",
        "extensions",
        "settings",
        "forwardPorts",
        "portsAttributes",
        "containerEnv",
        "remoteEnv",
        "otherPortsAttributes",
    )
)
_REASONS = {
    "image": "devpod-gen builds an image from stacks; yours would be image.ref",
    "build": "devpod-gen builds an image from stacks; packages go to image.packages",
    "dockerFile": "devpod-gen builds an image from stacks; packages go to image.packages",
    "context": "devpod-gen builds an image from stacks; packages go to image.packages",
    "features": "stacks, image.packages and tools take the place of features",
    "dockerComposeFile": "services are not supported yet",
    "runServices": "services are not supported yet",
    "mounts": "mounts are not supported yet",
    "secrets": "secrets are not supported yet",
    "remoteUser": "images built here have the user dev",
    "containerUser": "images built here have the user dev",
    "hostRequirements": "limits go to resources, and are limits there",
    "appPort": "ports are published by [[ports]]",
    "initializeCommand": "commands on the host are never run",
} | dict.fromkeys(
    (
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
    ),
    "hooks are not supported yet",
)
_UNKNOWN = "no key of a profile says that"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A key that is not taken over, and why."""

    key: str
    reason: str


def left_out(document: dict[str, Any]) -> Iterator[LeftOut]:
    """Every key that a profile does not say, with the reason."""
    for key in sorted(set(document) - _OURS):
        yield LeftOut(key, _REASONS.get(key, _UNKNOWN))
    tools = document.get("customizations")
    for tool in sorted(set(tools if isinstance(tools, dict) else ()) - {"vscode", "devpod-gen"}):
        yield LeftOut(f"customizations: {shown(tool)}", _UNKNOWN)
