"""devcontainer.json: what the reference client, VS Code and JetBrains read.

Format: the Development Containers specification. It names the compose file and never a
`build` or `features`, which would bring a build back into every start.
"""

from typing import Any

from devpod_gen.emit.file import BLANK, RenderedFile, stamped
from devpod_gen.emit.hooks import hook_calls
from devpod_gen.emit.render import render
from devpod_gen.plan.model import Plan


def devcontainer(plan: Plan) -> RenderedFile:
    """The plan's devcontainer.json."""
    text = render(
        "devcontainer/devcontainer.json.j2",
        plan=plan,
        forwarded=_forwarded(plan),
        hooks=hook_calls(plan),
        secrets={one.name: {"description": one.description} for one in plan.secrets},
        port_attributes=_port_attributes(plan),
        customizations=_customizations(plan),
    )
    return stamped(f"{plan.output}/devcontainer.json", text)


def _port_attributes(plan: Plan) -> dict[str, dict[str, str]]:
    known = {str(port.port): {"label": port.label or f"port {port.port}"} for port in plan.ports}
    if plan.ssh.listens:  # published already, and nothing that a browser could open
        known[str(plan.ssh.listens)] = {"label": "SSH", "onAutoForward": "ignore"}
    return known


def _forwarded(plan: Plan) -> list[int | str]:
    """The ports that Compose does not publish: the IDE's business."""
    own: list[int | str] = [port.port for port in plan.ports if not port.publish]
    quiet = [service for service in plan.services if not service.publish]
    return own + [f"{service.name}:{port}" for service in quiet for port in service.ports]


def _customizations(plan: Plan) -> dict[str, Any]:
    ide = plan.ide
    vscode = {"extensions": list(ide.extensions), "settings": dict(ide.settings)}
    jetbrains = {
        "backend": ide.backend,
        "plugins": list(ide.plugins),
        "settings": dict(ide.jetbrains_settings),
    }
    origin = {
        "generated": f"by devpod-gen from {plan.file}: edit that, then run `devpod-gen generate`",
        "profile": f"sha256:{plan.digest}",
        "content": f"sha256:{BLANK}",
    }
    return {
        "vscode": {key: value for key, value in vscode.items() if value},
        "jetbrains": {key: value for key, value in jetbrains.items() if value},
        "devpod-gen": origin,
    }
