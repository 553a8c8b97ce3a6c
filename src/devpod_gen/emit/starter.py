"""The first devpod.toml of a repo, written from what was detected there."""

import re

from devpod_gen.emit.render import json_of, render
from devpod_gen.emit.takeover import sources, tables, text_of
from devpod_gen.profile import version
from devpod_gen.profile.detect import Detection, FoundVersion
from devpod_gen.profile.existing.model import Existing
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass

UNIVERSAL = "universal"
"""The stack that has every language which fits in one image: offered where none was found."""


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    value: str
    source: str


def starter(
    name: str,
    detection: Detection,
    stacks: tuple[Stack, ...],
    was: tuple[Existing, ...] = (),
) -> str:
    """The commented profile, as TOML text; `was`: what the repo's own files say, settled."""
    by_name = {stack.name: stack for stack in stacks}
    evidence = [f"{found.name}: {found.evidence}" for found in detection.stacks]
    evidence += [f"{stack}: {one.source}" for one in was for stack in one.stacks]
    chosen = [found.name for found in detection.stacks]
    chosen += [stack for one in was for stack in one.stacks]
    tools = [tool for found in detection.versions if (tool := _tool(found))]
    tools += [
        _Tool(_key(tool), value, printable(one.source)) for one in was for tool, value in one.tools
    ]
    taken = tables(was)
    return render(
        "profile/devpod.toml.j2",
        name=name,
        stacks=chosen,
        reason=detection.reason,
        universal=UNIVERSAL if UNIVERSAL in by_name else "",
        evidence=printable(", ".join(evidence)),
        tools=tools,
        caches=_caches([by_name[stack] for stack in chosen]),
        suggested=[package for one in was for package in one.suggested],
        taken=tuple(taken),
        taken_over=text_of(taken),
        sources=sources(was),
    )


def _caches(stacks: list[Stack]) -> list[tuple[str, list[str]]]:
    """The stacks' caches. Those of one name, as Java's and Kotlin's, are one, and a folder
    is kept once."""
    caches: dict[str, list[str]] = {}
    kept: set[str] = set()
    for name, folders in (cache for stack in stacks for cache in stack.caches):
        caches.setdefault(name, []).extend(folder for folder in folders if folder not in kept)
        kept.update(folders)
    return [(name, folders) for name, folders in caches.items() if folders]


def _tool(found: FoundVersion) -> _Tool | None:
    """A floor becomes a range; what no constraint can say is left out of the profile."""
    value = f">={found.value}" if found.kind == "floor" else found.value
    try:
        version.parse(value)
    except ValueError:
        return None
    return _Tool(_key(found.tool), value, found.source)


def _key(name: str) -> str:
    """The name as a key of TOML: a dot would make it two."""
    return name if re.fullmatch(r"[a-z0-9_-]+", name) else json_of(name)
