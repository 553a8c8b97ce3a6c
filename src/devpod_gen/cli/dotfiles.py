"""What commands do about dotfiles: apply them before a shell, and say what came of it."""

from typing import TYPE_CHECKING

from devpod_gen import source
from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Repo, known_identity, trusted_plan_of, with_own_dotfiles
from devpod_gen.errors import DevpodError
from devpod_gen.source import RefusedError

if TYPE_CHECKING:
    from devpod_gen.workspace.dotfiles import Applied


def dotfiles_first(repo: Repo) -> None:
    """A client may have started the workspace: it knows nothing of dotfiles. Whatever is
    wrong with them, or with the profile, what runs can be entered."""
    from devpod_gen.profile.user import config_path  # noqa: PLC0415 - only what is used is loaded

    console = Console(as_json=False, verbose=False)
    own = config_path()
    try:
        if (own and own.exists()) or b"dotfiles" in _content(repo):
            _apply_dotfiles(repo, console)
    except FileNotFoundError:  # without a profile, nobody has asked for any
        return
    except (DevpodError, OSError, RefusedError) as error:
        console.say(f"warning: the dotfiles are not applied: {error}")


def _content(repo: Repo) -> bytes:
    from devpod_gen.profile.load import LARGEST  # noqa: PLC0415 - only what is used is loaded

    return source.read(repo.profile_path, most=LARGEST, inside=repo.root)


def _apply_dotfiles(repo: Repo, console: Console) -> None:
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.dotfiles import apply_dotfiles  # noqa: PLC0415

    plan, engine = with_own_dotfiles(trusted_plan_of(repo)), Docker()
    context = Context(engine, plan, known_identity(repo), Clock(), console.say)
    found = lifecycle.find(engine, context.identity)
    applied = apply_dotfiles(context, found) if found and found.running else None
    if applied:
        tell_of_dotfiles(console, applied)


def tell_of_dotfiles(console: Console, dotfiles: "Applied") -> None:
    """A line or more, unless all is well and pinned: the workspace is of use without them."""
    first, *rest = dotfiles.detail.splitlines()
    if not dotfiles.ok:
        console.say(f"warning: the dotfiles are not applied: {first}")
    elif rest or first not in ("applied", "applied already"):
        console.say(f"dotfiles: {first}")
    for line in rest:
        console.say(f"  | {line}")
