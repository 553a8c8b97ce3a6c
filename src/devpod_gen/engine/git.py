"""git on the host, for the few things that change a repo: its worktrees and what it fetches.

No hook, and no program that a repo's settings name, is run by what we ask for: who starts
a branch's workspace has not looked at the branch yet. Programs that the user's own settings
name are theirs: a filter of git-lfs, a helper for credentials.
"""

import os
import shutil
from pathlib import Path

from devpod_gen.engine import gitsettings
from devpod_gen.engine.command import Result, run
from devpod_gen.errors import GitError, HostError

_LOCAL = 120.0
_REMOTE = 600.0
_SAFE = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "protocol.ext.allow=never",
    "maintenance.auto=false",
    "gc.auto=0",
)


def git(folder: Path, *argv: str, remote: bool = False) -> str:
    """What git says in `folder`. `remote`: it may take its time. Raises GitError."""
    program = shutil.which("git")
    if not program:
        message = "there is no git on PATH"
        raise HostError(message, where="git", fix="install git")
    settings = (*_SAFE, *_overrides(program, folder))
    result = _asked(program, folder, *_told(settings), *argv, remote=remote)
    if not result.ok:
        raise _error(folder, argv[0], result)
    return result.output


def _overrides(program: str, folder: Path) -> tuple[str, ...]:
    """What makes the repo's settings name no program. Raises GitError where nothing can."""
    result = _asked(program, folder, "config", "--list", "--show-scope", "-z")
    if not result.ok:
        raise _error(folder, "config", result)
    found = gitsettings.read(result.output)
    if untold := gitsettings.untold(found):
        message = f"the repo's git settings name programs: {', '.join(map(repr, untold))}"
        fix = "take them out with `git config --unset`, or put them into your own settings"
        raise GitError(message, where=str(folder), fix=fix)
    return gitsettings.overrides(found)


def _told(settings: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for setting in settings for word in ("-c", setting))


def _asked(program: str, folder: Path, *argv: str, remote: bool = False) -> Result:
    return run(
        [program, "-C", str(folder), *argv],
        timeout=_REMOTE if remote else _LOCAL,
        env=_environment(),
    )


def _error(folder: Path, verb: str, result: Result) -> GitError:
    message = f"git {verb} failed"
    fix = "read what git says above"
    return GitError(message, where=str(folder), fix=fix, detail=result.last_lines(5))


def global_settings(folder: Path, section: str, *keys: str) -> dict[str, str]:
    """Settings of the user's own, as they hold for a repo at `folder`: an `includeIf` of
    theirs may ask for the place. Without those that there are none of, and without git."""
    program = shutil.which("git")
    if not program:
        return {}
    asked = rf"^{section}\.({'|'.join(keys)})$"
    argv = [program, "-C", str(folder), "config", "--global", "--includes", "-z"]
    result = run([*argv, "--get-regexp", asked], timeout=_LOCAL, env=_environment())
    told = (one.partition("\n") for one in result.output.split("\0") if result.ok and one)
    return {name.removeprefix(f"{section}."): value for name, _, value in told}


def _environment() -> dict[str, str]:
    """Without what would point it at another repo, and without a question to the terminal."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_DIR")}
    for name in ("GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR"):
        kept.pop(name, None)
    return kept | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8"}
