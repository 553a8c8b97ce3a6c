"""The values of secrets, for a command: from here on nothing that is printed holds one."""

from typing import TYPE_CHECKING

from devpod_gen.cli.console import Console, hide
from devpod_gen.cli.options import Repo

if TYPE_CHECKING:
    from devpod_gen.plan.model import Plan
    from devpod_gen.workspace.clock import Clock
    from devpod_gen.workspace.secrecy.value import Value


def secrets_of(repo: Repo, plan: "Plan", console: Console, clock: "Clock") -> "tuple[Value, ...]":
    """The values of the trusted plan's secrets. From here on nothing that is printed holds
    one. Raises SecretUnavailable."""
    if not plan.secrets:
        return ()
    from devpod_gen.workspace.secrecy.forms import hidden  # noqa: PLC0415 - only what is used
    from devpod_gen.workspace.secrecy.source import require  # noqa: PLC0415

    with clock.stage("secrets"):
        values = require(plan.secrets, repo.root)
    hide(one.content for one in values)
    for name in sorted(one.plan.name for one in values if not hidden(one.content)):
        console.say(f"secret {name}: too short to be hidden in what is printed")
    left_out = {one.name for one in plan.secrets} - {one.plan.name for one in values}
    for name in sorted(left_out):
        console.say(f"secret {name}: not there, and optional")
    return values


def real_secrets(repo: Repo, plan: "Plan", console: Console, clock: "Clock") -> "tuple[Value, ...]":
    """The values of the trusted plan's secrets, as far as their sources have them: what is
    missing is no fault where they are only looked for."""
    if not plan.secrets:
        return ()
    from devpod_gen.workspace.secrecy.source import ask  # noqa: PLC0415 - only what is used
    from devpod_gen.workspace.secrecy.value import Missing, Value  # noqa: PLC0415

    with clock.stage("secrets"):
        found = ask(plan.secrets, repo.root)
    for one in found:
        if isinstance(one, Missing):
            console.say(f"secret {one.plan.name}: not looked for, {one.why}")
    values = tuple(one for one in found if isinstance(one, Value))
    hide(one.content for one in values)
    return values
