"""The command line: which commands there are. Each lives in a module of its own topic."""

import sys
from typing import Annotated

import typer

from devpod_gen import __version__
from devpod_gen.cli import (
    bundle,
    fleet,
    image,
    init,
    inside,
    lock,
    removal,
    repo,
    secrets,
    trust,
    workspace,
)
from devpod_gen.cli import open as doors
from devpod_gen.cli import verify as proof
from devpod_gen.cli.boundary import guard, leave

app = typer.Typer(
    name="devpod-gen",
    help="One profile in, every door of a development environment out, with proof.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"devpod-gen {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


# After the command's name, options are the command's.
_PASS_ON = {"allow_interspersed_args": False, "ignore_unknown_options": True}

app.command()(init.init)
app.command()(repo.generate)
app.command()(image.build)
app.command()(lock.lock)
app.command()(bundle.bundle)
app.command()(proof.verify)
app.command()(workspace.up)
app.command()(inside.shell)
app.command(name="exec", context_settings=_PASS_ON)(inside.execute)
app.command()(inside.logs)
app.add_typer(doors.app, name="open")
app.command()(removal.down)
app.command()(fleet.status)
app.command()(trust.trust)
app.add_typer(secrets.app, name="secrets")
app.command()(fleet.gc)
app.command()(repo.schema)


def main() -> None:
    """The console script."""
    leave(guard(app, sys.argv[1:]))
