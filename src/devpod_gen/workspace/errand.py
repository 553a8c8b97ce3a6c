"""All that `up` does in a started container, by one exec: a second one takes as long again.

It comes in as root, since who comes in before the entrypoint is done stays who the user was
before; waits for that; becomes the user, as the engine would have it; and makes the keys of
the SSH door beside hooks and probes. What is said between two marks is the second one's.
"""

import os
import shlex
from collections.abc import Callable, Mapping

from devpod_gen.engine.command import TIMED_OUT, Result
from devpod_gen.engine.model import Container
from devpod_gen.plan.model import ProbePlan
from devpod_gen.value import dataclass
from devpod_gen.workspace.batch import Timed
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.marks import Heard, Part, Record, records
from devpod_gen.workspace.probe import NO_SUCH_USER, Login, login_of, refuse
from devpod_gen.workspace.ssh import FOLDER, WELCOME, Visit

_AS_ROOT = f"""
user=$1 turns=$2 keys=$3 then=$4 token=$5 folder=$6
started() {{ IFS= read -r stat </proc/1/stat && set -- ${{stat##*) }} && started=${{20}}; }}
if [ -x /usr/local/bin/devpod-entrypoint ]; then
    started
    until {{ read -r mark </run/devpod/ready; }} 2>/dev/null && [ "$mark" = "$started" ]; do
        [ "$turns" -gt 0 ] || exit {TIMED_OUT}
        turns=$((turns - 1))
        sleep 0.005
    done
fi
known= roots=/root
while IFS= read -r line; do
    case $line in "$user":*) known=${{known:-$line}} ;; esac
    case $line in root:*) roots=${{line%:*}} roots=${{roots##*:}} ;; esac
done </etc/passwd
[ "$known" ] || exit {NO_SUCH_USER}
printf '\\n%s ready %s\\n' "$token" "$known"
# Whoever waits for it wants to use it: the watch for idleness counts anew.
[ ! -e /run/devpod/idle ] || : >/run/devpod/awake
make() {{ {FOLDER.strip()}; }}
[ ! "$keys" ] || [ -d /run/devpod/user ] || [ ! -d /usr/local/lib/devpod ] || make "$user"
shift 6
shell=${{known##*:}}
set -- sh -c "$then" sh "$token" "$folder" "$keys" "$1" "${{shell:-/bin/sh}}" "$2" "$3"
[ "$user" != root ] || exec "$@"
rest=${{known#*:*:}} home=${{known%:*}} home=${{home##*:}}
uid=${{rest%%:*}} rest=${{rest#*:}} gid=${{rest%%:*}}
[ "${{HOME:-$roots}}" != "$roots" ] || export HOME="$home"
exec setpriv --reuid "$uid" --regid "$gid" --init-groups "$@"
"""

_AS_USER = f"""
token=$1 folder=$2 keys=$3 git=$4 shell=$5 hooks=$6 probes=$7 place=/run/devpod/user/probe.$$
printf '\\n%s user\\n' "$token"
cd "$folder" || exit 1
[ -w /run/devpod/user ] || place=
welcome() {{ (
{WELCOME}
) }}
begin() {{ # number, seconds, command: beside the others, where there is a place for what it says
    [ "$place" ] || return 0
    timeout -k 2 "$2" "$shell" -lc "$3" </dev/null >"$place.$1" 2>&1 &
    eval "begun_$1=$!" beside=1
}}
tell() {{ # number, seconds, command: what it says, and how it ended
    eval "begun=\\${{begun_$1-}}"
    if [ "$begun" ]; then
        wait "$begun"
        code=$?
        cat "$place.$1"
    else
        timeout -k 2 "$2" "$shell" -lc "$3" </dev/null 2>&1
        code=$?
    fi
    printf '\\n%s probe %s %s\\n' "$token" "$1" "$code"
}}
if [ "$keys" ]; then
    # In one piece, so that it can be told from what is said meanwhile.
    {{
        said=$(welcome "$keys" "$git" </dev/null)
        printf '\\n%s keys %s\\n%s\\n%s end\\n' "$token" "$?" "$said" "$token"
    }} &
fi
if [ "$hooks" ]; then
    eval "$hooks" </dev/null
    code=$?
    printf '\\n%s hooks %s\\n' "$token" "$code"
fi
[ "${{code:-0}}" != 0 ] || eval "$probes"
[ ! "${{beside:-}}" ] || rm -f "$place".*
wait
"""


