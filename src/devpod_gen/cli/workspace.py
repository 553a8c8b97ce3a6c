"""Commands that make and remove a workspace: up, down."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.dotfiles import tell_of_dotfiles
from devpod_gen.cli.options import (
    HERE,
    Branch,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    at_branch,
    identity_of,
    known_identity,
    repo_at,
    trusted_plan_of,
    with_own_dotfiles,
)


def up(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    request: Annotated[
        int | None, typer.Option("--pr", min=1, help="Fetch this pull request to branch pr/N.")
    ] = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Exit 1 if generated files are out of date.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Have the workspace running and ready. Twice is one workspace.

    Example: devpod-gen up
    """
    from devpod_gen.cli.repo import (  # noqa: PLC0415 - only what is used is loaded
        changes_of,
        require_up_to_date,
        write_files,
    )
    from devpod_gen.emit.compose import config_of  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.ssh import write_config  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    clock = Clock()
    repo = _checked_out(repo_at(directory, profile), branch, request, console)
    with clock.stage("render"):
        plan = with_own_dotfiles(trusted_plan_of(repo))
        changes = changes_of(repo, plan)
        if frozen:
            require_up_to_date(changes)
        for path in write_files(repo, plan, changes):
            console.say(f"wrote {path}")
    identity = identity_of(repo, plan)
    engine = Docker()
    context = Context(engine, plan, identity, clock, console.say)
    with held(identity, "up", say=console.say):
        running = lifecycle.up(context, config=config_of(plan))
        if running.ssh:
            write_config(engine, plan, running.ssh, running.container.id)
    seconds = clock.elapsed()
    container = running.container
    if running.dotfiles:
        tell_of_dotfiles(console, running.dotfiles)
    how = "started" if running.started else "running already"
    by_ssh = f", or `ssh -F {running.ssh.config} {running.ssh.alias}`" if running.ssh else ""
    console.result(
        f"{plan.name}: {how}, ready in {seconds:.1f} s\nenter with `devpod-gen shell`{by_ssh}",
        workspace={
            "id": identity.id,
            "container": container.id,
            "project": container.project,
            "user": plan.user,
            "folder": plan.folder,
            "ssh_host": running.ssh.alias if running.ssh else None,
            "created": running.created,
        },
        dotfiles=asdict(running.dotfiles) if running.dotfiles else None,
        stages=[{"name": s.name, "seconds": round(s.seconds, 3)} for s in clock.stages],
        seconds_to_shell=round(seconds, 3),
    )


def down(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    discard: Annotated[
        bool, typer.Option("--discard", help="Remove work that is nowhere else, too.")
    ] = False,
    caches: Annotated[
        bool, typer.Option("--caches", help="Remove the cache volumes, too.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Remove all that `up` made, except the caches.

    Example: devpod-gen down
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle, ownership, worktree  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = at_branch(repo_at(directory, profile), branch)
    identity = known_identity(repo)
    engine = Docker()
    with held(identity, "down", say=console.say, removed=True):
        ours = worktree.is_ours(repo.root)
        if ours and not discard:
            worktree.require_no_loss(repo.root, _is_generated)
        removed = lifecycle.down(engine, identity, caches=caches)
        if ours and not ownership.made_below(engine, repo.root):
            worktree.remove(repo.root)
            removed += (f"worktree {repo.root}",)
    text = f"removed {', '.join(removed)}" if removed else "there was nothing to remove"
    console.result(text, removed=list(removed))


def _checked_out(repo: Repo, branch: str | None, request: int | None, console: Console) -> Repo:
    """The repo, or the worktree of the branch or pull request, made when there is none."""
    if branch is None and request is None:
        return repo
    if branch is not None and request is not None:
        message = "a pull request has a branch of its own: give one of the two"
        raise typer.BadParameter(message, param_hint="--pr")
    from devpod_gen.workspace import worktree  # noqa: PLC0415 - only what is used is loaded

    name = branch or worktree.fetch_request(repo.root, request or 0, console.say)
    return Repo(worktree.have(repo.root, name, console.say).resolve(), repo.profile)


def _is_generated(path: Path) -> bool:
    """Whether it is a file of ours that nobody has edited: it can be made again."""
    from devpod_gen.emit.file import is_untouched  # noqa: PLC0415 - only what is used is loaded

    try:
        return is_untouched(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
