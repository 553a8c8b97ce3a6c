"""Commands that go into a running workspace: shell, exec, logs."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from devpod_gen.cli.arrival import arrive
from devpod_gen.cli.dotfiles import dotfiles_first
from devpod_gen.cli.masked import relay_masked, secrets_inside
from devpod_gen.cli.options import (
    HERE,
    Branch,
    Debug,
    Folder,
    ProfileName,
    Repo,
    at_branch,
    known_identity,
    repo_at,
)

# The container knows its attach hook; where that fails, it says so, and the shell opens.
# Which shell: by the user's line in /etc/passwd, since an image may not set SHELL.
_LOGIN = """
    in_tmux=$1; shift
    [ -z "${DEVPOD_HOOK_ATTACH-}${DEVPOD_HOOKS_ATTACH-}" ] ||
        (cd "$DEVPOD_WORKSPACE" && "$@" attach >&2)
    shell=$(getent passwd "$(id -un)" | cut -d: -f7)
    export SHELL="${shell:-/bin/sh}"
    [ "$in_tmux" = no ] || exec tmux -u new-session -A -s devpod
    exec "$SHELL" -l
"""

_ROOT_LOGIN = 'exec "$(getent passwd root | cut -d: -f7)" -l'

AsRoot = Annotated[
    bool, typer.Option("--root", help="As root inside: to install what is not in the image.")
]


def shell(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    tmux: Annotated[
        bool, typer.Option("--tmux", help="In tmux: the session that is there, or a new one.")
    ] = False,
    root: AsRoot = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Open the login shell inside, at the place in the repo where you stand.

    Example: devpod-gen shell --tmux
    """
    from devpod_gen.plan.hook import runner_as_text  # noqa: PLC0415 - only what is used is loaded

    argv = ["sh", "-c", _LOGIN, "sh", "yes" if tmux else "no", *runner_as_text()]
    repo = at_branch(repo_at(directory, profile), branch)
    if root:
        _enter(repo, ["sh", "-c", _ROOT_LOGIN], tty=sys.stdin.isatty(), user="root")
    dotfiles_first(repo)
    _enter(repo, argv, tty=sys.stdin.isatty())


def execute(
    command: Annotated[list[str], typer.Argument(help="The command and its arguments.")],
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    root: AsRoot = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Run a command inside; its streams and its exit code are yours.

    Example: devpod-gen exec -- make test
    """
    tty = sys.stdin.isatty() and sys.stdout.isatty()
    user = "root" if root else None
    _enter(at_branch(repo_at(directory, profile), branch), command, tty=tty, user=user)


def logs(
    service: Annotated[
        str | None, typer.Argument(help="A service of the workspace; else all of them.")
    ] = None,
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on as more is said.")] = False,
    debug: Debug = False,  # noqa: ARG001
) -> int:
    """Print what the workspace's containers have said, with stars for its secrets.

    Example: devpod-gen logs -f db
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import finding  # noqa: PLC0415

    engine = Docker()
    repo = at_branch(repo_at(directory, profile), branch)
    container = finding.require(engine, known_identity(repo), running=False)
    os.chdir("/")  # Compose would read the files of the folder that it is started in
    command = engine.logs_command(container.project, service, follow=follow)
    if not container.labels["devpod-gen.secrets"]:
        _become(command)
    return relay_masked(command, secrets_inside(repo, engine, container), _kept())


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(command[0], command, _kept())  # noqa: S606 - no shell is wanted


def _kept() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")}


def _enter(repo: Repo, argv: list[str], *, tty: bool, user: str | None = None) -> NoReturn:
    """Become the engine's own client: signals, sizes and exit codes need no help from us.
    `user`: another than the workspace's, who gets nothing of theirs."""
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import credentials, finding  # noqa: PLC0415
    from devpod_gen.workspace.secrecy.feed import with_env  # noqa: PLC0415

    engine, identity = Docker(), known_identity(repo)
    container = finding.require(engine, identity)
    arrive(repo, identity, container)
    in_volume = container.labels["devpod-gen.mode"] == "volume"
    inside = container.folder if in_volume else _place(repo.root, container.folder)
    who = user or container.user
    argv = argv if user else with_env(container, argv)
    command = engine.attach_command(container.id, argv, user=who, folder=inside, tty=tty)
    relay = credentials.relay(engine, container, who, identity.data) if not user else None
    if relay:
        subprocess.run(relay, check=False)  # a child of this process, so of what it becomes
    _become(command)


def _place(root: Path, folder: str) -> str:
    """The folder inside that is the current one outside; else the workspace's top."""
    here = Path.cwd().resolve()
    if here == root or not here.is_relative_to(root):
        return folder
    return f"{folder}/{here.relative_to(root).as_posix()}"
