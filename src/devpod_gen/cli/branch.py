"""The workspace of a branch or a pull request: its checkout, and its profile, which is trusted
before the rest is there."""

from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Repo, mountable_plan_of, plan_of
from devpod_gen.errors import ProfileError
from devpod_gen.workspace.identity import worktrees_home

if TYPE_CHECKING:
    from devpod_gen.plan.model import Plan


def checked_out(repo: Repo, branch: str | None, request: int | None, console: Console) -> Repo:
    """The repo, or the worktree of the branch or pull request, made when there is none."""
    if branch is None and request is None:
        return repo
    if branch is not None and request is not None:
        message = "a pull request has a branch of its own: give one of the two"
        raise typer.BadParameter(message, param_hint="--pr")
    from devpod_gen.workspace import worktree  # noqa: PLC0415 - only what is used is loaded

    if plan_of(repo).clone:
        return _beside(repo, branch)
    name = branch or worktree.fetch_request(repo.root, request or 0, console.say)
    was_there = worktree.place(repo.root, name).exists()
    folder = worktree.have(repo.root, name, console.say).resolve()
    found = Repo(folder, repo.profile)
    if not found.profile_path.exists():
        if not was_there:
            worktree.remove(folder)
        message = f"the branch {name} has no profile"
        fix = "commit it to that branch, for example by `git merge`"
        raise ProfileError(message, where=found.profile_name, fix=fix)
    return found


def _beside(repo: Repo, branch: str | None) -> Repo:
    """The branch's own clone in a volume."""
    if branch is None:
        message = "a workspace in a volume has no pull requests: give --branch"
        raise typer.BadParameter(message, param_hint="--pr")
    return replace(repo, branch=branch)


def trusted_plan(repo: Repo) -> "Plan":
    """The plan. A branch that is new here is checked out once its profile is trusted, and
    looked at again: it may have been put there another way. Raises Untrusted."""
    if repo.root.parent.parent == worktrees_home():  # else nothing is loaded for it
        _complete(repo)
    return mountable_plan_of(repo)


def _complete(repo: Repo) -> None:
    """Check out the rest of a branch whose profile is trusted. Raises Untrusted."""
    from devpod_gen.workspace import unread  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.trust import content_of, untrusted  # noqa: PLC0415

    if unread.is_unread(repo.root):
        content = content_of(repo.root, plan_of(repo))
        if not content.known:
            message = "the branch's profile asks for what you have not trusted yet"
            import shlex  # noqa: PLC0415

            fix = f"read these, then run `{content.command} -C {shlex.quote(str(repo.root))}`"
            raise untrusted(content, message, fix=fix)
        unread.complete(repo.root)
