"""Whether what an engine has mounted is what it was told to.

Between the look at a path and the mount a part of it can become a link; the engine would
follow it. So the kernel is asked afterwards, before anything of the profile's runs inside:
the same file has the same numbers on both sides, where there is one kernel. A virtual machine
has its own: there it cannot be told.
"""

import json
import os
import stat
from pathlib import Path

from devpod_gen.engine.model import Container, Project
from devpod_gen.errors import Finding, Forbidden
from devpod_gen.workspace.context import Context

BOOT = "/proc/sys/kernel/random/boot_id"
"""Names a run of a kernel."""

_DEADLINE = 30.0
_LOOK = f'cat {BOOT}; for path in "$@"; do stat -L -c "%d %i" -- "$path" || echo none; done'


def require_same(context: Context, container: Container) -> None:
    """Raises Forbidden, with the container removed, where a mount is another file or folder
    than what is at its source. Raises EngineError."""
    plan, engine = context.plan, context.engine
    sources = _told(engine.inspect("container", container.id))
    there = [mount for mount in plan.mounts if mount.target in sources]
    argv = ["sh", "-c", _LOOK, "sh", *(mount.target for mount in there)]
    result = engine.exec(container.id, argv, user="root", timeout=_DEADLINE)
    boot, *numbers = result.output.splitlines() or [""]
    if not there or boot != this_kernel():
        return
    found = dict(zip((mount.target for mount in there), numbers, strict=False))
    wrong = [one for one in there if found.get(one.target) != _numbers(sources[one.target])]
    if wrong:
        engine.remove(Project(container.project, ()), volumes=False)
        message = "what was mounted is not what was looked at before; the container is removed"
        raise Forbidden(
            message,
            where=plan.file,
            findings=tuple(
                Finding(f"{plan.file}::{mount.key}.source", "led elsewhere then") for mount in wrong
            ),
            fix="see what changes these paths while `up` runs, then run it again",
        )


def this_kernel() -> str:
    """The run of the kernel that this program is on; what no container says where none tells."""
    try:
        return Path(BOOT).read_text(encoding="ascii").strip()
    except OSError:
        return "(none)"


def _told(inspected: str) -> dict[str, str]:
    """By their targets, the sources that the engine was told."""
    mounts = json.loads(inspected).get("Mounts") or ()
    return {one["Destination"]: one["Source"] for one in mounts if one["Type"] == "bind"}


def _numbers(path: str) -> str:
    """Of what is there without any link on the way; empty where there is one now."""
    place = os.open("/", os.O_PATH)
    try:
        for part in Path(path).parts[1:]:
            above = place
            place = os.open(part, os.O_PATH | os.O_NOFOLLOW, dir_fd=above)
            os.close(above)
        info = os.fstat(place)
    except OSError:
        return ""
    finally:
        os.close(place)
    return "" if stat.S_ISLNK(info.st_mode) else f"{info.st_dev} {info.st_ino}"
