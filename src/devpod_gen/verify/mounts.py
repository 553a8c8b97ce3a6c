"""Mounts, looked at inside: each is there, is what the host has, and can be written or not,
as the profile says. Nothing of the host's is changed by the look."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from devpod_gen.plan.model import Plan
from devpod_gen.plan.mount import MountPlan, Place
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.workspace.batch import Timed
from devpod_gen.workspace.mounted import BOOT, this_kernel
from devpod_gen.workspace.mounts import located

# The kernel of inside, what is there and its number, how it is mounted, what can be done.
_LOOK = f"""
boot= && read -r boot <{BOOT}
mode=
while read -r _ _ _ _ point options _; do
    [ "$point" != "$1" ] || mode=${{options%%,*}}
done </proc/self/mountinfo
[ ! -d "$1" ] || kind=folder
[ ! -f "$1" ] || kind=file
probe=$1
can=written
if [ "$2" = write ]; then
    [ -w "$1" ] || can=kept
elif [ "${{kind-}}" = folder ]; then
    probe=$1/.devpod-gen-probe
    if (set -C && : >"$probe") 2>/dev/null; then rm -f "$probe"; else can=kept; fi
else
    (: >>"$1") 2>/dev/null || can=kept
fi
number=$(stat -c %i "$1" 2>/dev/null) || number=0
echo "${{boot:-none}} ${{kind:-nothing}} $number ${{mode:-none}} $can"
"""


def look_at_mounts(plan: Plan, root: Path) -> Iterator[Look]:
    """A look for each mount of the plan."""
    mine = root.stat().st_uid
    for mount in located(root, plan).mounts:
        if mount.place:
            yield _look(mount, mount.place, mine)


def _look(mount: MountPlan, place: Place, mine: int) -> Look:
    name = f"mount:{mount.target}"
    if place.kind == "missing":
        return Look(name, (), lambda _: (None, f"not run: {place.real} is not there, and optional"))

    def judge(results: Sequence[Timed]) -> Verdict:
        words = results[0].said.split()
        if not results[0].ok or len(words) != 5:
            return False, f"cannot be looked at: {results[0].last_line}"
        if wrong := _wrong(mount, place, words):
            return False, wrong
        told, owner = f"{place.kind}, {mount.mode}", Path(place.real).stat().st_uid
        if mount.readonly or words[-1] == "written":
            return True, told
        # Whoever owns the repo could not write it on the host either.
        return owner != mine, f"{told}, but the user inside cannot write what is uid {owner}'s"

    action = "read" if mount.readonly else "write"
    return Look(name, (("sh", "-c", _LOOK, "sh", mount.target, action),), judge)


def _wrong(mount: MountPlan, place: Place, words: Sequence[str]) -> str:
    boot, kind, number, mode, can = words
    if mode == "none" or kind != place.kind:
        found = "nothing" if kind == "nothing" else f"another {kind}"
        return f"there is {found}, and not the {place.kind} of the host"
    # A virtual machine has its own numbers for the same files.
    if boot == this_kernel() and int(number) != Path(place.real).stat().st_ino:
        return f"is another {kind} than the host has"
    if mount.readonly and (mode != "ro" or can != "kept"):
        return "can be written, the profile says read-only"
    if not mount.readonly and mode != "rw":
        return "cannot be written, the profile says readonly = false"
    return ""
