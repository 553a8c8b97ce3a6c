"""The services of compose.yaml: what each sidecar is, and which of them the workspace waits for."""

from typing import Any

from devpod_gen.plan.model import Plan
from devpod_gen.plan.privileges import NEVER, NO_NEW
from devpod_gen.plan.service import HealthPlan, ServicePlan
from devpod_gen.profile.model import Resources

MEMORY = "${DEVPOD_MEMORY:-0}"
"""What a machine gives at most to a container without a limit of its own is in its `.env`;
without one there is no limit."""

WAIT_FOR = "${DEVPOD_WAIT_FOR:-service_healthy}"
"""Clients wait until services with a health check are healthy, as Compose sees it: after
the engine's next look. `up` says `service_started` here, and looks by itself, more often."""


def sidecars(plan: Plan) -> dict[str, dict[str, Any]]:
    """The services by name, with their keys as the Compose specification has them."""
    return {service.name: _sidecar(plan, service) for service in plan.services}


def waited_for(plan: Plan) -> dict[str, str]:
    """Each service's name, and the condition of whoever depends on it: the workspace does."""
    return {
        service.name: WAIT_FOR if service.health else "service_started" for service in plan.services
    }


def _sidecar(plan: Plan, service: ServicePlan) -> dict[str, Any]:
    keys = {
        "image": service.image,
        "pull_policy": "never" if service.local else "missing",
        "command": list(service.command or ()),
        "security_opt": [NO_NEW],
        "cap_drop": list(NEVER),
        "environment": dict(service.env),
        "labels": {"devpod-gen.name": plan.name, "devpod-gen.service": service.name},
        "volumes": [
            {"type": "volume", "source": volume, "target": folder}
            for volume, folder in service.volumes
        ],
        "healthcheck": _health(service.health) if service.health else None,
        "shm_size": service.limits.shm,
    }
    return {key: value for key, value in keys.items() if value}


def _health(health: HealthPlan) -> dict[str, Any]:
    return {
        "test": list(health.test),
        "interval": f"{health.interval}s",
        "timeout": f"{health.timeout}s",
        "retries": health.retries,
        "start_period": f"{health.start}s",
    }


def deploy(resources: Resources) -> dict[str, Any]:
    """A service's limits, in the place that Compose has for them."""
    return {"resources": {"limits": limits(resources)}}


def limits(resources: Resources) -> dict[str, str | int]:
    """Limits by the names that Compose has for them."""
    named = {
        "cpus": f"{resources.cpus:g}" if resources.cpus else None,
        "memory": resources.memory or MEMORY,
        "pids": resources.pids,
    }
    return {key: value for key, value in named.items() if value is not None}
