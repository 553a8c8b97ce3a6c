"""Which keys of a devcontainer.json a profile does not take over, and why."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing.model import LeftOut
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
        # Read by themselves, and named there.
        "features",
        "mounts",
        "build",
        "dockerComposeFile",
        "dockerFile",
        "context",
        "runServices",
        "onCreateCommand",
        "updateContentCommand",
        "postCreateCommand",
        "postStartCommand",
        "postAttachCommand",
    )
)
_REASONS = {
    "image": "devpod-gen builds an image from stacks; yours would be image.ref",
    "secrets": "secrets are not supported yet",
    "remoteUser": "images built here have the user dev",
    "containerUser": "images built here have the user dev",
    "hostRequirements": "limits go to resources, and are limits there",
    "appPort": "ports are published by [[ports]]",
    "initializeCommand": "commands on the host are never run",
}
_TOOLS = {"jetbrains": "is not read: plugins and settings go to ide.jetbrains"}
_OF_BUILD = frozenset(("dockerfile", "context", "target", "args"))
_UNKNOWN = "no key of a profile says that"


def left_out(document: dict[str, Any]) -> Iterator[LeftOut]:
    """Every key that a profile does not say, with the reason."""
    build = document.get("build")
    for key in sorted(set(build if isinstance(build, dict) else ()) - _OF_BUILD):
        yield LeftOut(f"build: {shown(key)}", "the Dockerfile is read, and not built")
    for key in sorted(set(document) - _OURS):
        yield LeftOut(key, _REASONS.get(key, _UNKNOWN))
    tools = document.get("customizations")
    for tool in sorted(set(tools if isinstance(tools, dict) else ()) - {"vscode", "devpod-gen"}):
        yield LeftOut(f"customizations: {shown(tool)}", _TOOLS.get(tool, _UNKNOWN))
