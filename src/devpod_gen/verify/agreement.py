"""The doors, compared: whoever comes in is the same user, in the same place, and finds the
same, by whichever door. Each door is asked the same; a difference is a finding."""

import shlex
from collections.abc import Mapping, Sequence

from devpod_gen.plan.model import Plan
from devpod_gen.verify.look import Look
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace.batch import Inside, Timed

SEEN = "seen"
"""The id of the look whose value is what a door shows. It is no check of its own."""

Seen = Mapping[str, str]
"""What a door shows, by name."""

# Values are compared by a checksum where they may have lines: one line each is said.
_ASK = """
part=$1 names=$2 caches=$3
say() { printf '%s%s=%s\\n' "$part" "$1" "$2"; }
say user "$(id -un)"
say 'uid and gid' "$(id -u):$(id -g)"
say groups "$(id -Gn)"
say HOME "$HOME"
say PATH "$PATH"
say 'working directory' "$PWD"
say umask "$(umask)"
say locale "$(locale charmap 2>/dev/null) ${LC_ALL:-${LC_CTYPE:-${LANG-}}}"
for name in $names; do
    eval "value=\\${$name-(not set)}"
    say "the variable $name" "$(printf %s "$value" | cksum)"
done
for cache in $caches; do
    [ -w "$cache" ] && can=writable || can='not writable'
    say "the cache $cache" "$can"
done
say secrets "$(ls /run/secrets 2>/dev/null | tr '\\n' ' ')"
"""


def seen_look(plan: Plan, shell: str) -> Look:
    """What is asked through each door: of a plain command, and of one by a login shell."""
    names = " ".join(name for name, _ in plan.env)
    caches = " ".join(cache.folder for cache in plan.caches)
    plain = ("sh", "-c", _ASK, "sh", "", names, caches)
    at_login = ("sh", "-c", _ASK, "sh", "at login ", names, caches)
    commands = (plain, (shell, "-lc", f"exec {shlex.join(at_login)}"))

    def judge(results: Sequence[Timed]) -> tuple[bool, str, str]:
        return True, "", "\n".join(result.said for result in results)

    return Look(SEEN, commands, judge)


def seen_over(plan: Plan, shell: str, inside: Inside) -> str:
    """The same, through a door where nothing else is looked at."""
    _, at_login = seen_look(plan, shell).commands
    return inside(list(at_login)).output


def compared(seen: Mapping[Door, str], checks: Sequence[Check]) -> Check:
    """Whether all of the doors show the same, and find the same versions of the tools."""
    shown = {door: _values(text) | _tools(door, checks) for door, text in seen.items()}
    if len(shown) < 2:
        return Check("doors", "host", None, "not run: there is one door only to look at")
    names = dict.fromkeys(name for values in shown.values() for name in values)
    differences = [told for name in names if (told := _difference(name, shown))]
    same = f"{', '.join(shown)}: {len(names)} values are the same through each of them"
    return Check("doors", "host", not differences, "\n".join(differences) or same)


def _difference(name: str, shown: Mapping[Door, Seen]) -> str:
    """Where doors differ in this, what each shows. One that was not asked is not among them."""
    by_value: dict[str, list[str]] = {}
    for door, values in shown.items():
        if name in values:
            by_value.setdefault(values[name], []).append(door)
    if len(by_value) < 2:
        return ""
    told = (f"{value or '(nothing)'} through {' and '.join(d)}" for value, d in by_value.items())
    return f"{name} is {', but '.join(told)}"


def _values(text: str) -> dict[str, str]:
    """The lines that are ours, whatever start-up files have said besides."""
    pairs = (line.partition("=") for line in text.splitlines())
    return {name: value for name, equals, value in pairs if equals and _is_ours(name)}


def _is_ours(name: str) -> bool:
    name = name.removeprefix("at login ")
    return name in _NAMES or name.startswith(("the variable ", "the cache "))


_NAMES = (
    *("user", "uid and gid", "groups", "HOME", "PATH", "working directory", "umask"),
    *("locale", "secrets"),
)


def _tools(door: Door, checks: Sequence[Check]) -> dict[str, str]:
    return {
        f"the version of {check.id.removeprefix('tool:')}": check.value
        for check in checks
        if check.door == door and check.id.startswith("tool:") and check.value
    }
