"""Starts measured again and again: cold, warm and existing, each as `up` would do it.

What comes before the image is asked for (the process' own start, the profile) is measured
once, by the run itself, and is in each of them.
"""

import time
from dataclasses import replace

from devpod_gen.engine.model import Project
from devpod_gen.verify.compose import prepare, start
from devpod_gen.verify.doors import ALL
from devpod_gen.verify.proof import Proof, container_of, probe, taken_away
from devpod_gen.verify.report import Check, Repeated
from devpod_gen.workspace import image, services
from devpod_gen.workspace.clock import Clock, Timing
from devpod_gen.workspace.history import Kind
from devpod_gen.workspace.welcome import by_exec

_RUNS: tuple[Kind, ...] = ("cold", "warm", "existing")


def repeat(
    run: Proof, variables: dict[str, str], before: Timing, rounds: int
) -> tuple[Repeated, ...]:
    """Measure `rounds` starts of each kind, in throw-away projects. What fails in one is a
    check of `run`; raises StartError when there is nothing to measure."""
    if before.got_image:  # it is there now, so none of these has to get it
        begun = time.monotonic()
        image.present(run.engine, run.plan.image)
        before = before.with_image_there(time.monotonic() - begun)
    timings: dict[Kind, list[Timing]] = {kind: [] for kind in _RUNS}
    with run.clock.lap("repeat"):
        for number in range(1, rounds + 1):
            run.say(f"measuring {number} of {rounds}")
            for kind, timing in _round(run, variables, before, number):
                timings[kind].append(timing)
    return tuple(Repeated(kind, tuple(found)) for kind, found in timings.items())


def budget_check(timing: Timing | None, repeated: tuple[Repeated, ...], budget: float) -> Check:
    """The budget holds the start; where there were more, the 95th percentile of the cold ones."""
    for cold in repeated:
        if cold.kind == "cold":
            p95 = cold.percentile(95)
            told = f"p95 of {len(cold.timings)} cold starts is {p95:.2f} s"
            return Check("budget", "host", p95 <= budget, f"{told}, the budget is {budget:g} s")
    took = f"{timing.seconds:.2f} s to a ready shell" if timing else "no shell became ready"
    within = timing is not None and timing.seconds <= budget
    return Check("budget", "host", within, f"{took}, the budget is {budget:g} s")


def _round(
    run: Proof, variables: dict[str, str], before: Timing, number: int
) -> list[tuple[Kind, Timing]]:
    """One project: made and started, started again, entered again, taken away."""
    project = run.project("compose", variables | dict(services.AT_ONCE))
    aside = replace(run, clock=Clock(), checks=[], doors=ALL)
    found: list[tuple[Kind, Timing]] = []
    with taken_away(aside, project, "compose"):
        for kind in _RUNS:
            if kind == "warm":
                run.engine.stop(project)
            found.append((kind, _measured(aside, project, before, kind)))
    run.checks.extend(
        replace(check, id=f"round {number}: {check.id}")
        for check in aside.checks
        if check.ok is False
    )
    return found


def _measured(aside: Proof, project: Project, before: Timing, kind: Kind) -> Timing:
    own = replace(aside, clock=Clock.after(before))
    if kind == "cold" or (kind == "warm" and not _resumed(own, project)):
        start(own, project)
    container, who = prepare(own, project)
    inside = by_exec(own.engine, container, own.plan)
    return probe(own, who.shell, "compose", inside)


def _resumed(own: Proof, project: Project) -> bool:
    """Whether the engine has started it again, as it can where there are no services."""
    with own.clock.stage("start"):
        container = container_of(own.engine, project.name)
        return not own.plan.services and own.engine.resume(container.id)
