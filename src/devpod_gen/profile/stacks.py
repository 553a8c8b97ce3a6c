"""Language stacks: each is a folder of images/ with a stack.toml. Adding one is adding a folder."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devpod_gen import resources
from devpod_gen.errors import InternalError
from devpod_gen.profile import rule
from devpod_gen.profile.model import Probe
from devpod_gen.profile.rule import ManagerRule, Marker, Place, VersionSource


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the stack. `distribution`: the version that the stack's image brings, from
    Debian, npm or PyPI; without one, mise brings `mise_default`."""

    name: str
    distribution: str | None
    mise_default: str | None
    command: str
    pattern: str
    mise: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, as its stack.toml says."""

    name: str
    title: str
    rank: int
    signs: tuple[Marker, ...]
    sources: tuple[str, ...]
    members: tuple[Place, ...]
    versions: tuple[VersionSource, ...]
    managers: tuple[ManagerRule, ...]
    tools: tuple[Tool, ...]
    caches: tuple[tuple[str, tuple[str, ...]], ...]
    probes: tuple[Probe, ...]
    extensions: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...]
    backend: str | None

    @property
    def markers(self) -> tuple[str, ...]:
        """The names of the entries that say the stack, each once."""
        return tuple(dict.fromkeys(marker.file for marker in self.signs))


@cache
def known() -> tuple[Stack, ...]:
    """Every built-in stack, by name."""
    return load_all(resources.images())


def load_all(folder: Path) -> tuple[Stack, ...]:
    """The stacks of a folder of stack folders, by name."""
    return tuple(_load(file) for file in sorted(folder.glob("*/stack.toml")))


def _load(file: Path) -> Stack:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        return _stack(file.parent.name, document)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        message = f"the stack cannot be read: {error!r}"
        raise InternalError(message, where=str(file), fix="report it") from error


def _stack(name: str, document: dict[str, Any]) -> Stack:
    vscode = document.get("vscode", {})
    return Stack(
        name=name,
        title=document["title"],
        rank=document.get("rank", 50),
        signs=tuple(rule.marker(entry) for entry in document["markers"]),
        sources=tuple(document.get("sources", ())),
        members=tuple(rule.place(entry) for entry in document.get("members", ())),
        versions=tuple(rule.version(entry) for entry in document.get("version", ())),
        managers=tuple(rule.manager(entry) for entry in document.get("manager", ())),
        tools=tuple(
            Tool(
                name=tool,
                distribution=entry.get("distribution"),
                mise_default=entry.get("mise_default"),
                command=entry["command"],
                pattern=entry["pattern"],
                mise=entry["mise"],
            )
            for tool, entry in document.get("tools", {}).items()
        ),
        caches=tuple((key, tuple(paths)) for key, paths in document.get("caches", {}).items()),
        probes=tuple(Probe(**entry) for entry in document.get("probe", ())),
        extensions=tuple(vscode.get("extensions", ())),
        settings=tuple(vscode.get("settings", {}).items()),
        backend=document.get("jetbrains", {}).get("backend"),
    )
