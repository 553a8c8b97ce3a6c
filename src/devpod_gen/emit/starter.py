"""The first devpod.toml of a repo, written from what was detected there."""

from dataclasses import dataclass

from devpod_gen.emit.render import render
from devpod_gen.profile import version
from devpod_gen.profile.detect import Detection, FoundVersion
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import printable


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    value: str
    source: str


def starter(name: str, detection: Detection, stacks: tuple[Stack, ...]) -> str:
    """The commented profile, as TOML text."""
    chosen = [found.name for found in detection.stacks]
    by_name = {stack.name: stack for stack in stacks}
    return render(
        "profile/devpod.toml.j2",
        name=name,
        stacks=chosen,
        evidence=printable(", ".join(f"{x.name}: {x.evidence}" for x in detection.stacks)),
        tools=[tool for found in detection.versions if (tool := _tool(found))],
        caches=[cache for stack in chosen for cache in by_name[stack].caches],
    )


def _tool(found: FoundVersion) -> _Tool | None:
    """A floor becomes a range; what no constraint can say is left out of the profile."""
    value = f">={found.value}" if found.kind == "floor" else found.value
    try:
        version.parse(value)
    except ValueError:
        return None
    return _Tool(found.tool, value, found.source)
