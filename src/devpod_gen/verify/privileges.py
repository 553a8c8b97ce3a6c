"""What the workspace's processes may do, read back from inside as the kernel has it."""

from collections.abc import Iterator, Sequence

from devpod_gen.plan.model import Plan
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.workspace.batch import Timed

_READ = "sed -n 's/^NoNewPrivs:[^0-9]*//p; s/^CapBnd:[^0-9a-f]*//p' /proc/self/status"

# capabilities(7), by their numbers in linux/capability.h.
_NUMBERS = {
    "CHOWN": 0,
    "DAC_OVERRIDE": 1,
    "FOWNER": 3,
    "FSETID": 4,
    "KILL": 5,
    "SETGID": 6,
    "SETUID": 7,
    "NET_BIND_SERVICE": 10,
    "SYS_CHROOT": 18,
    "AUDIT_WRITE": 29,
    "SETFCAP": 31,
}


def privileges(plan: Plan) -> Iterator[Look]:
    """One look: no more capabilities than the plan's, and no program that gives more."""
    allowed = sum(1 << _NUMBERS[name] for name in plan.privileges.capabilities)
    locked = bool(plan.privileges.options)

    def judge(results: Sequence[Timed]) -> Verdict:
        words = results[0].said.split()
        if len(words) != 2:
            return None, "not run: /proc/self/status does not say"
        bounding, no_new = sorted(words, key=len, reverse=True)
        more = int(bounding, 16) & ~allowed
        if more or (locked and no_new != "1"):
            what = f"capabilities beyond the plan's: {more:#x}" if more else "sudo gives root"
            return False, f"{what}; was the container started from the compose file?"
        count = int(bounding, 16).bit_count()
        return True, f"{count} capabilities at most" + (", no new privileges" if locked else "")

    yield Look("privileges", (("sh", "-c", _READ),), judge)
