"""The command that removes a workspace: down."""

from pathlib import Path
from typing import Annotated

import typer

from devpod_gen.cli.console import Console
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
    from devpod_gen.workspace import ending, ownership, worktree  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = at_branch(repo_at(directory, profile), branch)
    identity = known_identity(repo)
    engine = Docker()
    with held(identity, "down", say=console.say, removed=True):
        if not discard:
            ending.require_no_loss(engine, identity, lambda: plan_of(repo).image.exact)
        ours = worktree.is_ours(repo.root)
        if ours and not discard:
            worktree.require_no_loss(repo.root, _is_generated)
        for name, size in ending.cache_sizes(engine, identity) if caches else ():
            console.say(f"removing the cache {name}: {size / 1e6:.1f} MB")
        removed = ending.down(engine, identity, caches=caches)
        if ours and not ownership.made_below(engine, repo.root):
            worktree.remove(repo.root)
            removed += (f"worktree {repo.root}",)
    text = f"removed {', '.join(removed)}" if removed else "there was nothing to remove"
    console.result(text, removed=list(removed))


def _is_generated(path: Path) -> bool:
    """Whether it is a file of ours that nobody has edited: it can be made again."""
    from devpod_gen.emit.file import is_untouched  # noqa: PLC0415 - only what is used is loaded

    try:
        return is_untouched(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return False
