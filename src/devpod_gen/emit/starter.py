"""The first devpod.toml of a repo, written from what was detected there."""

from dataclasses import dataclass

import tomli_w

from devpod_gen.emit.render import render
from devpod_gen.profile import version
from devpod_gen.profile.detect import Detection, FoundVersion
from devpod_gen.profile.existing import Existing
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import printable


@dataclass(frozen=True, slots=True)
class _Tool:
    name: str
    value: str
    source: str


def starter(
    name: str, detection: Detection, stacks: tuple[Stack, ...], was: Existing | None = None
) -> str:
    """The commented profile, as TOML text; `was`: what the repo's own devcontainer.json says."""
    chosen = [found.name for found in detection.stacks]
    by_name = {stack.name: stack for stack in stacks}
    return render(
        "profile/devpod.toml.j2",
        name=name,
        stacks=chosen,
        evidence=printable(", ".join(f"{x.name}: {x.evidence}" for x in detection.stacks)),
        tools=[tool for found in detection.versions if (tool := _tool(found))],
        caches=_caches([by_name[stack] for stack in chosen]),
        taken_over=_taken_over(was) if was else "",
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


def _taken_over(was: Existing) -> str:
    """The tables that say what the repo's devcontainer.json said; empty where it said nothing
    that a profile can say."""
    vscode = {"extensions": list(was.extensions), "settings": dict(was.settings)}
    kept = {key: value for key, value in vscode.items() if value}
    ports = [
        {"port": port, "publish": False} | ({"label": label} if label else {})
        for port, label in was.ports
    ]
    tables = {"env": dict(was.env), "ports": ports, "ide": {"vscode": kept} if kept else {}}
    text = tomli_w.dumps({key: value for key, value in tables.items() if value})
    return f"# Taken over from {was.source}.\n{text}" if text else ""


def _tool(found: FoundVersion) -> _Tool | None:
    """A floor becomes a range; what no constraint can say is left out of the profile."""
    value = f">={found.value}" if found.kind == "floor" else found.value
    try:
        version.parse(value)
    except ValueError:
        return None
    return _Tool(found.tool, value, found.source)
