"""The command line, from the first word: nothing is loaded that it does not ask for."""

import gc
import sys
from typing import Any

from devpod_gen import VERSION


def app(argv: list[str], *, standalone_mode: bool) -> Any:
    """Run the command that `argv` says, as Typer does."""
    from devpod_gen.cli.commands import commands  # noqa: PLC0415 - Typer takes 45 ms

    return commands(argv)(argv, standalone_mode=standalone_mode)


def main() -> None:
    """The console script."""
    # While modules are loaded nearly all objects stay: looking for others takes longer.
    gc.set_threshold(50_000, 20, 20)
    if None in (sys.stdin, sys.stdout, sys.stderr):
        from devpod_gen.cli.streams import complete  # noqa: PLC0415 - rarely

        complete()
    if sys.argv[1:] == ["--version"]:
        try:
            sys.stdout.write(f"{VERSION}\n")
            sys.stdout.flush()
        except OSError:
            pass  # below it is said
        else:
            return
    import signal  # noqa: PLC0415

    # Nothing is begun yet: Ctrl-C ends the process as it ends `cat`, by no traceback of Python's.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from devpod_gen.cli.boundary import guard, leave  # noqa: PLC0415

    leave(guard(app, sys.argv[1:]))
