"""A workspace that is a clone in a volume: what it is cloned from, and what is in it that
is nowhere else.

The container's entrypoint clones, so this holds whoever starts it.
"""

import os
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.git import git
from devpod_gen.errors import GitError
from devpod_gen.plan.model import ClonePlan
from devpod_gen.workspace import gitfolder
from devpod_gen.workspace.identity import Identity

MAY_TAKE = 900.0
"""Seconds that a first start may take longer, for the clone."""

# All that a push has not brought to a remote. 97: what is there is no repo, and not empty.
_LOST = """
cd "$1" || exit 98
if [ ! -e .git ]; then
    [ -z "$(ls -A | grep -v '^[.]devpod-gen-clone$')" ] || exit 97
    exit 0
fi
git() {
    command git -c safe.directory='*' -c core.hooksPath=/dev/null -c core.fsmonitor=false "$@"
}
git status --porcelain=v1 --untracked-files=all --no-renames &&
    git stash list --format='stash: %gs' &&
    git log --max-count=50 --format='commit %h %s' --branches HEAD --not --remotes --
"""
_NO_REPO = 97


def variables(identity: Identity, plan: ClonePlan) -> tuple[tuple[str, str], ...]:
    """Where to clone from, as far as only this machine knows: the repo's origin."""
    known = [("DEVPOD_BRANCH", identity.branch)] if identity.branch else []
    if plan.source != ".":
        return tuple(known)
    url = _origin(identity.root) or str(gitfolder.common(identity.root) or "")
    folder = Path(os.path.normpath(identity.root / url.removeprefix("file://")))
    if url and "://" not in url.removeprefix("file://") and folder.is_dir():
        known += [
            ("DEVPOD_GIT_SOURCE", str(folder.resolve())),
            ("DEVPOD_GIT_FOLDER", str(folder)),
        ]
        url = str(folder)
    return (*known, ("DEVPOD_CLONE", url)) if url else tuple(known)


def volume_of(project: str) -> str:
    """The volume of the clone, in a Compose project."""
    return f"{project}_workspace"


def losses(engine: Engine, volume: str, image: str) -> tuple[str, ...]:
    """What would be gone with the volume: changes, new files that are not ignored, stashes,
    and commits that no remote has. Looked at by git, in a container without network."""
    script = ["sh", "-c", _LOST, "sh", "/volume"]
    result = engine.run_once(image, script, volume=volume, folder="/volume")
    if result.code == _NO_REPO:
        return ("files that are in no git repo",)
    if not result.ok:
        return (f"it cannot be seen what: {result.last_lines(1)}",)
    return tuple(_told(line) for line in result.output.splitlines() if line.strip())


def _told(line: str) -> str:
    if line.startswith(("stash: ", "commit ")):
        return line
    return f"{'new file' if line.startswith('??') else 'changed'} {line[3:]}"


def _origin(root: Path) -> str:
    try:
        return git(root, "remote", "get-url", "origin").strip()
    except GitError:
        return ""
