"""The commands that open a workspace's doors on the desktop: open, and one for each door."""

import os
import shlex
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Annotated

import typer

from devpod_gen.cli import jetbrains
from devpod_gen.cli.arrival import arrive
from devpod_gen.cli.console import Console
from devpod_gen.cli.doors import Place, Way, enter, host_is_known, place_at
from devpod_gen.cli.options import (
    HERE,
    Branch,
    Debug,
    Folder,
    Json,
    ProfileName,
    at_branch,
    repo_at,
)
from devpod_gen.workspace.record import host_of

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
app.command()(jetbrains.toolbox)
app.command()(jetbrains.gateway)

Print = Annotated[bool, typer.Option("--print", help="Only print it; open nothing.")]


def _in_container(place: Place) -> str | None:
    """A branch's clone beside the repo's has no folder on the host: it is attached to."""
    from devpod_gen.emit import vscode as form  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.engine import connect, desktop  # noqa: PLC0415

    identity, engine = place.identity, connect.chosen()
    told = (engine[0].removeprefix("--"), engine[1]) if engine else None
    if identity.branch:
        if not place.container:
            return None
        authority = form.attached(place.container.name, told)
    else:
        host = form.HostFolder(
            str(identity.root), str(identity.config_file), desktop.distribution()
        )
        authority = form.dev_container(host, told, only_config=place.plan.variant is None)
    return form.link(authority, place.plan.folder)


def _by_remote_ssh(place: Place) -> str:
    from devpod_gen.emit import vscode as form  # noqa: PLC0415

    return form.link(form.remote_ssh(place.alias), place.plan.folder)


IN_CONTAINER = Way("vscode", "VS Code, in the container", _in_container)
BY_SSH = Way("vscode --ssh", "VS Code, by Remote-SSH", _by_remote_ssh, by_ssh=True)

WAYS: tuple[Way, ...] = (IN_CONTAINER, BY_SSH)
"""Those of VS Code. `open` lists also JetBrains' and the terminal's."""


@app.callback()
def doors(
    context: typer.Context,
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Open the workspace in an IDE; without more, list every door and its link.

    Example: devpod-gen open
    """
    if context.invoked_subcommand:
        return
    console = Console(as_json=as_json, verbose=False)
    place = place_at(directory, profile, branch)
    ways = (*WAYS, *jetbrains.ways(place.plan))
    found = [(way, link) for way in ways if (link := way.link(place))]
    known = host_is_known(place.alias)
    values = [{"door": way.words, "title": way.title, "link": link} for way, link in found]
    console.result(
        "\n".join(_listing(console, place, found, known=known)),
        doors=values,
        ssh=shlex.join(ssh_command(place)),
        ssh_host={"name": place.alias, "known": known},
    )


def _listing(
    console: Console, place: Place, found: list[tuple[Way, str]], *, known: bool
) -> Iterator[str]:
    """Each door with its link, and what has to be done before one leads somewhere."""
    state = place.container.state if place.container else "not there yet: run `devpod-gen up`"
    yield f"{place.plan.name}: {state}"
    for way, link in found:
        yield f"  {way.title:<32}  devpod-gen open {way.words}"
        yield f"    {console.linked(link, link)}"
    yield f"  {'A terminal':<32}  devpod-gen shell, or devpod-gen open ssh"
    yield f"    {shlex.join(ssh_command(place))}"
    if not known:
        yield f"IDEs find {place.alias} by SSH after `devpod-gen ssh-config install`."


@app.command()
def vscode(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    by_ssh: Annotated[bool, typer.Option("--ssh", help="By Remote-SSH.")] = False,
    only_print: Print = False,
    as_json: Json = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Open VS Code in the running workspace, as Dev Containers does or by Remote-SSH.

    Example: devpod-gen open vscode --ssh
    """
    console = Console(as_json=as_json, verbose=False)
    place = place_at(directory, profile, branch)
    enter(console, place, BY_SSH if by_ssh else IN_CONTAINER, only_print=only_print)


@app.command()
def ssh(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    only_print: Print = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Come into the running workspace by OpenSSH, with its own ssh_config.

    Example: devpod-gen open ssh
    """
    place = place_at(directory, profile, branch)
    if not only_print and place.container and place.container.running:
        repo = at_branch(repo_at(directory, profile), branch)
        arrive(repo, place.identity, place.container)
        place = replace(place, alias=host_of(place.identity) or place.alias)
    argv = ssh_command(place)
    if only_print:
        Console(as_json=False, verbose=False).result(shlex.join(argv))
        return
    require_ssh(place)
    sys.stdout.flush()
    os.execvp(argv[0], argv)  # noqa: S606 - no shell is wanted


def ssh_command(place: Place) -> list[str]:
    """What leads in by SSH, whatever the user's own ssh_config says."""
    return ["ssh", "-F", str(place.identity.data / "ssh_config"), place.alias]


def require_ssh(place: Place) -> None:
    """Make sure that there are a client, a running workspace and its door."""
    from devpod_gen.engine import openssh  # noqa: PLC0415
    from devpod_gen.errors import HostError, StartError  # noqa: PLC0415

    place.require_running()
    if not openssh.program():
        message = "there is no OpenSSH client on PATH"
        raise HostError(message, where="ssh", fix="install OpenSSH's client")
    config = place.identity.data / "ssh_config"
    if not config.exists():
        message = "the workspace has no SSH door: `up` has not made one"
        fix = "run `devpod-gen up`; an image of your own has none"
        raise StartError(message, where=str(config), fix=fix)
