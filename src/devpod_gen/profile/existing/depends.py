"""Which services come first: those that are there, and never in a circle."""

from dataclasses import replace

from devpod_gen.profile.existing.model import Existing, Service
from devpod_gen.profile.service import reached


def with_depends(settled: tuple[Existing, ...]) -> tuple[Existing, ...]:
    """A service depends on what is there, and never, however far, on itself."""
    needs = {
        service.name: tuple(dict(service.says).get("depends", ()))
        for one in settled
        for service in one.services
    }
    for name, others in list(needs.items()):
        needs[name] = tuple(x for x in others if x in needs and name not in reached(x, needs))
    return tuple(
        replace(one, services=tuple(_depending(service, needs) for service in one.services))
        for one in settled
    )


def _depending(service: Service, needs: dict[str, tuple[str, ...]]) -> Service:
    says = dict(service.says)
    says.pop("depends", None)
    depends = {"depends": list(needs[service.name])} if needs[service.name] else {}
    return Service(service.name, tuple((says | depends).items()))
