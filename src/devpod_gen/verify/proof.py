"""A verification as it goes: what it works with, what it has found, and how it looks around."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, SERVICE, Container, Project
from devpod_gen.errors import StartError
from devpod_gen.value import dataclass
from devpod_gen.verify.agreement import SEEN, seen_look
from devpod_gen.verify.checks import look_inside
from devpod_gen.verify.doors import ALL, Choice
from devpod_gen.verify.handed import secret_looks
from devpod_gen.verify.offline import Cut, outside_check
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace import services, throwaway
from devpod_gen.workspace.allowance import allowance
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.clock import Timing
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.probe import Login, Outcome, run_probes, wait_until_ready
from devpod_gen.workspace.secrecy.value import Value
from devpod_gen.workspace.welcome import ready_within

EXEC = 600.0
"""Seconds for all that is looked at through one door."""


@dataclass(frozen=True, slots=True)
class Proof(Context):
    """What a verification works with, and what it has found so far. `cut`: it is offline.
    `doors`: those to go through. `stand_ins`: what is handed over in the place of secrets;
    `real`: what these are, as far as it is known, to look for it. `seen`: what each door
    shows, to be compared."""

    cut: Cut | None = None
    doors: Choice = ALL
    stand_ins: tuple[Value, ...] = ()
    real: tuple[Value, ...] = ()
    checks: list[Check] = field(default_factory=list)
    seen: dict[Door, str] = field(default_factory=dict)
    file: Path | None = None
    """The compose file as it was looked at; None: the one in the repo."""
    edited: bool = False
    """See Emitted."""

    def project(self, door: Door, variables: dict[str, str]) -> Project:
        """A project that nobody else has."""
        name = throwaway.name(door)
        own = {"DEVPOD_SHARED": name}  # a look must not touch the user's shared caches
        emitted = self.identity.compose_file
        files = (self.file or emitted, *((self.cut.compose,) if self.cut else ()))
        # Nothing in it is to be kept, so nothing gets long to end.
        known = tuple((variables | own).items())
        may = allowance(self.identity, self.plan, name, known, edited=self.edited)
        return Project(name, files, known, grace=1, allowed=may, folder=emitted.parent)


def shut(run: Proof, door: Door, reason: str) -> None:
    """This door cannot be tried here: a failure, if it was asked for by name."""
    verdict = False if run.doors.required else None
    run.checks.append(Check("start", door, verdict, f"not run: {reason}"))


@contextmanager
def taken_away(run: Proof, project: Project, door: Door) -> Iterator[None]:
    """Whatever happens inside, nothing of the project is left; that is a check, too."""
    try:
        yield
    finally:
        with run.clock.lap(f"remove {door}"):
            run.engine.remove(project, volumes=True)
            left = run.engine.labelled(PROJECT, project.name)
        detail = f"left behind: {', '.join(left)}" if left else "nothing is left"
        run.checks.append(Check("removed", door, not left, detail))


def container_of(engine: Engine, project: str) -> Container:
    """The workspace's container in a project. Raises StartError."""
    found = engine.containers({PROJECT: project, SERVICE: "dev"})
    if not found:
        message = "the workspace was started, but the engine does not list it"
        raise StartError(message, where=project, fix="run it again")
    return found[0]


def ready(run: Proof, container: Container) -> Login:
    """Return once the entrypoint has done its work. Raises StartError."""
    seconds = ready_within(run.plan)
    return wait_until_ready(run.engine, container, run.plan.user, seconds=seconds)


def look_at_services(run: Proof, project: str, door: Door) -> None:
    """Each service runs, and its health check passes."""
    run.checks.extend(
        Check(f"service:{answer.name}", door, answer.ok, answer.detail, answer.seconds)
        for answer in services.ask_all(run.engine, project, run.plan.services)
    )


def probe(run: Proof, shell: str, door: Door, inside: Inside) -> Timing:
    """Run the probes of a ready shell; where the time went until they had ended."""
    if not run.plan.readiness:
        run.clock.note("probe", "there are none")
    with run.clock.stage("probe"):
        outcomes = run_probes(inside, shell, run.plan.readiness)
    _judge(run, door, outcomes)
    return run.clock.timing()


def prove(run: Proof, shell: str, door: Door, inside: Inside) -> None:
    """Run the thorough probes."""
    _judge(run, door, run_probes(inside, shell, run.plan.thorough))


def _judge(run: Proof, door: Door, outcomes: tuple[Outcome, ...]) -> None:
    run.checks.extend(
        Check(f"probe:{outcome.id}", door, outcome.ok, outcome.detail, outcome.seconds)
        for outcome in outcomes
    )


def look(run: Proof, shell: str, door: Door, inside: Inside) -> None:
    """Run the thorough probes, and take every look that holds for every door."""
    prove(run, shell, door, inside)
    extra = (*secret_looks(run.stand_ins, door), seen_look(run.plan, shell))
    for check in look_inside(run.plan, run.identity.root, shell, door, inside, extra):
        if check.id == SEEN:
            run.seen[door] = check.value or ""
        else:
            run.checks.append(check)
    if run.cut:
        run.checks.append(outside_check(door, inside))
