"""The workspace that Compose starts, entered by the engine's exec, and by SSH."""

from collections.abc import Callable

from devpod_gen.engine.model import Container, Project
from devpod_gen.errors import StartError
from devpod_gen.profile.hook import HookName
from devpod_gen.verify.checks import ports_check
from devpod_gen.verify.doors import Named
from devpod_gen.verify.jetbrains import jetbrains_door
from devpod_gen.verify.leaks import hand_over, leaks_of_container
from devpod_gen.verify.parts import look_at_links
from devpod_gen.verify.proof import (
    Proof,
    container_of,
    look,
    look_at_services,
    probe,
    ready,
    taken_away,
)
from devpod_gen.verify.report import Check
from devpod_gen.verify.ssh import ssh_door
from devpod_gen.workspace import services
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.clock import Timing
from devpod_gen.workspace.dotfiles import apply_dotfiles
from devpod_gen.workspace.hooks import CREATION, run_hooks
from devpod_gen.workspace.probe import Login
from devpod_gen.workspace.start import Steps
from devpod_gen.workspace.welcome import by_exec


def compose_door(run: Proof, variables: dict[str, str]) -> Timing | None:
    """Start by Compose, come in by each of the doors that lead there, and look around; where
    the time went until the first one's shell was ready."""
    first = run.doors.by_compose[0]
    project = run.project("compose", variables | dict(services.AT_ONCE))
    with taken_away(run, project, first):
        start(run, project)
        container, who = prepare(run, project)
        timing = None
        for door in run.doors.by_compose:
            entered = _ENTER[door](run, container, who)
            timing = timing or entered
        leaks_of_container(run, container, project, first)
    return timing


def start(run: Proof, project: Project) -> None:
    """Have the project's containers started, and the services ready. Raises StartError."""
    with run.clock.stage("start"):
        services.start(run.engine, project, run.plan, Steps(run.clock))
        look_at_services(run, project.name, run.doors.by_compose[0])


def prepare(run: Proof, project: Project) -> tuple[Container, Login]:
    """What `up` does with a container that was started, before it lets anybody in."""
    container = container_of(run.engine, project.name)
    with run.clock.stage("start"):
        who = ready(run, container)
    inside = by_exec(run.engine, container, run.plan)
    hand_over(run, container, who.user)
    created = _hooks(run, container, *CREATION, check="hooks")
    _dotfiles(run, container, inside)
    if created:  # a hook that fails stops the later ones
        _hooks(run, container, "start", "attach", check="start hook")
    return container, who


def _by_exec(run: Proof, container: Container, who: Login) -> Timing:
    inside = by_exec(run.engine, container, run.plan)
    timing = probe(run, who.shell, "compose", inside)
    with run.clock.lap("checks"):
        look(run, who.shell, "compose", inside)
        run.checks.append(_ports(run, container))
    return timing


def _ports(run: Proof, container: Container) -> Check:
    if run.cut:
        return Check("ports", "compose", None, "not run: offline, no port is published")
    return ports_check(run.engine, container.id, "compose")


def _hooks(run: Proof, container: Container, *names: HookName, check: str) -> bool:
    """Whether all is well with them; what came of each is looked at with the rest."""
    try:
        run_hooks(run, container, *names)
    except StartError as error:
        detail = f"{error.message}: {error.detail}"
        run.checks.append(Check(check, run.doors.by_compose[0], False, detail))
        return False
    return True


def _dotfiles(run: Proof, container: Container, inside: Inside) -> None:
    """They are applied by `up` and `shell`, hence not through the reference client."""
    begun = run.clock.elapsed()
    applied = apply_dotfiles(run, container)
    if applied:
        whole, links = look_at_links(inside)
        detail = f"{applied.detail}; {links}" if applied.ok else applied.detail
        seconds = run.clock.elapsed() - begun
        door = run.doors.by_compose[0]
        run.checks.append(Check("dotfiles", door, applied.ok and whole, detail, seconds))


_ENTER: dict[Named, Callable[[Proof, Container, Login], Timing | None]] = {
    "compose": _by_exec,
    "ssh": ssh_door,
    "jetbrains": jetbrains_door,
}
"""How each door in `BY_COMPOSE` is gone through. It returns where the time went until its
shell was ready, or None and says in a check why there is none."""
