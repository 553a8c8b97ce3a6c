"""Dotfiles, decided. They are in no emitted file: whose they are is nobody else's business."""

from devpod_gen.profile.dotfiles import Dotfiles, is_commit
from devpod_gen.value import dataclass

DOTFILES_COMMAND = "make apply"
DOTFILES_TIMEOUT = 300


@dataclass(frozen=True, slots=True)
class DotfilesPlan:
    """A git repo or a folder of the host, and the line that sh runs in it; empty: none."""

    file: str
    """Where it is said, for messages."""
    repo: str | None
    ref: str | None
    pinned: bool
    path: str | None
    command: str
    timeout: int


def resolve_dotfiles(dotfiles: Dotfiles | None, *, file: str) -> DotfilesPlan | None:
    """Decide them."""
    if not dotfiles:
        return None
    command = dotfiles.command
    return DotfilesPlan(
        file=file,
        repo=dotfiles.repo,
        ref=dotfiles.ref,
        pinned=is_commit(dotfiles.ref),
        path=dotfiles.path,
        command="" if command is False else command or DOTFILES_COMMAND,
        timeout=dotfiles.timeout or DOTFILES_TIMEOUT,
    )