@dataclass(frozen=True, slots=True)
class Errand:
    """What is to be done inside. `hooks`: a line for sh; `seconds`: what the entrypoint may
    take, and what all the rest may."""

    visit: Visit
    hooks: str
    probes: tuple[ProbePlan, ...]
    seconds: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it. `keys`: of WELCOME; `hooks`: how they ended; None: they did not, or were
    not asked for. `probes`: as many as were asked for."""

    who: Login
    keys: Result | None
    hooks: Result | None
    probes: tuple[Timed, ...]


def run_errand(
    context: Context, container: Container, errand: Errand, on_end: Callable[[Part], None]
) -> Done:
    """Do all of it, and say when a part of it has ended. Raises StartError when the container
    does not get ready."""
    token, user = os.urandom(16).hex(), context.plan.user
    heard = Heard(token, on_end)
    told = [errand.visit.who.git, errand.hooks, _script(errand.probes)]
    patience, later = errand.seconds
    turns, keys, folder = str(int(patience / 0.006)), errand.visit.lacks, context.plan.folder
    argv = ["sh", "-c", _AS_ROOT, "sh", user, turns, keys, _AS_USER, token, folder, *told]
    engine, seconds = context.engine, patience + later
    result = engine.exec(container.id, argv, user="root", timeout=seconds, on_output=heard)
    known = records(result.output, token)
    if "ready" not in known:
        raise refuse(context.engine, container, user, result, seconds=patience)
    who = login_of(user, known["ready"].words, container)
    if "user" not in known:  # root may not become another: then the engine has to
        words = [token, folder, keys, told[0], who.shell, *told[1:]]
        argv = ["sh", "-c", _AS_USER, "sh", *words]
        result = engine.exec(container.id, argv, user=user, timeout=later, on_output=heard)
        known = records(result.output, token)
    return _done(errand, who, known, result)


def _script(probes: tuple[ProbePlan, ...]) -> str:
    """The stacks' run beside each other and beside the profile's: they only look. Whoever wrote
    the profile's may count on their order."""
    numbered = [
        (probe.own, shlex.join([str(number), str(probe.timeout), probe.run]))
        for number, probe in enumerate(probes)
    ]
    theirs = [words for own, words in numbered if not own]
    calls = [f"begin {words}" for words in theirs] if len(probes) > 1 else []
    calls += [f"tell {words}" for own, words in numbered if own]
    return "\n".join([*calls, *(f"tell {words}" for words in theirs)])


def _done(errand: Errand, who: Login, known: Mapping[str, Record], result: Result) -> Done:
    """What does not tell how it ended has failed with the words of the exec."""
    probes = tuple(_timed(known, f"probe {n}", result) for n in range(len(errand.probes)))
    keys, hooks = (_result(known, name, result) for name in ("keys", "hooks"))
    return Done(who, keys if errand.visit.lacks else None, hooks if errand.hooks else None, probes)


def _timed(known: Mapping[str, Record], name: str, result: Result) -> Timed:
    if name not in known:
        return Timed(result.code or 1, result.last_lines(3), 0.0)
    return Timed(_code(known[name]), known[name].said, 0.0)


def _result(known: Mapping[str, Record], name: str, result: Result) -> Result:
    if name not in known:
        return Result(result.code or 1, "", result.errors)
    return Result(_code(known[name]), known[name].said, result.errors)


def _code(record: Record) -> int:
    """How it ended; what is no exit code is none that is well."""
    words = record.words
    return int(words) if words.isascii() and words.isdigit() and len(words) < 4 else 1
