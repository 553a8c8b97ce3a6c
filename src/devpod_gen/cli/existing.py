"""What init says of a repo's own files: how much is taken over, and what is not."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpod_gen.cli.console import Console
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from devpod_gen.profile.detect import Detection
    from devpod_gen.profile.existing.model import Existing
    from devpod_gen.profile.stacks import Stack

_MOST = 12  # lines for people of what one file does not hand over; --json has them all


def found_before(
    root: Path, detection: "Detection", known: "tuple[Stack, ...]"
) -> "tuple[Existing, ...]":
    """What the repo's own files say and detection does not; ours say nothing."""
    from devpod_gen.emit.file import is_ours  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.profile.existing.settle import settle  # noqa: PLC0415
    from devpod_gen.profile.existing.sources import existing  # noqa: PLC0415

    return settle(existing(root, is_ours), detection, known)


def tell(was: "tuple[Existing, ...]", console: Console) -> None:
    """A line a file, then what was not taken over."""
    for one in was:
        taken = ", ".join(
            _counted(kind, len(items)) for kind, items in _taken(one).items() if items
        )
        console.say(printable(f"taken over from {one.source}: {taken or 'nothing'}"))
    for one in was:
        for left in one.left_out[:_MOST]:
            console.say(printable(f"  not taken over: {_place(one, left.key)} ({left.reason})"))
        if (more := len(one.left_out) - _MOST) > 0:
            console.say(printable(f"  … and {more} more of {one.source}: see --json"))


def told(one: "Existing") -> dict[str, Any]:
    """The same for programs."""
    return {
        "source": one.source,
        "taken": {kind: items for kind, items in _taken(one).items() if items},
        "left_out": [{"key": left.key, "reason": left.reason} for left in one.left_out],
    }


def _counted(kind: str, count: int) -> str:
    return f"{count} {kind.removesuffix('s') if count == 1 else kind}"


def _place(one: "Existing", key: str) -> str:
    return key if key == one.source else f"{one.source}: {key}"


def _taken(one: "Existing") -> dict[str, Any]:
    """What is taken over, by kind, in words and numbers."""
    return {
        "stacks": list(one.stacks),
        "tools": dict(one.tools),
        "packages": list(one.packages),
        "suggested packages": list(one.suggested),
        "variables": [name for name, _ in one.env],
        "ports": [port.port for port in one.ports],
        "extensions": list(one.extensions),
        "settings": [key for key, _ in one.settings],
        "hooks": [hook.name for hook in one.hooks],
        "services": [service.name for service in one.services],
        "mounts": [mount.source for mount in one.mounts],
    }
