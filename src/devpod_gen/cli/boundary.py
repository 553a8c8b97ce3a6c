"""The one place that exits: every error becomes a message and a code."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import typer

from devpod_gen.cli.console import Console, forget, unwritten
from devpod_gen.errors import DevpodError, HostError, InternalError

# click's own UsageError, under whichever name this Typer carries click.
_Usage = typer.BadParameter.__mro__[1]


class _Terminated(BaseException):
    """SIGTERM came: unwind, so that what was begun is cleaned up."""


class WrongUsage(DevpodError):
    """The command line is wrong."""

    kind = "usage"
    exit_code = 2


def guard(app: Callable[..., object], argv: list[str]) -> int:
    """Run the app on `argv` and give the exit code that the contract says."""
    # What follows `exec` is another command's.
    options = argv[:1] if argv[:1] == ["exec"] else argv
    forget()
    _leave_out_relative()
    console = Console(as_json="--json" in options, verbose=False)
    struck: list[int] = []
    try:
        _watch(struck)
        code = app(argv, standalone_mode=False)
    except DevpodError as error:
        console.error(error)
        return error.exit_code
    except (KeyboardInterrupt, typer.Abort):
        console.say("interrupted")
        return 130
    except _Terminated:
        console.say("terminated")
        return 143
    except Exception as error:  # noqa: BLE001 - the last net: our bugs end here
        return _unexpected(error, console, options)
    if struck:  # Typer has made an exit code of it
        console.say("interrupted")
    return code if isinstance(code, int) else 0


def _watch(struck: list[int]) -> None:
    """Both signals unwind from now on, and Ctrl-C fills it; where that is ignored it stays so."""

    def strike(number: int, _frame: FrameType | None) -> None:
        struck.append(number)
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, _terminate)
    if signal.getsignal(signal.SIGINT) not in (signal.SIG_IGN, None):
        signal.signal(signal.SIGINT, strike)


def _leave_out_relative() -> None:
    """Take folders out of PATH that are relative to the current one, for us and for what we
    start: a `git` or an `ssh` that lies in a repo is not the user's."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    kept = [folder for folder in folders if Path(folder).is_absolute()]
    if kept:
        os.environ["PATH"] = os.pathsep.join(kept)
    else:
        os.environ.pop("PATH", None)  # the system's own


def _unexpected(error: Exception, console: Console, options: list[str]) -> int:
    if isinstance(error, _Usage):
        console.error(_wrong_usage(error, options))
        return WrongUsage.exit_code
    if isinstance(error, OSError) and "echo" in _functions(error):  # help, which Typer prints
        console.error(unwritten(error))
        return HostError.exit_code
    if "--debug" in options:
        for line in traceback.format_exc().splitlines():
            console.say(line)  # not print_exc: what it says must not hold a secret either
    frame = traceback.extract_tb(error.__traceback__)[-1]
    bug = InternalError(
        f"a bug in devpod-gen: {type(error).__name__}: {error}",
        where=f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}",
        fix="run it again with --debug and report what it prints",
    )
    console.error(bug)
    return bug.exit_code


def _functions(error: Exception) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


def _wrong_usage(error: Exception, argv: list[str]) -> WrongUsage:
    context = getattr(error, "ctx", None)  # not every one has it
    words = str(context.command_path).split()[1:] if context else argv[:1]
    command = " ".join(("devpod-gen", *words))
    message = str(getattr(error, "format_message", lambda: str(error))())
    if message.startswith("Usage:"):  # of a command that is a group: its whole help
        message = f"{command} takes one more word: a command"
    return WrongUsage(message, fix=f"see `{command} --help`")


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise _Terminated


def leave(code: int) -> None:
    """End the process, at once: to take apart all that was loaded takes Python 12 ms and more.
    What runs beside is waited for, and what was said is out. Whoever strikes Ctrl-C now ends it."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if "threading" in sys.modules:
        import threading  # noqa: PLC0415 - only where somebody has

        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        sys.exit(code)  # Python itself says it best
    os._exit(code)
