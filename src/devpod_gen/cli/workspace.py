"""Commands on a running workspace: up, shell, exec, down."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    identity_of,
    known_identity,
    plan_of,
    repo_at,
)


def up(
    directory: Folder = HERE,
    profile: ProfileName = None,
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
    repo = repo_at(directory, profile)
    with clock.stage("render"):
        plan = plan_of(repo)
        changes = changes_of(repo, plan)
        if frozen:
            require_up_to_date(changes)
        for path in write_files(repo, plan, changes):
            console.say(f"wrote {path}")
    identity = identity_of(repo, plan)
    engine = Docker()
    context = Context(engine, plan, identity, clock, console.say)
    with held(identity):
        running = lifecycle.up(context, config=config_of(plan))
        if running.ssh:
            write_config(engine, plan, running.ssh, running.container.id)
    seconds = clock.elapsed()
    container = running.container
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
        stages=[{"name": s.name, "seconds": round(s.seconds, 3)} for s in clock.stages],
        seconds_to_shell=round(seconds, 3),
    )


def shell(
    directory: Folder = HERE,
    profile: ProfileName = None,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Open the login shell inside, at the place in the repo where you stand.

    Example: devpod-gen shell
    """
    from devpod_gen.plan.hook import runner_as_text  # noqa: PLC0415 - only what is used is loaded

    # The container knows its attach hook; where that fails, it says so, and the shell opens.
    # Which shell: by the user's line in /etc/passwd, since an image may not set SHELL.
    login = """
        [ -z "${DEVPOD_HOOK_ATTACH-}${DEVPOD_HOOKS_ATTACH-}" ] ||
            (cd "$DEVPOD_WORKSPACE" && "$@" attach >&2)
        shell=$(getent passwd "$(id -un)" | cut -d: -f7); exec "${shell:-/bin/sh}" -l
    """
    argv = ["sh", "-c", login, "sh", *runner_as_text()]
    _enter(repo_at(directory, profile), argv, tty=sys.stdin.isatty())


def execute(
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.")],
    directory: Folder = HERE,
    profile: ProfileName = None,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Run a command inside; its streams and its exit code are yours.

    Example: devpod-gen exec -- make test
    """
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    _enter(repo_at(directory, profile), command, tty=tty)


def down(
    directory: Folder = HERE,
    profile: ProfileName = None,
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
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    identity = known_identity(repo)
    with held(identity, removed=True):
        removed = lifecycle.down(Docker(), identity, caches=caches)
    text = f"removed {', '.join(removed)}" if removed else "there was nothing to remove"
    console.result(text, removed=list(removed))


def _enter(repo: Repo, argv: list[str], *, tty: bool) -> None:
    """Become the engine's own client: signals, sizes and exit codes need no help from us."""
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415

    engine = Docker()
    container = lifecycle.require(engine, known_identity(repo))
    inside = _place(repo.root, container.folder)
    command = engine.attach_command(container.id, argv, user=container.user, folder=inside, tty=tty)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def _place(root: Path, folder: str) -> str:
    """The folder inside that is the current one outside; else the workspace's top."""
    here = Path.cwd().resolve()
    if here == root or not here.is_relative_to(root):
        return folder
    return f"{folder}/{here.relative_to(root).as_posix()}"
