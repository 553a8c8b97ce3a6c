"""Commands on the profile's secrets: push, list, audit. Values are never shown."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from devpod_gen.cli.console import Console, hide
from devpod_gen.cli.options import (
    HERE,
    Branch,
    Debug,
    Folder,
    Json,
    ProfileName,
    Verbose,
    at_branch,
    known_identity,
    plan_of,
    repo_at,
    trusted_plan_of,
)
from devpod_gen.cli.values import real_secrets, secrets_of
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from devpod_gen.workspace.secrecy.audit import Audit

app = typer.Typer(help="The profile's secrets, inside.", no_args_is_help=True)


@app.command()
def push(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Hand the secrets to the workspace that runs, whoever started it: an editor, too.

    Example: devpod-gen secrets push
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.feed import feed  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = at_branch(repo_at(directory, profile), branch)
    plan = trusted_plan_of(repo)
    if not plan.secrets:
        console.result("the profile names no secrets", pushed=[])
        return
    engine, identity = Docker(), known_identity(repo)
    container = lifecycle.require(engine, identity)
    values = secrets_of(repo, plan, console, Clock())
    with held(identity, "secrets push", say=console.say):
        feed(engine, container, plan.user, values)
    names = [one.plan.name for one in values]
    console.result(f"inside now: {', '.join(names) or 'none'}", pushed=names)


@app.command(name="list")
def list_(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Show the secrets that the profile names, where each is from, and which are inside.

    Example: devpod-gen secrets list
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.feed import there  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = at_branch(repo_at(directory, profile), branch)
    plan = plan_of(repo)
    engine = Docker()
    found = lifecycle.find(engine, known_identity(repo)) if plan.secrets else None
    inside = there(engine, found) if found and found.running else None
    values = [
        {
            "name": one.name,
            "source": one.source,
            "reference": list(one.reference),
            "as": one.delivery,
            "optional": one.optional,
            "inside": None if inside is None else one.name in inside,
        }
        for one in plan.secrets
    ]
    words = {None: "the workspace does not run", True: "inside", False: "not inside"}
    lines = [
        printable(f"{one.name}  {one.told}  {words[value['inside']]}")  # type: ignore[index]
        for one, value in zip(plan.secrets, values, strict=True)
    ]
    console.result("\n".join(lines) or "the profile names no secrets", secrets=values)


@app.command()
def audit(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> int:
    """Look for the secrets' values where they must not be: image, container, this machine.

    Example: devpod-gen secrets audit
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.audit import Audit  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.audit import audit as look_for  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.own import own_scope, own_values  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = at_branch(repo_at(directory, profile), branch)
    plan, engine, identity = trusted_plan_of(repo), Docker(), known_identity(repo)
    if not plan.secrets:
        console.outcome("the profile names no secrets", "ok", _values(Audit((), (), ())))
        return 0
    values = own_values(engine, plan, identity)
    hide(one.content for one in values)
    values += real_secrets(repo, plan, console, Clock())
    found = look_for(own_scope(engine, plan, identity), values)
    console.outcome(_told(found), "error" if found.spots else "ok", _values(found))
    return 1 if found.spots else 0


def _told(found: "Audit") -> str:
    lines = [f"found {spot.told()}" for spot in found.spots]
    lines += [f"not looked at: {name}: {why}" for name, why in found.closed]
    lines += [f"not looked for: {name}: too short, or too ordinary" for name in found.left_out]
    count = f"{len(found.spots)} leaks" if found.spots else "no secret"
    lines.append(f"{count} in {len(found.looked)} kinds of places")
    return "\n".join(printable(line) for line in lines)


def _values(found: "Audit") -> dict[str, object]:
    return {
        "found": [asdict(spot) for spot in found.spots],
        "looked": list(found.looked),
        "not_looked": [{"place": name, "why": why} for name, why in found.closed],
        "not_looked_for": list(found.left_out),
    }
