"""A workspace of its own for a branch: a git worktree in the user's data folder.

A branch that is checked out somewhere already is used there: git allows no second place.
"""

import contextlib
import re
from collections.abc import Callable
from pathlib import Path

from devpod_gen.disk import hashed, remove_folder
from devpod_gen.engine.git import git
from devpod_gen.errors import GitError, NoBranch
from devpod_gen.home import data_home
from devpod_gen.workspace import gitfolder, loss, unread
from devpod_gen.workspace.identity import worktrees_home
from devpod_gen.workspace.lock import folder_held

Say = Callable[[str], None]


def place(root: Path, branch: str) -> Path:
    """Where the branch is, or would be: where it is checked out, else a folder of ours with
    the repo's name. Raises GitError where there is no repo."""
    listing = git(root, "worktree", "list", "--porcelain", "-z")
    for entry in listing.split("\0\0"):
        lines = entry.strip("\0").split("\0")
        gone = any(line.split(" ")[0] == "prunable" for line in lines)
        if f"branch refs/heads/{branch}" in lines and not gone:
            return Path(lines[0].removeprefix("worktree "))
    folder = hashed(gitfolder.common(root) or root, branch)[:12]
    return worktrees_home() / folder / _main(root).name


def have(root: Path, branch: str, say: Say) -> Path:
    """The worktree of the branch, made when there is none, with nothing in it but the profile
    (`unread`); a branch that is not there, nor in `origin`, is begun where the repo stands.
    Raises GitError."""
    _require_name(root, branch)
    folder = place(root, branch)
    if folder.exists():
        return folder
    with folder_held(worktrees_home()):
        if folder.exists():  # another one was quicker
            return folder
        try:
            unread.begin(root, folder, *_from(root, branch, folder, say))
        except GitError:
            remove_folder(folder.parent)
            git(root, "worktree", "prune")
            raise
        return folder


def fetch_request(root: Path, number: int, say: Say) -> str:
    """Fetch a pull or merge request from `origin` to a branch, and say which. One that was
    fetched before is left as it is: there may be work on it. Raises GitError."""
    branch = f"pr/{number}"
    if _has(root, f"refs/heads/{branch}"):
        say(f"{branch} was fetched before; `git pull` in it brings what is new")
        return branch
    refs = (f"refs/pull/{number}/head", f"refs/merge-requests/{number}/head")
    found = git(root, "ls-remote", "origin", *refs, remote=True).split()
    if len(found) < 2:
        message = f"origin has no pull or merge request {number}"
        raise NoBranch(message, where=str(root), fix=f"check it: `git ls-remote origin {refs[0]}`")
    ref = found[1]
    options = ("--quiet", "--no-tags", "--no-recurse-submodules")
    git(root, "fetch", *options, "origin", f"{ref}:refs/heads/{branch}", remote=True)
    with folder_held(worktrees_home()):  # git's own lock on its settings does not wait
        git(root, "config", f"branch.{branch}.remote", "origin")
        git(root, "config", f"branch.{branch}.merge", ref)
    return branch


def losses(folder: Path, is_generated: Callable[[Path], bool]) -> tuple[str, ...]:
    """What would be gone with the worktree: changes, new files that are not ignored, and
    commits that no branch has; of its submodules, too. Branches and stashes are the repo's,
    and stay."""
    if unread.is_unread(folder):
        return ()
    options = ("--porcelain=v1", "-z", "--untracked-files=all", "--no-renames")
    status = git(folder, "status", *options, "--ignore-submodules=dirty")
    lost = []
    for entry in filter(None, status.split("\0")):
        code, name = entry[:2], entry[3:]
        if code != "??" or not is_generated(folder / name):
            lost.append(f"{'new file' if code == '??' else 'changed'} {name}")
    loose = git(folder, "rev-list", "--max-count=20", "HEAD", "--not", "--branches", "--remotes")
    lost += (f"commit {name[:12]} of no branch" for name in loose.split())
    for inner in _submodules(folder):
        lost += (f"{loss} (in {inner})" for loss in losses(folder / inner, is_generated))
    return tuple(lost)


def _submodules(folder: Path) -> list[str]:
    """Those that are there. git would look into them by itself, with their own settings."""
    entries = git(folder, "ls-files", "--stage", "-z").split("\0")
    names = [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]
    return [name for name in names if (folder / name / ".git").exists()]


def is_ours(folder: Path) -> bool:
    """Whether `have` has made it."""
    return _is_ours(folder) and (folder / ".git").is_file()


def require_no_loss(folder: Path, is_generated: Callable[[Path], bool]) -> None:
    """Raises WouldLose, which lists what would be gone with the worktree."""
    loss.refuse(losses(folder, is_generated), str(folder))


def remove(folder: Path) -> None:
    """Remove a worktree of ours, whatever is in it; its branch stays."""
    common = gitfolder.common(folder)
    with folder_held(worktrees_home()):
        if common:
            git(common, "worktree", "remove", "--force", str(folder))
        remove_folder(folder.parent)
    for empty in (worktrees_home(), data_home()):
        with contextlib.suppress(OSError):
            empty.rmdir()


def _from(root: Path, branch: str, folder: Path, say: Say) -> tuple[str, ...]:
    if _has(root, f"refs/heads/{branch}"):
        return ("--", str(folder), branch)
    if _has(root, f"refs/remotes/origin/{branch}"):
        return ("--track", "-b", branch, "--", str(folder), f"origin/{branch}")
    if not git(root, "rev-list", "--all", "-n", "1"):
        message = f"the repo has no commit yet, so {branch} can begin nowhere"
        raise NoBranch(message, where=str(root), fix="commit something first")
    say(f"{branch} is a new branch, from where {root} stands")
    return ("--no-track", "-b", branch, "--", str(folder), "HEAD")


def _has(root: Path, ref: str) -> bool:
    return ref in git(root, "for-each-ref", "--format=%(refname)", ref).splitlines()


def _require_name(root: Path, branch: str) -> None:
    """git's own grammar, and nothing that an option or another ref could be."""
    if re.match(r"[-@]|refs/", branch) or not branch.isprintable():
        message = f"{branch!r} is no branch"
        raise NoBranch(message, where="--branch", fix="give a branch's name")
    try:
        git(root, "check-ref-format", "--branch", branch)
    except GitError as error:
        message = f"{branch!r} can be no branch"
        raise NoBranch(message, where="--branch", fix="give a branch's name") from error


def _is_ours(folder: Path) -> bool:
    return folder.parent.parent == worktrees_home()


def _main(root: Path) -> Path:
    """The repo's first folder, for its name."""
    common = gitfolder.common(root)
    return common.parent if common and common.name == ".git" else root
