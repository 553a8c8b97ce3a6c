"""Dotfiles: put into `~/.dotfiles` inside and applied there, as the user, once a change.

What stands in the way stays. What was changed inside since is kept beside.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen.engine.command import TIMED_OUT, Result
from devpod_gen.engine.model import Container
from devpod_gen.errors import HostError
from devpod_gen.plan.dotfiles import DotfilesPlan
from devpod_gen.plan.hook import KEPT
from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace.context import Context

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine

# The mark says what was applied last, and what the folder was then: it lies in the home,
# since a home on a volume keeps both.
_MARK = """
state=${XDG_STATE_HOME:-$HOME/.local/state}/devpod-gen
key=$1
is_done() { { read -r was _ <"$state/dotfiles"; } 2>/dev/null && [ "$was" = "$key" ]; }
"""
_IS_DONE = f"{_MARK} is_done"

_APPLY = (
    _MARK
    + r"""
set -u
repo=$2 ref=$3 command=$4 kept=$5 folder=$HOME/.dotfiles
fail() { echo "devpod: refused $*"; exit 1; }
digest() { # folder: of all that is in it, git's own files apart; and of the commit
    { [ ! -d "$1/.git" ] || git -C "$1" rev-parse HEAD
      tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
          --exclude=./.git -C "$1" -cf - .; } | sha256sum | cut -d " " -f 1
}
mark() { printf "%s %s\n" "$1" "$(digest "$folder")" >"$state/dotfiles"; }
clone() { # no prompt, no submodule, no hook, nothing but the web
    export GIT_TERMINAL_PROMPT=0 GIT_ALLOW_PROTOCOL=https:http
    git -c core.hooksPath=/dev/null clone --quiet --no-checkout --no-recurse-submodules \
        --template= -- "$repo" "$new" || fail "git cannot clone $repo"
    commit=$(git -C "$new" rev-parse --verify --quiet "origin/${ref:-HEAD}^{commit}" ||
        git -C "$new" rev-parse --verify --quiet "${ref:-HEAD}^{commit}") ||
        fail "$repo has no $ref"
    git -C "$new" -c core.hooksPath=/dev/null checkout --quiet --detach "$commit" || exit 1
    echo "devpod: commit $(git -C "$new" rev-parse HEAD)"
}
put_aside() { # what is there: ours and unchanged is replaced, ours and changed is kept
    { read -r _ before <"$state/dotfiles"; } 2>/dev/null ||
        fail "$folder is there already, and not from here: move it away"
    if [ "$(digest "$folder")" = "$before" ]; then rm -rf "$folder"; return; fi
    number=1
    while [ -e "$folder.old$number" ]; do number=$((number + 1)); done
    mv "$folder" "$folder.old$number" || exit 1
    echo "devpod: kept $folder.old$number"
}

while [ -e /run/devpod/closed ]; do sleep 0.05; done # the entrypoint opens the home
[ -d "$kept" ] || mkdir -m 0777 "$kept" || [ -d "$kept" ] || exit 1
rm -f "$kept/dotfiles.log"
mkdir -p "$state" && exec 9>"$state/dotfiles.lock" && flock 9 || exit 1
! is_done || exit 0
new=$(mktemp -d "$folder.XXXXXX") || exit 1
trap 'rm -rf "$new"' EXIT
trap 'exit 124' TERM
if [ -n "$repo" ]; then clone; else tar --no-same-owner --touch -xf - -C "$new" || exit 1; fi
if [ -e "$folder" ] || [ -L "$folder" ]; then put_aside; fi
mv "$new" "$folder" && mark - || exit 1 # whatever comes of it, the folder is from here
cd "$folder" || exit 1
if [ -n "$command" ]; then
    sh -c "$command" </dev/null >"$kept/dotfiles.log" 2>&1 9>&-
    code=$?
    mark -
    [ "$code" = 0 ] || { tail -n 20 "$kept/dotfiles.log" >&2; exit "$code"; }
