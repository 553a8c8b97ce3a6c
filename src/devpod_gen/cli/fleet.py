"""Commands on all workspaces at once: status."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import HERE, Debug, Folder, Json, Repo, Verbose, plan_of, repo_at
from devpod_gen.errors import DevpodError

if TYPE_CHECKING:
    from devpod_gen.workspace.fleet import Workspace


def status(
    directory: Folder = HERE,
    everything: Annotated[
        bool, typer.Option("--all", help="Every workspace that the engine has.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Show this repo's workspaces, whoever started them: its profiles and branches.

    Example: devpod-gen status --all
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.fleet import workspaces  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, None)
    found = workspaces(Docker(), None if everything else repo.root)
    drifts = {one.container: _drift(one) for one in found}
    text = "\n".join(_lines(one, drifts[one.container]) for one in found)
    none = "the engine has no workspace" if everything else "this repo has no workspace"
    values = [_values(one, drifts[one.container]) for one in found]
    console.result(text or none, workspaces=values)


def _values(one: "Workspace", drift: bool | None) -> dict[str, Any]:
    values = asdict(one)
    del values["config"]
    return values | {"ports": list(one.ports), "drift": drift}


def _lines(one: "Workspace", drift: bool | None) -> str:
    """A workspace, for people: a line of what it is, and one of where."""
    what = [one.name, *([f"profile {one.profile}"] if one.profile else [])]
    what += [one.branch] if one.branch else []
    what += [one.state, f"since {one.since[:16].replace('T', ' ')}Z", f"by {one.started_by}"]
    where = [one.id, one.folder, *([f"ssh {one.ssh_host}"] if one.ssh_host else []), *one.ports]
    changed = "\n  the profile has changed since: `devpod-gen up`" if drift else ""
    return f"{'  '.join(what)}\n  {'  '.join(where)}{changed}"


def _drift(one: "Workspace") -> bool | None:
    """Whether the profile says another container by now; None when it cannot be read."""
    from devpod_gen.emit.compose import config_of  # noqa: PLC0415

    try:
        return config_of(plan_of(Repo(Path(one.folder), one.profile))) != one.config
    except DevpodError:
        return None
