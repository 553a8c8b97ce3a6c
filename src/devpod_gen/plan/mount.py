"""Mounts, decided. What is emitted of one is the same on every machine: where its source is
there, a variable says, and where there is none the mount is nothing, beside its place."""

from collections.abc import Iterator
from typing import Literal

from devpod_gen.errors import Finding
from devpod_gen.plan.jetbrains import FOLDER as BACKENDS
from devpod_gen.plan.place import system_folder
from devpod_gen.profile.model import Profile
from devpod_gen.profile.nesting import covers, meet
from devpod_gen.profile.wording import where
from devpod_gen.value import dataclass

_OURS = ("/opt/mise", BACKENDS, "/tmp")  # noqa: S108 - a folder inside, which programs need
_OURS_AT_HOME = (".devcontainer", ".dotfiles")


Kind = Literal["file", "folder", "missing", "closed", "other"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a source is on this machine: its path with all links resolved, and what is there.
    `closed`: its user cannot look. `inside`: it is in the repo. `told`: then the path from its
    top, which is the same in each clone; else `real`."""

    real: str
    kind: Kind
    inside: bool
    told: str


@dataclass(frozen=True, slots=True)
class MountPlan:
    """A mount. `place`: None in what is emitted, which knows no machine; who starts something,
    or asks for trust, has looked."""

    number: int
    source: str
    target: str
    readonly: bool
    optional: bool
    place: Place | None = None

    @property
    def key(self) -> str:
        """Its place in the profile."""
        return f"mounts[{self.number - 1}]"

    @property
    def variable(self) -> str:
        """Has the source on this machine."""
        return f"DEVPOD_MOUNT_{self.number}"

    @property
    def switch(self) -> str:
        """Set, to nothing, where there is a source. It chooses between two targets and names
        none."""
        return f"DEVPOD_MOUNTED_{self.number}"

    @property
    def aside(self) -> str:
        """Where nothing is mounted when there is no source."""
        return f"/run/devpod-mount-{self.number}"

    @property
    def is_there(self) -> bool:
        """Whether its source is a file or folder of this machine."""
        return self.place is not None and self.place.kind in ("file", "folder")

    @property
    def mode(self) -> str:
        """What code inside may do with it."""
        return "read-only" if self.readonly else "read-write"


def resolve_mounts(profile: Profile) -> tuple[MountPlan, ...]:
    """Decide them. One that can be written is one that says so."""
    return tuple(
        MountPlan(
            number=number,
            source=mount.source,
            target=mount.target,
            readonly=mount.readonly is not False,
            optional=bool(mount.optional),
        )
        for number, mount in enumerate(profile.mounts, start=1)
    )


def clashes(profile: Profile, workspace: str, home: str) -> Iterator[Finding]:
    """Targets that would hide what must be seen, or lie in one another: then ownership inside
    could not be prepared without touching the host's files."""
    taken = [("the workspace", workspace)]
    for cache in profile.caches:
        taken += [(f'the cache "{cache.name}"', folder) for folder in cache.folders]
    ours = (*_OURS, *(f"{home}/{name}" for name in _OURS_AT_HOME))
    for index, mount in enumerate(profile.mounts):
        place, target = where(profile.file, ("mounts", index, "target")), mount.target
        if covers(target, home):
            yield Finding(place, f"{target} would hide the home folder ({home})")
        elif covers("/usr", target) and not system_folder(target):
            yield Finding(place, f"{target} would take the place of the system's /usr")
        elif found := next((one for one in ours if meet(one, target)), None):
            yield Finding(place, f"{target} would take the place of {found}, which devpod-gen uses")
        for what, other in taken:
            if meet(other, target):
                yield Finding(place, f"{target} and {what} ({other}) would lie in one another")
        taken.append((f"mounts[{index}]", target))
