"""What is looked at inside of hooks and services."""

from collections.abc import Iterator, Sequence

from devpod_gen.plan.hook import KEPT, HookPlan
from devpod_gen.plan.model import Plan
from devpod_gen.plan.service import ServicePlan
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.workspace.batch import Inside, Timed

# bash connects without a program of its own for that; where there is none, the name at
# least has to mean something.
_REACH = """
getent hosts "$1" >/dev/null || { echo "nothing here has the name $1"; exit 1; }
command -v bash >/dev/null || { echo "has an address; not tried, there is no bash"; exit 0; }
name=$1 && shift
for port in "$@"; do
    timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$name" "$port" 2>/dev/null ||
        { echo "nothing answers at $name:$port"; exit 1; }
done
echo "reachable as $name${1:+:$*}"
"""


# What stow and its like have made in the home.
_LINKS = """
find "$HOME" -maxdepth 4 -path "$HOME/.dotfiles*" -prune -o -lname "*.dotfiles/*" -print |
    { count=0; while read -r link; do
        count=$((count + 1)); [ -e "$link" ] || { echo "leads nowhere: $link"; exit 1; }
    done; echo "$count links into ~/.dotfiles"; }
"""


def look_at_links(inside: Inside) -> tuple[bool, str]:
    """Whether each link from the home to the dotfiles leads somewhere, and how many there are."""
    result = inside(["sh", "-c", _LINKS])
    return result.ok, result.last_lines(1)


def look_at_parts(plan: Plan) -> Iterator[Look]:
    """Each hook that was run, and each service by its name."""
    for hook in plan.hooks.all:
        yield _hook(hook)
    for service in plan.services:
        yield _service(service)


def _hook(hook: HookPlan) -> Look:
    def judge(results: Sequence[Timed]) -> Verdict:
        if results[0].ok:
            return True, "ended with 0"
        return False, results[1].last_line if results[1].ok else "was not run"

    commands = (
        ("test", "-e", f"{KEPT}/{hook.name}.done"),
        ("tail", "-n", "1", f"{KEPT}/{hook.name}.log"),
    )
    return Look(f"hook:{hook.name}", commands, judge)


def _service(service: ServicePlan) -> Look:
    command = ("sh", "-c", _REACH, "sh", service.name, *map(str, service.ports))
    return Look(f"reach:{service.name}", (command,), lambda r: (r[0].ok, r[0].last_line))
