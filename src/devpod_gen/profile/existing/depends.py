"""Which services come first: those that are there, and never in a circle."""

from dataclasses import replace

from devpod_gen.profile.existing.model import Existing, Service


def with_depends(settled: tuple[Existing, ...]) -> tuple[Existing, ...]:
    """A service depends on what is there, and never, however far, on itself."""
    needs = {
        service.name: tuple(dict(service.says).get("depends", ()))
        for one in settled
        for service in one.services
    }
    for name, others in list(needs.items()):
        needs[name] = tuple(x for x in others if x in needs and name not in _reached(x, needs))
    return tuple(
        replace(one, services=tuple(_depending(service, needs) for service in one.services))
        for one in settled
    )


def _reached(name: str, needs: dict[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    todo = [name]
    while todo:
        current = todo.pop()
        if current not in found:
            found.add(current)
            todo += needs.get(current, ())
    return found


def _depending(service: Service, needs: dict[str, tuple[str, ...]]) -> Service:
    says = dict(service.says)
    says.pop("depends", None)
    depends = {"depends": list(needs[service.name])} if needs[service.name] else {}
    return Service(service.name, tuple((says | depends).items()))
