"""The commands for the user's own ssh_config: ssh-config install, uninstall, show."""

from typing import TYPE_CHECKING

import typer

from devpod_gen.cli.console import Console
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
    known_identity,
    repo_at,
    trusted_plan_of,
)
from devpod_gen.errors import DevpodError, NotOurs

if TYPE_CHECKING:
    from pathlib import Path

    from devpod_gen.workspace.include import Change

app = typer.Typer(
    help="Have the workspaces as hosts of `ssh`, and so of every IDE that uses it.",
    no_args_is_help=True,
)


@app.command()
def install(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Put one Include at the top of ~/.ssh/config; the workspace here is then `ssh NAME`.

    Example: devpod-gen ssh-config install
    """
    from devpod_gen.workspace import include  # noqa: PLC0415 - only what is used is loaded

    console = Console(as_json=as_json, verbose=verbose)
    host = _open_door(at_branch(repo_at(directory, profile), branch), console)
    line = include.include_line()
    _require_sound()
    change = include.install()
    if change.by_hand:
        console.say(f"warning: {change.by_hand}: it is not touched")
        told = f"add this line at the very top of what {change.path} is made from:\n{line}"
    else:
        told = f"{change.path}: {'the line is at its top' if change.changed else 'nothing to do'}"
    if host:
        told += f"\nthe workspace here: `ssh {host}`"
    console.result(told, **_values(change), host=host)


@app.command()
def uninstall(
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Take the Include out of ~/.ssh/config: the file is then what it was, to the byte.

    Example: devpod-gen ssh-config uninstall
    """
    from devpod_gen.workspace import include  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    change = include.uninstall()
    told = f"{change.path}: {'as it was before' if change.changed else 'there was nothing of ours'}"
    if change.by_hand:
        console.say(f"warning: {change.by_hand}: it is not touched")
        told = f"take the lines that name `devpod-gen ssh-config` out of {change.path}"
    console.result(told, **_values(change))


@app.command()
def show(
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Show the Include, whether it is there, and the hosts that it brings.

    Example: devpod-gen ssh-config show
    """
    from devpod_gen.workspace import include, record  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    hosts = [
        {"host": known.alias, "port": known.port, "folder": known.root, "file": str(file)}
        for known in record.records()
        if (file := record.ssh_config_of(known)).exists()
    ]
    there = include.is_installed()
    line = include.include_line()
    rows = [f"{host['host']}  {host['folder']}" for host in hosts]
    first = f"{include.user_config()}: {'installed' if there else 'not installed'}"
    console.result("\n".join([first, line, *rows]), installed=there, line=line, hosts=hosts)


def _open_door(repo: Repo, console: Console) -> str | None:
    """The host of the workspace here, if there is one that runs: an IDE may have started it.
    Whatever is wrong with it, the line can be there."""
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.doorway import have_door  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    if not repo.profile_path.exists():
        return None
    try:
        engine, identity = Docker(), known_identity(repo)
        found = lifecycle.find(engine, identity)
        if not found or not found.running:
            return None
        context = Context(engine, trusted_plan_of(repo), identity, Clock(), console.say)
        with held(identity, "ssh-config install", say=console.say):
            door = have_door(context)
    except DevpodError as error:
        console.say(f"warning: the workspace here is no host yet: {error}")
        return None
    return door.alias if door else None


def _require_sound() -> None:
    """Raises NotOurs for a file that the line would bring in and that we have not written:
    it could run what it likes, or end every connection to every host."""
    from devpod_gen.emit.sshconfig import is_sound  # noqa: PLC0415
    from devpod_gen.home import data_home  # noqa: PLC0415

    for file in sorted(data_home().glob("*/ssh_config")):
        if not is_sound(_text(file)):
            message = "this is no ssh_config of devpod-gen's, and would be read by every ssh"
            raise NotOurs(message, where=str(file), fix="remove it, then run it again")


def _text(file: "Path") -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def _values(change: "Change") -> dict[str, object]:
    return {"file": str(change.path), "changed": change.changed, "by_hand": change.by_hand}
