"""From a container that was started to one that is ready: what it is given, and asked.

Where nothing of the user's own has to come in between, that is one errand inside. Secrets
have to be there before anything of the profile's runs, and dotfiles before the hook `start`.
"""

from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import clone, credentials, hooks, services
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.dotfiles import Applied, apply_dotfiles
from devpod_gen.workspace.errand import Done, Errand, run_errand
from devpod_gen.workspace.hooks import ALL, CREATION, run_hooks
from devpod_gen.workspace.marks import Part
from devpod_gen.workspace.probe import Outcome, outcome, run_probes
from devpod_gen.workspace.secrecy.feed import feed
from devpod_gen.workspace.secrecy.value import Value
from devpod_gen.workspace.ssh import SshDoor, Visit, close_visit

_READY_WITHIN = 60.0
_EXEC = 300.0  # seconds for all that is looked at by one exec, probes and hooks apart


def welcome(
    context: Context, container: Container, visit: Visit, secrets: tuple[Value, ...]
) -> tuple[SshDoor | None, Applied | None]:
    """Have it ready: hooks run, and what is asked of a ready shell passes. Raises StartError."""
    plan, applied = context.plan, None
    at_once = not plan.secrets and not plan.dotfiles
    errand = _errand(plan, visit, hooked=at_once, probed=at_once)
    done = _run(context, container, errand)
    if at_once:
        if done.hooks:
            hooks.require(container, done.hooks)
        pairs = zip(plan.readiness, done.probes, strict=True)
        _require(tuple(outcome(probe, timed) for probe, timed in pairs))
    else:
        if plan.secrets:
            with context.clock.stage("secrets"):
                feed(context.engine, container, done.who.user, secrets)
        run_hooks(context, container, *CREATION)
        applied = apply_dotfiles(context, container)
        run_hooks(context, container, "start")
        with context.clock.stage("probe"):
            inside = by_exec(context.engine, container, plan)
            _require(run_probes(inside, done.who.shell, plan.readiness))
    services.require_running(context.engine, container.project, plan)
    return _let_in(context, container, visit, done.keys), applied


def enter(context: Context, container: Container, visit: Visit) -> SshDoor | None:
    """Have the SSH door of a running workspace, and let git's credentials in where the plan,
    which its user has trusted, asks for that. Raises StartError."""
    done = _run(context, container, _errand(context.plan, visit, hooked=False, probed=False))
    return _let_in(context, container, visit, done.keys)


def ready_within(plan: Plan) -> float:
    """Seconds that a container's own start may take before it counts as failed."""
    return _READY_WITHIN + (clone.MAY_TAKE if plan.clone else 0)


def by_exec(engine: Engine, container: Container, plan: Plan) -> Inside:
    """The engine's own exec, as a way to run commands as the plan's user."""
    deadline = _EXEC + sum(probe.timeout for probe in plan.probes)

    def inside(argv: list[str]) -> Result:
        return engine.exec(container.id, argv, user=plan.user, timeout=deadline, folder=plan.folder)

    return inside


def _errand(plan: Plan, visit: Visit, *, hooked: bool, probed: bool) -> Errand:
    probes = plan.readiness if probed else ()
    later = _EXEC + sum(probe.timeout for probe in probes)
    if not hooked:
        return Errand(visit, "", probes, (ready_within(plan), later))
    later += hooks.may_take(plan, *ALL)
    return Errand(visit, hooks.call(plan, *ALL), probes, (ready_within(plan), later))


def _run(context: Context, container: Container, errand: Errand) -> Done:
    """With the clock told what goes on inside: until it is ready, that is its start."""
    clock = context.clock

    def on_end(part: Part) -> None:
        if part == "ready" and errand.hooks:
            clock.turn("hooks")
        elif errand.probes:
            clock.turn("probe")

    if errand.hooks:
        hooks.tell(context, *ALL)
    with clock.stage("start"):
        done = run_errand(context, container, errand, on_end)
    if not context.plan.readiness:
        clock.note("probe", "there are none")
    return done


def _let_in(
    context: Context, container: Container, visit: Visit, keys: Result | None
) -> SshDoor | None:
    door = close_visit(visit, container, keys)
    asked = context.plan.credentials and door is not None
    credentials.allow(context.identity.data, container, asked=asked)
    return door


def _require(outcomes: tuple[Outcome, ...]) -> None:
    failed = [outcome for outcome in outcomes if not outcome.ok]
    if failed:
        message = f"the workspace runs, but {len(failed)} of {len(outcomes)} probes failed"
        raise StartError(
            message,
            where=", ".join(f"probe {outcome.id}" for outcome in failed),
            fix="look inside with `devpod-gen shell`, correct the image or the probe",
            detail="\n".join(outcome.detail for outcome in failed),
        )
