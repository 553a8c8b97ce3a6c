"""Secrets handed over, and looked for where they must not be.

What a verification hands over are stand-ins. The real values, as far as their sources
answer, get into no workspace: they are looked for.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container, Project
from devpod_gen.verify.proof import Proof
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace.secrecy.audit import Audit, audit
from devpod_gen.workspace.secrecy.feed import feed
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.scope import Scope
from devpod_gen.workspace.secrecy.value import Value


def hand_over(run: Proof, container: Container, user: str) -> None:
    """The stand-ins, as `up` hands over the real ones. Raises StartError."""
    if run.stand_ins:
        with run.clock.stage("secrets"):
            feed(run.engine, container, user, run.stand_ins)


def leaks_of_container(run: Proof, container: Container, project: Project, door: Door) -> None:
    """No stand-in, and no real value, is anywhere else in this container or around it."""
    if run.stand_ins:
        scope = Scope(*_place(run), project, container=container.id)
        every = (*run.stand_ins, *run.real)
        run.checks.extend(_told(run, door, lambda: audit(scope, every, ("container",))))


def leaks_around(run: Proof, project: Project, image: str) -> None:
    """Nor on this machine; and no real value in the image, which has never met a stand-in."""
    if not run.stand_ins:
        return
    scope = Scope(*_place(run), project, image=image)

    def look() -> Audit:
        around = audit(scope, (*run.stand_ins, *run.real), ("host",))
        return around.and_then(audit(scope, run.real, ("image",))) if run.real else around

    run.checks.extend(_told(run, "host", look))
    missing = {one.plan.name for one in run.stand_ins} - {one.plan.name for one in run.real}
    if missing:
        names = ", ".join(sorted(missing))
        detail = f"not run: there is no real value of {names}"
        run.checks.append(Check("leaks:real", "host", None, detail))


def masked(checks: Sequence[Check], values: Sequence[Value]) -> tuple[Check, ...]:
    """The checks, with stars for the values: before anything is cut to a line's length."""
    mask = Mask().of(one.content for one in values)
    return tuple(replace(check, detail=mask.text(check.detail)) for check in checks)


def _place(run: Proof) -> tuple[Engine, Path, Path]:
    return run.engine, run.identity.root, run.identity.data


def _told(run: Proof, door: Door, look: Callable[[], Audit]) -> Iterator[Check]:
    begun = time.monotonic()
    with run.clock.lap("leaks"):
        found = look()
    detail = f"no secret in {len(found.looked)} kinds of places: {', '.join(found.looked)}"
    if found.spots:
        detail = "\n".join(spot.told() for spot in found.spots)
    yield Check("leaks", door, not found.spots, detail, time.monotonic() - begun)
    for name, why in found.closed:
        yield Check(f"leaks:{name}", door, None, f"not run: {why}")
    if found.left_out:
        names = ", ".join(found.left_out)
        detail = f"not run: too short or too ordinary to be told from other text: {names}"
        yield Check("leaks:ordinary", door, None, detail)
