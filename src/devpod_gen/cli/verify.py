"""The command that proves a profile: verify."""

import re
from typing import Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Debug,
    Folder,
    Json,
    ProfileName,
    Verbose,
    identity_of,
    repo_at,
    trusted_plan_of,
    with_own_dotfiles,
)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


def verify(
    directory: Folder = HERE,
    profile: ProfileName = None,
    budget: Annotated[
        str | None,
        typer.Option("--budget", help="Exit 1 if a ready shell takes longer: 800ms, 10s, 2m."),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> int:
    """Start a throw-away workspace through every door, look inside, and take it away.

    Example: devpod-gen verify --budget 10s
    """
    from devpod_gen.cli.repo import changes_of, require_up_to_date  # noqa: PLC0415 - only what is used
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.run import verify as prove  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    seconds = _seconds(budget) if budget else None
    clock = Clock()
    repo = repo_at(directory, profile)
    with clock.stage("render"):
        plan = with_own_dotfiles(trusted_plan_of(repo))
        require_up_to_date(changes_of(repo, plan))
    with clock.stage("engine"):
        engine = Docker()
        console.say(f"engine: {engine.require()}")
    context = Context(engine, plan, identity_of(repo, plan), clock, console.say)
    report = prove(context, budget=seconds)
    console.outcome(report.text(), "ok" if report.ready else "error", report.values())
    return 0 if report.ready else 1


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m)", text)
    if not match:
        message = f"{text!r} is no duration: write 800ms, 10s or 2m"
        raise typer.BadParameter(message, param_hint="--budget")
    return float(match[1]) * _UNITS[match[2]]
