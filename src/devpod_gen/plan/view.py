"""What a repo's own templates are told of a plan: plain values, the same on every machine.

It is a contract: docs/templates.md has every name. What is removed or means something else
gets another `VERSION`. No secret's value or source, and no path of the host.
"""

from typing import Any

from devpod_gen.plan.model import Plan
from devpod_gen.plan.service import ServicePlan

VERSION = 1


def view(plan: Plan) -> dict[str, Any]:
    """The values, by the names that templates have for them."""
    return {
        "version": VERSION,
        "name": plan.name,
        "profile": plan.variant or "",
        "user": plan.user,
        "home": plan.home,
        "shell": plan.shell,
        "workspace": plan.folder,
        "ssh_host": f"{plan.alias}.devpod-gen",
        "image": plan.image.exact,
        "tools": {tool.name: tool.constraint or "" for tool in plan.tools},
        "env": dict(plan.env),
        "ports": [
            {"port": one.port, "label": one.label or "", "published": one.publish}
            for one in plan.ports
        ],
        "services": {one.name: _service(one) for one in plan.services},
        "caches": [one.folder for one in plan.caches],
        "secrets": {one.name: one.description for one in plan.secrets},
        "extensions": list(plan.ide.extensions),
        "jetbrains": plan.ide.backend or "",
    }


def _service(one: ServicePlan) -> dict[str, Any]:
    return {
        "image": one.image,
        "ports": list(one.ports),
        "published": one.publish,
        "env": dict(one.env),
    }
