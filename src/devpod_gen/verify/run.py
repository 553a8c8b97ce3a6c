"""A verification: a throw-away workspace through each door, looked at, and taken away.

It works in projects of its own and never in the user's: bare Compose in the editor's
project would recreate its container.
"""

from contextlib import ExitStack
from dataclasses import replace

from devpod_gen.disk import private_folder, staging
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT
from devpod_gen.plan.model import Plan
from devpod_gen.verify.agreement import compared
from devpod_gen.verify.compose import compose_door
from devpod_gen.verify.devcontainer import devcontainer_door
from devpod_gen.verify.doors import ALL, Choice
from devpod_gen.verify.leaks import leaks_around, masked
from devpod_gen.verify.locked import locked_checks
from devpod_gen.verify.offline import cut_off
from devpod_gen.verify.proof import Proof
from devpod_gen.verify.repeat import budget_check, repeat
from devpod_gen.verify.report import Report
from devpod_gen.verify.secrets import secrets_check
from devpod_gen.workspace import image, lifecycle, mounts, services
from devpod_gen.workspace.clock import Timing
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.distance import require_near
from devpod_gen.workspace.emitted import Emitted, compose_copy
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.images import have_images
from devpod_gen.workspace.port import VARIABLE as SSH_PORT
from devpod_gen.workspace.secrecy.standin import stand_ins
from devpod_gen.workspace.secrecy.value import Value
from devpod_gen.workspace.variables import variables as known_variables


def verify(  # noqa: PLR0913 - what its command has, and of what
    context: Context,
    emitted: Emitted,
    *,
    budget: float | None = None,
    offline: bool = False,
    locked: tuple[tuple[str, str], ...] | None = None,
    doors: Choice = ALL,
    secrets: tuple[Value, ...] = (),
    rounds: int = 0,
) -> Report:
    """Prove the plan. Raises ImageError or StartError when there is nothing to look at;
    all else is in the report. `emitted`: of what is started. `budget`: the most
    seconds to a ready shell. `offline`: with the network cut, and nothing asked of a registry.
    `locked`: the tools' versions must be these. `secrets`: the real ones, as far as their
    sources have them: none of them gets into a workspace, and none may be anywhere. `rounds`:
    that many starts more of each kind are measured."""
    with ExitStack() as held:
        file = compose_copy(
            held.enter_context(staging(private_folder(context.identity.data))), emitted.compose
        )
        cut = held.enter_context(cut_off(emitted)) if offline else None
        work = (context.engine, context.plan, context.identity, context.clock, context.say)
        run = Proof(*work, cut, doors, stand_ins(context.plan.secrets), secrets)
        run = replace(run, file=file, edited=emitted.edited)
        return _verify(run, budget=budget, locked=locked, rounds=rounds)


def _verify(
    run: Proof,
    *,
    budget: float | None,
    locked: tuple[tuple[str, str], ...] | None,
    rounds: int,
) -> Report:
    plan, clock, cut = run.plan, run.clock, run.cut
    require_near(run)
    mounts.require(run.identity.root, plan)
    with clock.stage("image"):
        if cut:
            found = image.require_present(run.engine, plan.image)
            services.require_images(run.engine, plan)
        else:
            found = have_images(run)
    variables = dict(known_variables(run.identity, plan))
    variables |= _free_ports(run.engine, plan, run.identity)
    variables |= image.doors(run.engine, plan.image)
    before = clock.timing()
    timing = _through_doors(run, variables)
    repeated = repeat(run, variables, before, rounds) if rounds else ()
    if budget is not None:
        run.checks.append(budget_check(timing, repeated, budget))
    run.checks.append(compared(run.seen, run.checks))
    with clock.lap("scan for secrets"):
        run.checks.append(secrets_check(run.engine, found.id))
    leaks_around(run, run.project("compose", variables), found.id)
    if locked is not None:
        run.checks.extend(locked_checks(run.checks, dict(locked)))
    return Report(
        plan.name,
        found,
        masked(run.checks, (*run.stand_ins, *run.real)),
        timing or clock.timing(),
        tuple(clock.laps),
        budget,
        shell=timing is not None,
        repeated=repeated,
        offline=cut is not None,
        doors=run.doors.doors,
    )


def _through_doors(run: Proof, variables: dict[str, str]) -> Timing | None:
    """Go through those that were asked for; where the time to the first ready shell went."""
    timing = None
    if run.doors.by_compose:
        told = " and ".join(run.doors.by_compose)
        run.say(f"opening by compose: {told}{', offline' if run.cut else ''}")
        timing = compose_door(run, variables)
    if "devcontainer" in run.doors.doors:
        later = devcontainer_door(run, variables)
        timing = timing or later
    return timing


def _free_ports(engine: Engine, plan: Plan, identity: Identity) -> dict[str, str]:
    """Where this clone's own workspace holds the profile's ports, the throw-away one gets
    any free ones: that is no fault of the profile. Another holder is."""
    named = [port.port for port in plan.ports if port.publish]
    named += [port for service in plan.services if service.publish for port in service.ports]
    wanted = {f"DEVPOD_PORT_{port}": port for port in named}
    if plan.ssh.port:
        wanted[SSH_PORT] = plan.ssh.port
    chosen = {SSH_PORT: "0"} if plan.ssh.listens and not plan.ssh.port else {}
    own = lifecycle.find(engine, identity) if wanted else None
    if not own:
        return chosen
    held = {
        published.host_port
        for container in engine.containers({PROJECT: own.project})
        if container.running
        for published in engine.published(container.id)
    }
    return chosen | {name: "0" for name, port in wanted.items() if port in held}
