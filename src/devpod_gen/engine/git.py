"""git on the host, for the few things that change a repo: its worktrees and what it fetches.

No hook, and no program that a repo's settings name, is run by what we ask for: who starts
a branch's workspace has not looked at the branch yet.
"""

import os
import shutil
from pathlib import Path

from devpod_gen.engine.command import run
from devpod_gen.errors import GitError, HostError

_LOCAL = 120.0
_REMOTE = 600.0
_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
)


def git(folder: Path, *argv: str, remote: bool = False) -> str:
    """What git says in `folder`. `remote`: it may take its time. Raises GitError."""
    program = shutil.which("git")
    if not program:
        message = "there is no git on PATH"
        raise HostError(message, where="git", fix="install git")
    settings = [word for setting in _SAFE for word in ("-c", setting)]
    result = run(
        [program, *settings, "-C", str(folder), *argv],
        timeout=_REMOTE if remote else _LOCAL,
        env=_environment(),
    )
    if not result.ok:
        message = f"git {argv[0]} failed"
        fix = "read what git says above"
        raise GitError(message, where=str(folder), fix=fix, detail=result.last_lines(5))
    return result.output


def global_setting(folder: Path, key: str) -> str | None:
    """A setting of the user's own, as it holds for a repo at `folder`: an `includeIf` of
    theirs may ask for the place. None where there is none, or no git."""
    program = shutil.which("git")
    if not program:
        return None
    argv = [program, "-C", str(folder), "config", "--global", "--includes", "--get", key]
    result = run(argv, timeout=_LOCAL, env=_environment())
    return result.output.removesuffix("\n") if result.ok else None


def _environment() -> dict[str, str]:
    """Without what would point it at another repo, and without a question to the terminal."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_DIR")}
    for name in ("GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"):
        kept.pop(name, None)
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
