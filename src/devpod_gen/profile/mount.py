"""What a profile says of mounts: files and folders of the host, and where they are inside."""

from typing import Any

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Mount:
    """A mount. `source`: a path from the repo's top, from `~/`, or an absolute one.
    None: the user said nothing."""

    source: str
    target: str
    readonly: bool | None = None
    optional: bool | None = None


def read_mounts(entries: list[dict[str, Any]]) -> tuple[Mount, ...]:
    """The valid list `mounts`, in its order."""
    return tuple(Mount(**entry) for entry in entries)
