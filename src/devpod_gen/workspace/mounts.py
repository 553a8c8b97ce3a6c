"""Where the sources of a plan's mounts are on this machine, now.

It is asked again whenever something is to be mounted: what a path leads to can be another
place than it was when its user trusted it.
"""

import errno
import hashlib
import json
import os
import stat
from dataclasses import replace
from pathlib import Path

from devpod_gen.errors import Finding, HostError
from devpod_gen.plan.asks import asks_for
from devpod_gen.plan.model import Plan
from devpod_gen.plan.mount import Kind, MountPlan, Place
from devpod_gen.plan.policy import Policy
from devpod_gen.profile.wording import printable

_NOTHING_THERE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG)

Variables = tuple[tuple[str, str], ...]

MOUNTS = "DEVPOD_MOUNTS"
"""A hash of what is mounted, by which a container is known that has something else."""


def located(root: Path, plan: Plan) -> Plan:
    """The plan, with the place of each mount's source. Raises HostError without a home."""
    if not plan.mounts:
        return plan
    top = root.resolve()
    found = tuple(replace(mount, place=_place(top, mount.source)) for mount in plan.mounts)
    return replace(plan, mounts=found)


def require(root: Path, plan: Plan) -> None:
    """Raises HostError where a source is not there that is needed."""
    missing = [mount for mount in located(root, plan).mounts if not mount.is_there]
    needed = [mount for mount in missing if not mount.optional]
    if needed:
        told = "the source of a mount is" if len(needed) == 1 else "sources of mounts are"
        message = f"{told} not on this machine; nothing was started"
        raise HostError(
            message,
            where=plan.file,
            findings=tuple(
                Finding(f"{plan.file}::{mount.key}.source", _missing(mount)) for mount in needed
            ),
            fix="make it, or say `optional = true` in the profile",
        )


def asking(plan: Plan) -> tuple[tuple[str, str], ...]:
    """Of a located plan: what asks for trust, as the profile says it, and where it is."""
    asked = (mount for mount in plan.mounts if asks_for(plan, mount))
    return tuple((mount.source, mount.place.told) for mount in asked if mount.place)


def refused(root: Path, plan: Plan, policy: Policy) -> tuple[Finding, ...]:
    """Of a located plan: what no profile gets, and why."""
    from devpod_gen.workspace.guarded import refusal  # noqa: PLC0415 - only where there are mounts

    found = []
    for mount in plan.mounts:
        if not mount.place:
            continue
        # A clone in a volume does not have what is beside it in the repo's folder.
        place = replace(mount.place, inside=mount.place.inside and not plan.clone)
        if why := refusal(place, root.resolve(), policy.mounts):
            found.append(
                Finding(f"{plan.file}::{mount.key}.source", printable(f"{place.real} {why}"))
            )
    return tuple(found)


def variables(plan: Plan) -> Variables:
    """What the compose file has to be told of a located plan."""
    there = [mount for mount in plan.mounts if mount.is_there]
    if not there:
        return ()
    told = [(mount.variable, mount.place.real if mount.place else "") for mount in there]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
    return (*told, *((mount.switch, "") for mount in there), (MOUNTS, digest))


def _missing(mount: MountPlan) -> str:
    real = mount.place.real if mount.place else mount.source
    try:
        Path(real).stat()
    except OSError as error:
        return f"{real}: {error.strerror}"
    return f"{real} was not there"


def _place(top: Path, source: str) -> Place:
    spelled = _home() + source[1:] if source.startswith("~") else str(top / source)
    try:
        real = os.path.realpath(spelled)
    except OSError:  # a link of another user's, as in /proc
        path = os.path.normpath(spelled)
        return Place(path, "closed", inside=False, told=path)
    inside = Path(real).is_relative_to(top)
    told = f"./{Path(real).relative_to(top)}" if inside else real
    return Place(real, _kind(real), inside=inside, told=told)


def _home() -> str:
    try:
        return str(Path.home())
    except RuntimeError as error:
        message = "this user has no home folder"
        raise HostError(message, where="HOME", fix="set HOME") from error


def _kind(path: str) -> Kind:
    """An engine may see more than its user: where they cannot look, a link would be followed
    that nobody has looked at."""
    try:
        mode = Path(path).stat().st_mode
    except OSError as error:
        return "missing" if error.errno in _NOTHING_THERE else "closed"
    if stat.S_ISDIR(mode):
        return "folder"
    return "file" if stat.S_ISREG(mode) else "other"
