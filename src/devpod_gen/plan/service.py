"""Services, decided."""

import shlex

from devpod_gen.profile.hook import Command
from devpod_gen.profile.model import Resources
from devpod_gen.profile.service import Health, Pairs, Service
from devpod_gen.value import dataclass

PIDS = 4096
"""Processes and threads of a container at once, when the profile does not say: more than
builds take, and less than brings a machine down."""


@dataclass(frozen=True, slots=True)
class HealthPlan:
    """When a service is ready: a command, as an engine's health check has it. Seconds."""

    test: tuple[str, ...]
    interval: int
    timeout: int
    retries: int
    start: int

    @property
    def argv(self) -> tuple[str, ...]:
        """The command itself."""
        kind, *words = self.test
        return ("/bin/sh", "-c", *words) if kind == "CMD-SHELL" else tuple(words)

    @property
    def patience(self) -> int:
        """The seconds after which the engine, too, would have given it up."""
        return self.start + self.interval * self.retries + self.timeout


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """A sidecar. `volumes`: the volumes' names in the project, and their folders. `local`: its
    image is made here, and asked of no registry."""

    name: str
    image: str
    local: bool
    command: tuple[str, ...] | None
    env: Pairs
    ports: tuple[int, ...]
    publish: bool
    volumes: Pairs
    depends: tuple[str, ...]
    limits: Resources
    health: HealthPlan | None


def resolve_services(services: tuple[Service, ...]) -> tuple[ServicePlan, ...]:
    """Decide them."""
    return tuple(
        ServicePlan(
            name=service.name,
            image=service.image,
            local=service.image.startswith("localhost/"),
            command=_words(service.command) if service.command else None,
            env=service.env,
            ports=service.ports,
            publish=service.publish is True,
            # "_" is in no name, so two of them never make the same third.
            volumes=tuple((f"{service.name}_{name}", to) for name, to in service.volumes),
            depends=service.depends,
            limits=Resources(**({"pids": PIDS} | dict(service.limits))),
            health=_health(service.health) if service.health else None,
        )
        for service in services
    )


def _words(command: Command) -> tuple[str, ...]:
    """Split here: Compose would end a line at `;`, `&`, `|`, `<` or `>`, or refuse it."""
    return command if isinstance(command, tuple) else tuple(shlex.split(command))


def _health(health: Health) -> HealthPlan:
    command = health.command
    return HealthPlan(
        test=("CMD-SHELL", command) if isinstance(command, str) else ("CMD", *command),
        interval=health.interval or 3,
        timeout=health.timeout or 5,
        retries=health.retries or 20,
        start=health.start or 0,
    )
