"""Language stacks: each is a folder of images/ with a stack.toml. Adding one is adding a folder."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from devpod_gen import resources
from devpod_gen.errors import InternalError
from devpod_gen.profile import rule
from devpod_gen.profile.model import Probe
from devpod_gen.profile.rule import ManagerRule, Marker, Place, VersionSource
from devpod_gen.profile.tool import Tool, tool
from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the stack gets into an image: the folder of a Dockerfile.

    `place`: that of a repo's own stack, from the repo's top, with `digest`, a hash of all
    its files; None for one of ours.
    """

    folder: Path
    builds: bool
    place: str | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """One stack, as its stack.toml says. `includes`: it is others, and what it adds."""

    name: str
    title: str
    rank: int
    includes: tuple[str, ...]
    signs: tuple[Marker, ...]
    sources: tuple[str, ...]
    locks: tuple[str, ...]
    members: tuple[Place, ...]
    versions: tuple[VersionSource, ...]
    managers: tuple[ManagerRule, ...]
    packages: tuple[str, ...]
    tools: tuple[Tool, ...]
    caches: tuple[tuple[str, tuple[str, ...]], ...]
    env: tuple[tuple[str, str], ...]
    probes: tuple[Probe, ...]
    extensions: tuple[str, ...]
    settings: tuple[tuple[str, Any], ...]
    backend: str | None
    recipe: Recipe

    @property
    def markers(self) -> tuple[str, ...]:
        """The names of the entries that say the stack, each once."""
        return tuple(dict.fromkeys(marker.file for marker in self.signs))


@cache
def known() -> tuple[Stack, ...]:
    """Every built-in stack, by name."""
    return load_all(resources.images())


def behind(names: tuple[str, ...]) -> tuple[Stack, ...] | None:
    """The built-in stacks of these names, and those that they include, without reading the
    others; None where one of them is no built-in."""
    found: dict[str, Stack] = {}
    left = list(names)
    while left:
        name = left.pop()
        file = resources.images() / name / "stack.toml"
        if not file.is_file():
            return None
        if name not in found:
            found[name] = _builtin(file)
            left += found[name].includes
    return tuple(found[name] for name in sorted(found))


@cache
def _builtin(file: Path) -> Stack:
    """One of ours, which stays as it is while we run."""
    return _load(file)


def load_all(folder: Path) -> tuple[Stack, ...]:
    """The stacks of a folder of stack folders, by name."""
    return tuple(_load(file) for file in sorted(folder.glob("*/stack.toml")))


def _load(file: Path) -> Stack:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
        recipe = Recipe(file.parent, (file.parent / "Dockerfile").exists())
        return stack(file.parent.name, document, recipe)
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        message = f"the stack cannot be read: {error!r}"
        raise InternalError(message, where=str(file), fix="report it") from error


def stack(name: str, document: dict[str, Any], recipe: Recipe) -> Stack:
    """The stack that a valid stack.toml describes."""
    vscode = document.get("vscode", {})
    return Stack(
        name=name,
        title=document["title"],
        rank=document.get("rank", 50),
        includes=tuple(document.get("includes", ())),
        signs=tuple(rule.marker(entry) for entry in document.get("markers", ())),
        sources=tuple(document.get("sources", ())),
        locks=tuple(document.get("locks", ())),
        members=tuple(rule.place(entry) for entry in document.get("members", ())),
        versions=tuple(rule.version(entry) for entry in document.get("version", ())),
        managers=tuple(rule.manager(entry) for entry in document.get("manager", ())),
        packages=tuple(document.get("packages", ())),
        tools=tuple(tool(name, entry) for name, entry in document.get("tools", {}).items()),
        caches=tuple((key, tuple(paths)) for key, paths in document.get("caches", {}).items()),
        env=tuple(document.get("env", {}).items()),
        probes=tuple(Probe(**entry) for entry in document.get("probe", ())),
        extensions=tuple(vscode.get("extensions", ())),
        settings=tuple(vscode.get("settings", {}).items()),
        backend=document.get("jetbrains", {}).get("backend"),
        recipe=recipe,
    )
