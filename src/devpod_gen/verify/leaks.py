"""Secrets handed over, and looked for where they must not be.

What a verification hands over are stand-ins. The real values, as far as their sources
answer, get into no workspace: they are looked for.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from devpod_gen.engine.api import Container, Project
from devpod_gen.verify.proof import Proof
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace.secrecy.audit import audit
from devpod_gen.workspace.secrecy.feed import feed
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.places import Of
from devpod_gen.workspace.secrecy.scope import Scope
from devpod_gen.workspace.secrecy.value import Value


def hand_over(run: Proof, container: Container, user: str) -> None:
    """The stand-ins, as `up` hands over the real ones. Raises StartError."""
    if run.stand_ins:
        with run.clock.stage("secrets in"):
            feed(run.engine, container, user, run.stand_ins)


def leaks_of_container(run: Proof, container: Container, project: Project, door: Door) -> None:
    """No stand-in, and no real value, is anywhere else in this container or around it."""
    if run.stand_ins:
        scope = Scope(
            run.engine, run.identity.root, run.identity.data, project, container=container.id
        )
        run.checks.extend(_leaks(run, scope, door, ("container",)))


def leaks_around(run: Proof, project: Project, image: str) -> None:
    """Nor in the image, or on this machine."""
    if run.stand_ins:
        scope = Scope(run.engine, run.identity.root, run.identity.data, project, image=image)
        run.checks.extend(_leaks(run, scope, "host", ("image", "host")))


def sources_check(run: Proof) -> Iterator[Check]:
    """Which real values were not looked for, since their sources have none."""
    missing = {one.plan.name for one in run.stand_ins} - {one.plan.name for one in run.real}
    if missing:
        names = ", ".join(sorted(missing))
        yield Check("leaks:real", "host", None, f"not run: there is no real value of {names}")


def masked(checks: Sequence[Check], values: Sequence[Value]) -> tuple[Check, ...]:
    """The checks, with stars for the values: before anything is cut to a line's length."""
    mask = Mask().of(one.content for one in values)
    return tuple(replace(check, detail=mask.text(check.detail)) for check in checks)


def _leaks(run: Proof, scope: Scope, door: Door, of: tuple[Of, ...]) -> Iterator[Check]:
    begun = time.monotonic()
    with run.clock.stage("leaks"):
        found = audit(scope, (*run.stand_ins, *run.real), of)
    detail = f"no secret in {len(found.looked)} kinds of places: {', '.join(found.looked)}"
    if found.spots:
        detail = "\n".join(spot.told() for spot in found.spots)
    yield Check("leaks", door, not found.spots, detail, time.monotonic() - begun)
    for name, why in found.closed:
        yield Check(f"leaks:{name}", door, None, f"not run: {why}")