fi
mark "$key"
"""
)

_IN_THE_WAY = late(
    r"over existing target (\S.*?) since"  # stow 2.4
    r"|existing target is (?:neither a link nor a directory|not owned by stow|\S+ [^:]*): (\S.*)"
)


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `detail`: the lines about it, the first of them by itself enough."""

    ok: bool
    detail: str


def apply_dotfiles(context: Context, container: Container) -> Applied | None:
    """Have the plan's dotfiles applied inside; None when there are none.

    It never raises for what is wrong with them: a workspace is of use without.
    """
    plan = context.plan.dotfiles
    if not plan:
        return None
    from devpod_gen.workspace.archive import pack  # noqa: PLC0415 - only what is used is loaded

    with context.clock.stage("dotfiles"):
        try:
            files = pack(folder_of(plan, context.identity.root)) if plan.path else b""
        except HostError as error:
            return Applied(ok=False, detail=f"{error.message}: {error.where}")
        key = _key(plan, files)
        if _run(context, container, _IS_DONE, [key], seconds=10).ok:
            return Applied(ok=True, detail="applied already")
        context.say(f"dotfiles: {plan.repo or plan.path}")
        words = [key, plan.repo or "", plan.ref or "", plan.command, KEPT]
        seconds = plan.timeout
        result = _run(context, container, _APPLY, words, seconds=seconds, stdin=files)
    return outcome(plan, result)


def folder_of(plan: DotfilesPlan, root: Path) -> Path:
    """The folder of the host. A profile's is in the repo, also with its links resolved;
    raises HostError."""
    folder = Path(plan.path or "").expanduser()
    if folder.is_absolute():
        return folder
    folder = (root / folder).resolve()
    if not folder.is_relative_to(root):
        message = "the profile's dotfiles lead out of the repo"
        raise HostError(message, where=str(folder), fix="put them into the repo")
    return folder


def _key(plan: DotfilesPlan, files: bytes) -> str:
    """Changes when they would."""
    source = [plan.repo, plan.ref, hashlib.sha256(files).hexdigest(), plan.command]
    return hashlib.sha256(json.dumps(source).encode()).hexdigest()[:32]


def _run(
    context: Context,
    container: Container,
    script: str,
    words: list[str],
    *,
    seconds: float,
    stdin: bytes | None = None,
) -> Result:
    engine: Engine = context.engine
    argv = ["sh", "-c", script, "sh", *words]
    return engine.exec(
        container.id, argv, user=context.plan.user, timeout=seconds, stdin=stdin, folder="/"
    )


def outcome(plan: DotfilesPlan, result: Result) -> Applied:
    """What the script inside has said, for its user."""
    # The script's own: what a command says is all among the errors.
    told = re.findall(r"^devpod: (.*)$", result.output, re.MULTILINE)
    notes = [line for line in told if line.startswith("kept ")]
    commit = next((line.split()[1] for line in told if line.startswith("commit ")), "")
    refused = [line.removeprefix("refused ") for line in told if line.startswith("refused ")]
    if result.ok:
        unpinned = f"; not pinned, now at {commit}" if plan.repo and not plan.pinned else ""
        return Applied(ok=True, detail="\n".join([f"applied{unpinned}", *notes]))
    blocked = [a or b for a, b in _IN_THE_WAY.findall(result.errors)]
    if result.code == TIMED_OUT:
        reason = f"they took over {plan.timeout} s"
    elif refused:
        reason = refused[-1]
    elif blocked:
        reason = f"in the way, and left as it is: {', '.join(f'~/{name}' for name in blocked)}"
    else:
        reason = f"`{plan.command or 'tar'}` ended with {result.code}"
    return Applied(ok=False, detail="\n".join([reason, *notes, _last(result)]).rstrip())


def _last(result: Result) -> str:
    return "\n".join(result.errors.splitlines()[-6:])
