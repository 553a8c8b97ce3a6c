"""A verification: a throw-away workspace through each door, looked at, and taken away.

It works in projects of its own and never in the user's: bare Compose in the editor's
project would recreate its container.
"""

from contextlib import nullcontext

from devpod_gen.engine.api import Engine
from devpod_gen.plan.model import Plan
from devpod_gen.verify.compose import compose_door
from devpod_gen.verify.devcontainer import devcontainer_door
from devpod_gen.verify.locked import locked_checks
from devpod_gen.verify.offline import Cut, cut_off
from devpod_gen.verify.proof import Proof
from devpod_gen.verify.report import Check, Report
from devpod_gen.verify.secrets import secrets_check
from devpod_gen.workspace import image, lifecycle, services
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.ownership import PROJECT
from devpod_gen.workspace.variables import variables as known_variables


def verify(
    context: Context,
    *,
    budget: float | None = None,
    offline: bool = False,
    locked: tuple[tuple[str, str], ...] | None = None,
) -> Report:
    """Prove the plan. Raises ImageError or StartError when there is nothing to look at;
    all else is in the report. `budget`: the most seconds to a ready shell. `offline`: with
    the network cut, and nothing asked of a registry. `locked`: the tools' versions must be
    these."""
    with cut_off(context.identity) if offline else nullcontext() as cut:
        return _verify(context, cut, budget=budget, locked=locked)


def _verify(
    context: Context,
    cut: Cut | None,
    *,
    budget: float | None,
    locked: tuple[tuple[str, str], ...] | None,
) -> Report:
    plan, clock, say = context.plan, context.clock, context.say
    run = Proof(context.engine, plan, context.identity, clock, say, cut)
    with clock.stage("image"):
        if cut:
            found = image.require_present(run.engine, plan.image)
            services.require_images(run.engine, plan)
        else:
            root = run.identity.root
            found = image.ensure(run.engine, plan.image, say, clock=clock, root=root)
            services.get_images(run.engine, plan, say)
    variables = _free_ports(run.engine, plan, run.identity)
    variables |= dict(known_variables(run.identity, plan))
    variables |= image.doors(run.engine, plan.image)
    say(f"opening the compose door{', offline' if cut else ''}")
    seconds = compose_door(run, variables)
    if budget is not None:
        detail = f"{seconds:.2f} s to a ready shell, the budget is {budget:g} s"
        run.checks.append(Check("budget", "compose", seconds <= budget, detail))
    devcontainer_door(run, variables)
    with clock.stage("secrets"):
        run.checks.append(secrets_check(run.engine, found.id))
    if locked is not None:
        run.checks.extend(locked_checks(run.checks, dict(locked)))
    checks, stages = tuple(run.checks), tuple(clock.stages)
    return Report(plan.name, found, checks, stages, seconds, budget, offline=cut is not None)


def _free_ports(engine: Engine, plan: Plan, identity: Identity) -> dict[str, str]:
    """Where this clone's own workspace holds the profile's ports, the throw-away one gets
    any free ones: that is no fault of the profile. Another holder is."""
    wanted = [port.port for port in plan.ports if port.publish]
    wanted += [port for service in plan.services if service.publish for port in service.ports]
    own = lifecycle.find(engine, identity) if wanted else None
    if not own:
        return {}
    held = {
        published.host_port
        for container in engine.containers({PROJECT: own.project})
        if container.running
        for published in engine.published(container.id)
    }
    return {f"DEVPOD_PORT_{port}": "0" for port in wanted if port in held}
