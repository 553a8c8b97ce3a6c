"""Services beside a workspace: their images, and whether they are there and ready.

Readiness is asked for here, by the profile's own command inside each service, and not
read from the engine: that looks at intervals of seconds, and some never do.
"""

import time

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, Container, OnStep, Project, unseen
from devpod_gen.errors import ImageError, StartError
from devpod_gen.plan.model import Plan
from devpod_gen.plan.service import HealthPlan, ServicePlan
from devpod_gen.value import dataclass

AT_ONCE = (("DEVPOD_WAIT_FOR", "service_started"),)
"""For the compose file: nothing waits for the engine's own looks, since we look."""

_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Answer:
    """How a service is: `detail` is what it said, or what is wrong."""

    name: str
    ok: bool
    detail: str
    seconds: float


def missing_images(engine: Engine, plan: Plan) -> tuple[str, ...]:
    """The services' images that are to be pulled, each once. Raises ImageError."""
    missing: dict[str, None] = {}
    for service in plan.services:
        if engine.image(service.image):
            continue
        if service.local:
            message = f"the image {service.image} is not here, and no registry has it"
            where = f"services.{service.name}"
            raise ImageError(message, where=where, fix="build or load it; localhost/ is this host")
        missing[service.image] = None
    return tuple(missing)


def require_images(engine: Engine, plan: Plan) -> None:
    """The services' images, with nothing asked of any network. Raises ImageError."""
    for service in plan.services:
        if not engine.image(service.image):
            message = f"the image {service.image} is not here, and offline nothing is pulled"
            where = f"services.{service.name}"
            fix = "carry it over with `docker save` and `docker load`"
            raise ImageError(message, where=where, fix=fix)


def all_run(engine: Engine, project: str, plan: Plan) -> bool:
    """Whether each service of the plan runs."""
    wanted = {service.name for service in plan.services}
    return not wanted or wanted <= {
        name for name, container in _containers(engine, project).items() if container.running
    }


def start(engine: Engine, project: Project, plan: Plan, on_step: OnStep = unseen) -> None:
    """Start the project, workspace and all: what a service depends on is ready before.

    Raises StartError.
    """
    for wave in _waves(plan.services):
        engine.start(project, only=tuple(service.name for service in wave), on_step=on_step)
        require_ready(engine, project.name, wave)
    engine.start(project, on_step=on_step)


def require_running(engine: Engine, project: str, plan: Plan) -> None:
    """Raises StartError, with its last words, when a service of the plan has ended."""
    if plan.services and not all_run(engine, project, plan):
        require_ready(engine, project, plan.services)


def require_ready(engine: Engine, project: str, services: tuple[ServicePlan, ...]) -> None:
    """Return once these run, and are healthy where the profile says when.

    Raises StartError, with the last words of the first that is not.
    """
    bad = [answer for answer in ask_all(engine, project, services) if not answer.ok]
    if bad:
        reason, _, said = bad[0].detail.partition("\n")
        message = f"the service {bad[0].name} is not ready: {reason}"
        raise StartError(
            message,
            where=f"services.{bad[0].name}",
            fix="correct its image, its environment or its health check",
            detail=said,
        )


def _waves(services: tuple[ServicePlan, ...]) -> list[tuple[ServicePlan, ...]]:
    """The services that others depend on, in the order in which they have to be there."""
    by_name = {service.name: service for service in services}
    waves: list[tuple[ServicePlan, ...]] = []
    wave = services
    while wave := tuple(by_name[name] for name in sorted({n for s in wave for n in s.depends})):
        waves.insert(0, wave)
    return waves


def ask_all(engine: Engine, project: str, services: tuple[ServicePlan, ...]) -> tuple[Answer, ...]:
    """How each service is, once it is ready or will not be. They are asked side by side."""
    if not services:
        return ()
    found = _containers(engine, project)

    def ask(service: ServicePlan) -> Answer:
        begun = time.monotonic()
        container = found.get(service.name)
        if not container:
            return Answer(service.name, False, "the engine does not list it", 0.0)
        ok, detail = _wait(engine, container, service.health)
        return Answer(service.name, ok, detail, time.monotonic() - begun)

    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 5 ms, for services only

    with ThreadPoolExecutor(max_workers=8) as pool:
        return tuple(pool.map(ask, services))


def _wait(engine: Engine, container: Container, health: HealthPlan | None) -> tuple[bool, str]:
    """Ask until it answers, ends, or has had its time."""
    deadline = time.monotonic() + (health.patience if health else 0)
    said = ""
    while _runs(engine, container):
        if not health:
            return True, "runs"
        result = engine.ask(container.id, list(health.argv), timeout=health.timeout)
        if result.ok:
            return True, "healthy"
        said = result.last_lines(2)
        if time.monotonic() > deadline:
            reason = f"not healthy after {health.patience} s: {said or f'code {result.code}'}"
            return False, f"{reason}\n{engine.why_stopped(container.id)}"
        time.sleep(_PAUSE)
    return False, f"it ended\n{engine.why_stopped(container.id)}"


def _runs(engine: Engine, container: Container) -> bool:
    found = _containers(engine, container.project).get(container.service)
    return found is not None and found.running


def _containers(engine: Engine, project: str) -> dict[str, Container]:
    """The project's containers, by the services' names."""
    return {found.service: found for found in engine.containers({PROJECT: project})}
