"""Language stacks: each is a folder of images/ with a stack.toml. Adding one is adding a folder."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from devpod_gen import resources
from devpod_gen.errors import InternalError
from devpod_gen.profile.model import Probe

Kind = Literal["pin", "floor", "range"]


@dataclass(frozen=True, slots=True)
class VersionSource:
    """A place where an ecosystem states a version: a key of a document, or a pattern."""

    tool: str
    file: str
    kind: Kind
    pattern: str | None
    key: tuple[str, ...]
    anchor: str | None

    @property
    def source(self) -> str:
        """How a person is told where it stands: `go.mod#toolchain`, `.nvmrc`."""
        anchor = self.anchor or ".".join(self.key)
        return f"{self.file}#{anchor}" if anchor else self.file


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the stack. `distribution`: the version that the base image's Debian has."""

    name: str
    distribution: str | None
    command: str
    pattern: str
    mise: str


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, as its stack.toml says."""

    name: str
    title: str
    rank: int
    markers: tuple[str, ...]
    sources: tuple[str, ...]
    versions: tuple[VersionSource, ...]
    tools: tuple[Tool, ...]
    caches: tuple[tuple[str, tuple[str, ...]], ...]
    probes: tuple[Probe, ...]
    extensions: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...]
    backend: str | None


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
        markers=tuple(document["markers"]),
        sources=tuple(document.get("sources", ())),
        versions=tuple(
            VersionSource(
                tool=entry["tool"],
                file=entry["file"],
                kind=entry["kind"],
                pattern=entry.get("pattern"),
                key=tuple(entry.get("key", ())),
                anchor=entry.get("anchor"),
            )
            for entry in document.get("version", ())
        ),
        tools=tuple(
            Tool(tool, entry.get("distribution"), entry["command"], entry["pattern"], entry["mise"])
            for tool, entry in document.get("tools", {}).items()
        ),
        caches=tuple((key, tuple(paths)) for key, paths in document.get("caches", {}).items()),
        probes=tuple(Probe(**entry) for entry in document.get("probe", ())),
        extensions=tuple(vscode.get("extensions", ())),
        settings=tuple(vscode.get("settings", {}).items()),
        backend=document.get("jetbrains", {}).get("backend"),
    )
