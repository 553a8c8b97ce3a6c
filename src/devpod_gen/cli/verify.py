"""The command that proves a profile: verify."""

import re
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.began import began
from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Debug,
    Folder,
    Json,
    ProfileName,
    Verbose,
    identity_of,
    mountable_plan_of,
    repo_at,
    with_own_dotfiles,
)
from devpod_gen.cli.values import real_secrets

if TYPE_CHECKING:
    from devpod_gen.verify.doors import Choice

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def verify(
    directory: Folder = HERE,
    profile: ProfileName = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="Exit 1 if a ready shell takes longer: 800ms, 10s, 2m."),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="With the network cut; the image must be there.")
    ] = False,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Exit 1 if anything, tools too, is not as locked.")
    ] = False,
    door: Annotated[
        list[str] | None,
        typer.Option(
            "--door",
            help="Only these, which then must open: compose, ssh, jetbrains, devcontainer. "
            "Several by commas, or by giving it again.",
        ),
    ] = None,
    repeat: Annotated[
        int,
        typer.Option(min=0, max=1000, help="Measure so many starts more: cold, warm, existing."),
    ] = 0,
    ask: Annotated[
        bool,
        typer.Option("--ask/--no-ask", help="Ask the sources of secrets, to look for the values."),
    ] = True,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> int:
    """Start a throw-away workspace through every door, look inside, and take it away.

    Example: devpod-gen verify --budget 10s

    Example: devpod-gen verify --door ssh,devcontainer
    """
    from devpod_gen.cli.generated import (  # noqa: PLC0415
        emitted_of,
        require_up_to_date,
        trusted_changes_of,
    )
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.memory import remembered  # noqa: PLC0415
    from devpod_gen.verify.run import verify as prove  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    seconds, doors = _seconds(budget) if budget else None, _doors(door or [])
    clock = Clock(began())
    repo = repo_at(directory, profile)
    with clock.stage("resolve"):
        plan = with_own_dotfiles(bare := mountable_plan_of(repo))
        changes = trusted_changes_of(repo, bare)
        require_up_to_date(changes)
    with clock.stage("lock"):
        locked = require_locked(repo, plan, changes).tools if frozen else None
    engine = Docker()
    console.say(f"engine: {engine.require()}")
    context = Context(engine, plan, identity_of(repo, plan), clock, console.say)
    report = prove(
        context,
        emitted_of(plan, changes),
        budget=seconds,
        offline=offline,
        locked=locked,
        doors=doors,
        secrets=real_secrets(repo, plan, console, clock) if ask else (),
        rounds=repeat,
    )
    if not offline:  # whose network is another one
        report = remembered(context.identity, report)
    console.outcome(report.text(), "ok" if report.ready else "error", report.values())
    return 0 if report.ready else 1


def _doors(words: list[str]) -> "Choice":
    from devpod_gen.verify.doors import choice  # noqa: PLC0415

    try:
        return choice(words)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--door") from None


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    if not match:
        message = f"{text!r} is no duration: write 800ms, 10s or 2m"
        raise typer.BadParameter(message, param_hint="--budget")
    return float(match[1]) * _UNITS[match[2]]
