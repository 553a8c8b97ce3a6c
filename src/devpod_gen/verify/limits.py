"""The limits of a workspace, read back from inside: what the kernel holds it to, in the
control group's files of version 2 or 1."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from devpod_gen.plan.model import Plan
from devpod_gen.profile.size import size_of
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.workspace import memory
from devpod_gen.workspace.batch import Timed

# Each prints one line, or nothing where the kernel has no such file. Version 2 comes first.
_CPUS = """
cat /sys/fs/cgroup/cpu.max && exit
for d in cpu cpu,cpuacct; do
    cd /sys/fs/cgroup/$d && echo $(cat cpu.cfs_quota_us cpu.cfs_period_us) && exit
done
"""
_MEMORY = "cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes"
_ENDLESS = 2**60
"""Control groups of version 1 say no limit as a number."""

_PIDS = "cat /sys/fs/cgroup/pids.max || cat /sys/fs/cgroup/pids/pids.max"
_SHM = "df -B1 --output=size /dev/shm | tail -n 1"


def limits(plan: Plan) -> Iterator[Look]:
    """A look for each limit that the plan sets."""
    wanted = plan.resources
    if wanted.cpus:
        yield _look("cpus", _CPUS, wanted.cpus, _share)
    if wanted.memory:
        yield _look("memory", _MEMORY, size_of(wanted.memory), int)
    elif most := memory.limit():
        yield _machines(most * 1024**2)
    if wanted.pids:
        yield _look("pids", _PIDS, wanted.pids, int)
    if wanted.shm:
        yield _look("shm", _SHM, size_of(wanted.shm), int)


def _look(name: str, script: str, wanted: float, read: Callable[[str], float]) -> Look:
    def judge(results: Sequence[Timed]) -> Verdict:
        said = results[0].said.strip()
        if not said:
            return None, "not run: this engine shows no control group inside"
        try:
            found = read(said)
        except ValueError:
            return False, f"there is no limit ({said}), the profile says {_told(wanted)}"
        held = abs(found - wanted) < 0.01 * wanted  # kernels round to pages
        return held, _told(
            found
        ) if held else f"is {_told(found)}, the profile says {_told(wanted)}"

    return Look(f"limit:{name}", (("sh", "-c", f"exec 2>/dev/null\n{script}"),), judge)


def _machines(most: int) -> Look:
    """The machine's own, which not every engine can hold a container to: nobody has asked."""
    look = _look("memory", _MEMORY, most, int)

    def judge(results: Sequence[Timed]) -> Verdict:
        said = results[0].said.strip()
        if not said.isdigit() or int(said) >= _ENDLESS:
            return None, "not run: this engine holds nothing to a limit of memory"
        held, told, *_ = look.judge(results)
        return held, told.replace("the profile says", "this machine's is")

    return replace(look, judge=judge)


def _told(number: float) -> str:
    return f"{number:g}" if number < 1000 else f"{number:.0f}"


def _share(said: str) -> float:
    """Of CPUs; a quota that is `max` or -1 is none."""
    quota, period = (int(word) for word in said.split())
    if quota < 0:
        raise ValueError
    return quota / period
