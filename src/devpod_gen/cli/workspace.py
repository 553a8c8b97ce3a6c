"""The command that makes a workspace: up."""

from contextlib import ExitStack
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.began import began
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
    identity_of,
    mountable_plan_of,
    plan_of,
    repo_at,
    with_own_dotfiles,
)
from devpod_gen.cli.values import secrets_of
from devpod_gen.errors import ProfileError
from devpod_gen.workspace.identity import worktrees_home

if TYPE_CHECKING:
    from devpod_gen.emit.tree import Change
    from devpod_gen.engine.model import Container
    from devpod_gen.plan.model import Plan
    from devpod_gen.verify.doorway import Config
    from devpod_gen.workspace.context import Context
    from devpod_gen.workspace.ssh import SshDoor


def up(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    request: Annotated[
        int | None, typer.Option("--pr", min=1, help="Fetch this pull request to branch pr/N.")
    ] = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Exit 1 if lock, files and profile differ.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Have the workspace running and ready. Twice is one workspace.

    Example: devpod-gen up
    """
    from devpod_gen.cli.generated import trusted_changes_of, write_files  # noqa: PLC0415
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.emit.configuration import config_in  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    clock = Clock(began())
    repo = _checked_out(repo_at(directory, profile), branch, request, console)
    with clock.stage("resolve"):
        plan = with_own_dotfiles(bare := _trusted(repo))
        changes = trusted_changes_of(repo, bare)
        if frozen:
            with clock.stage("lock"):
                require_locked(repo, plan, changes)
        for path in write_files(repo, plan, changes):
            console.say(f"wrote {path}")
    secrets = secrets_of(repo, plan, console, clock)
    identity = identity_of(repo, plan)
    engine = Docker()
    context = Context(engine, plan, identity, clock, console.say)
    configs: list[Config | None] = []
    beside = lifecycle.Beside(
        _load, _load_more, lambda *door: configs.append(_config_of(context, *door))
    )
    with ExitStack() as locked:
        with clock.stage("lock"):
            locked.enter_context(held(identity, "up", say=console.say))
        config = config_in(_compose_of(plan, changes))
        running = lifecycle.up(context, beside, config=config, secrets=secrets)
        from devpod_gen.verify.doorway import keep_config  # noqa: PLC0415 - loaded by now

        if running.ssh:
            keep_config(running.ssh, configs[0])
    from devpod_gen.workspace.history import kind_of, run_of  # noqa: PLC0415
    from devpod_gen.workspace.regression import weigh  # noqa: PLC0415

    timing = clock.timing()
    container = running.container
    kind = kind_of(timing, created=running.created, started=running.started)
    standing = weigh(identity, (run_of(identity, "up", kind, running.image, timing),))
    if verbose:
        console.say(f"seconds: {timing.line()}")
    if standing and (verbose or standing.slower):
        console.say(standing.line())
    if running.dotfiles:
        tell_of_dotfiles(console, running.dotfiles)
    how = "started" if running.started else "running already"
    by_ssh = _by_ssh(running.ssh) if running.ssh else ""
    console.result(
        f"{plan.name}: {how}, ready in {timing.seconds:.1f} s\n"
        f"enter with `devpod-gen shell`{by_ssh}",
        workspace={
            "id": identity.id,
            "container": container.id,
            "project": container.project,
            "user": plan.user,
            "folder": plan.folder,
            "ssh_host": running.ssh.alias if running.ssh else None,
            "ssh_port": running.ssh.port if running.ssh else None,
            "created": running.created,
        },
        dotfiles=asdict(running.dotfiles) if running.dotfiles else None,
        **timing.values(),
        history=standing.values() if standing else None,
    )


def _trusted(repo: Repo) -> "Plan":
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
            fix = f"read these, then run `{content.command} -C {repo.root}`"
            raise untrusted(content, message, fix=fix)
        unread.complete(repo.root)


def _load() -> None:
    """What is needed later: while an engine is waited for, that costs nothing."""
    from devpod_gen.verify import doorway  # noqa: F401, PLC0415
    from devpod_gen.workspace import include, regression, welcome  # noqa: F401, PLC0415


def _load_more() -> None:
    """And what an ssh_config is made with: that of a container which was there is known."""
    from devpod_gen.emit.render import prepare  # noqa: PLC0415

    _load()
    prepare()


def _config_of(context: "Context", door: "SshDoor", container: "Container") -> "Config | None":
    from devpod_gen.verify.doorway import config_of  # noqa: PLC0415

    return config_of(context.engine, context.plan, door, container)


def _compose_of(plan: "Plan", changes: "tuple[Change, ...]") -> str:
    path = f"{plan.output}/compose.yaml"
    return next(change.text for change in changes if change.file.path == path)


def _by_ssh(door: "SshDoor") -> str:
    from devpod_gen.workspace.include import is_installed  # noqa: PLC0415

    if is_installed():
        return f", or `ssh {door.alias}`"
    return (
        f", or `ssh -F {door.config} {door.alias}`\n"
        f"`devpod-gen ssh-config install` makes that `ssh {door.alias}`, for IDEs, too"
    )


def _checked_out(repo: Repo, branch: str | None, request: int | None, console: Console) -> Repo:
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
