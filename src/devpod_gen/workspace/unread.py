"""A branch's worktree whose profile nobody has trusted yet: of the branch there is only what
that question is about. A checkout would run the user's own filters (git-lfs asks a server that
the branch names), and write whatever the branch has.

Files are put there from git's objects, as they are: no filter, no link, no submodule.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from devpod_gen import beneath
from devpod_gen.disk import private_folder, publish
from devpod_gen.engine.git import git
from devpod_gen.errors import GitError
from devpod_gen.workspace.identity import worktrees_home

_MARK = "not-checked-out"
_PROFILE = ("devpod.toml", "devpod.lock", ".devpod")
_MOST, _LARGEST = 600, 16 * 1024 * 1024
"""Files, and bytes of one: more is no profile."""


def is_unread(folder: Path) -> bool:
    """Whether it is a worktree of ours that has only its profile so far."""
    ours = folder.parent.parent == worktrees_home()
    return ours and (folder.parent / _MARK).exists()


def begin(root: Path, folder: Path, *start: str) -> None:
    """Make the worktree at `folder`, with nothing but the profile in it; `start` says of what,
    to `git worktree add`. Raises GitError."""
    publish(private_folder(folder.parent) / _MARK, "")
    git(root, "worktree", "add", "--quiet", "--no-checkout", *start)
    beneath.publish_all(folder, _files(folder))


def complete(folder: Path) -> None:
    """Check out the rest. Raises GitError."""
    git(folder, "reset", "--quiet", "--hard")
    (folder.parent / _MARK).unlink(missing_ok=True)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    entries = git(folder, "ls-tree", "-r", "-z", "-l", "HEAD", "--", *_PROFILE).split("\0")
    if len(entries) > _MOST:
        message = f"the branch's profile has more than {_MOST} files"
        raise GitError(message, where=".devpod", fix="take out what is not used")
    for entry in filter(None, entries):
        told, _, name = entry.partition("\t")
        mode, _, number, size = told.split()
        if mode in ("100644", "100755") and int(size) <= _LARGEST and _is_plain(name):
            yield name, git(folder, "cat-file", "blob", number)


def _is_plain(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return not any(part == ".." or part.lower().rstrip(". ") == ".git" for part in parts)
