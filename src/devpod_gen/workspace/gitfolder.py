"""Where the git folder of a repo is, by git's own files: no git is run.

Format: gitrepository-layout(5). In a worktree `.git` is a file that names a folder below
the git folder which all worktrees share; that folder is outside the repo.
"""

import os
from pathlib import Path

from devpod_gen import source
from devpod_gen.value import dataclass

_LARGEST = 8 * 1024  # bytes: each holds one path


@dataclass(frozen=True, slots=True)
class Shared:
    """The git folder that a worktree shares with others: where it is on the host, and where
    the worktree's `.git` file leads to it inside."""

    source: Path
    target: str


def shared(root: Path, folder: str) -> Shared | None:
    """The git folder of the worktree at `root`, which is mounted at `folder`.

    None where there is none: an ordinary clone, a submodule, no repo. What `.git` says came
    with the folder, so it is believed only where the git folder says the same of its side.
    """
    linked = _linked(root)
    if linked is None:
        return None
    way, found = linked
    target = os.path.normpath(os.path.join(folder, way))  # noqa: PTH118 - of the other side
    inside = f"{target}/".startswith(f"{folder.rstrip('/')}/")
    return None if inside else Shared(found, target)


def owner(root: Path) -> Path:
    """The folder by which this machine knows the repo at `root`, the same for all worktrees of
    it and for nothing else: what came with files cannot say that they are another repo's."""
    linked = _linked(root)
    if linked is None:
        return root.resolve()
    return linked[1].parent if linked[1].name == ".git" else linked[1]  # which is a bare one


def common(root: Path) -> Path | None:
    """The git folder that is the same for all worktrees of a repo; None where there is none."""
    told = _told(root / ".git", "gitdir: ")
    real = (root / told).resolve() if told else (root / ".git").resolve()
    link = _told(real / "commondir")
    found = (real / link).resolve() if link else real
    return found if found.is_dir() else None


def branch(root: Path) -> str | None:
    """The branch that is checked out at `root`, or the first digits of the commit."""
    told = _told(root / ".git", "gitdir: ")
    head = _told((root / told if told else root / ".git") / "HEAD")
    if head is None:
        return None
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: ") else head[:12]


def _linked(root: Path) -> tuple[str, Path] | None:
    """The git folder that a worktree shares, as its own files lead there, and where that is."""
    own = _told(root / ".git", "gitdir: ")
    if own is None:
        return None
    real = (root / own).resolve()
    link, back = _told(real / "commondir"), _told(real / "gitdir")
    if link is None or back is None or (real / back).resolve() != (root / ".git").resolve():
        return None
    found = (real / link).resolve()
    way = os.path.join(own, link)  # noqa: PTH118 - as it is told
    return (way, found) if real.parent == found / "worktrees" else None


def _told(file: Path, start: str = "") -> str | None:
    """The path in a file of git's; None when it is no such file."""
    try:
        text = os.fsdecode(source.read(file, most=_LARGEST))
    except (OSError, ValueError, source.RefusedError):
        return None
    return text.removeprefix(start).removesuffix("\n") if text.startswith(start) else None
