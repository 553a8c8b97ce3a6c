"""Which commands there are. Each lives in a module of its own topic."""

from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer

from devpod_gen import VERSION

# Where each command is, MODULE:FUNCTION, and the first line of its help. Only the module of
# the one that is meant is loaded, and for the list of all of them none: a command is mostly
# as slow as what it loads.
COMMANDS = {
    "init": ("init:init", "Detect the repo's stacks, write a commented devpod.toml, and generate."),
    "generate": (
        "repo:generate",
        "Write .devcontainer/ from the profile, and the CI's workflow once there is one.",
    ),
    "build": ("image:build", "Build the profile's image, or say that it is there."),
    "lock": (
        "lock:lock",
        "Check devpod.lock against the profile and the generated files, or make it anew.",
    ),
    "bundle": (
        "bundle:bundle",
        "Put image, profile, lock and generated files into one archive, or bring them in.",
    ),
    "verify": (
        "verify:verify",
        "Start a throw-away workspace through every door, look inside, and take it away.",
    ),
    "up": ("workspace:up", "Have the workspace running and ready. Twice is one workspace."),
    "shell": (
        "inside:shell",
        "Open the login shell inside, at the place in the repo where you stand.",
    ),
    "exec": ("inside:execute", "Run a command inside; its streams and its exit code are yours."),
    "logs": (
        "inside:logs",
        "Print what the workspace's containers have said, with stars for its secrets.",
    ),
    "open": (
        "open:app",
        "Open the workspace in an IDE; without more, list every door and its link.",
    ),
    "ssh-config": (
        "sshconfig:app",
        "Have the workspaces as hosts of `ssh`, and so of every IDE that uses it.",
    ),
    "down": ("removal:down", "Remove all that `up` made, except the caches."),
    "status": (
        "fleet:status",
        "Show this repo's workspaces, whoever started them: its profiles and branches.",
    ),
    "trust": (
        "trust:trust",
        "Show what the profile asks for beyond the safe default, and trust exactly that.",
    ),
    "secrets": ("secrets:app", "The profile's secrets, inside."),
    "gc": (
        "fleet:gc",
        "Remove what is over: workspaces whose repo is gone, what killed runs have left.",
    ),
    "schema": ("repo:schema", "Print the JSON Schema of the profile."),
}

_SETTINGS = {
    # After the command's name, options are the command's.
    "exec": {"allow_interspersed_args": False, "ignore_unknown_options": True},
}


def commands(argv: list[str]) -> typer.Typer:
    """What these words can mean: the command that they begin with, or the list of all."""
    app = typer.Typer(
        name="devpod-gen",
        help="One profile in, every door of a development environment out, with proof.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback()(_common)
    if argv and (name := argv[0]) in COMMANDS:
        _add(app, name)
    else:
        for name, (_, told) in COMMANDS.items():
            app.command(name=name, help=told)(_only_listed)
    return app


def found(name: str) -> Callable[..., None] | typer.Typer:
    """The function of a command, or a group of commands."""
    module, _, its_name = COMMANDS[name][0].partition(":")
    command: Callable[..., None] | typer.Typer
    command = getattr(import_module(f"devpod_gen.cli.{module}"), its_name)
    return command


def _add(app: typer.Typer, name: str) -> None:
    command = found(name)
    if isinstance(command, typer.Typer):
        app.add_typer(command, name=name)
    else:
        app.command(name=name, context_settings=_SETTINGS.get(name))(command)


def _only_listed() -> None:
    """What stands for a command in the list."""


def _version(asked: bool) -> None:
    if asked:
        typer.echo(VERSION)
        raise typer.Exit


def _common(
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass
