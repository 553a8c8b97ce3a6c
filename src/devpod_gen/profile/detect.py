"""What a repo is made of: its stacks, the main one first, and the versions it states.

Only the repo's root is read, and only files that a stack names, so the size of the
repo does not matter.
"""

import json
import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from devpod_gen.profile.stacks import Kind, Stack, VersionSource

_LARGEST = 1024 * 1024  # a marker file beyond this is not read: it is no hand-written one


@dataclass(frozen=True, slots=True)
class FoundStack:
    """A stack, whether it is the main one, and the entry of the root that says so."""

    name: str
    primary: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """A version that the repo states. `value` is as written there."""

    tool: str
    value: str
    kind: Kind
    source: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found. No stack at all is an answer, too."""

    stacks: tuple[FoundStack, ...]
    versions: tuple[FoundVersion, ...]


def detect(folder: Path, stacks: tuple[Stack, ...]) -> Detection:
    """Look at the root of `folder`. Unreadable files say nothing; nothing is executed."""
    names = sorted(entry.name for entry in folder.iterdir() if not entry.is_dir())
    found = [(stack, mark) for stack in stacks if (mark := _mark(stack, names))]
    found.sort(key=lambda pair: (pair[1] not in pair[0].markers, pair[0].rank, pair[0].name))
    return Detection(
        stacks=tuple(
            FoundStack(stack.name, index == 0, mark) for index, (stack, mark) in enumerate(found)
        ),
        versions=tuple(version for stack, _ in found for version in _versions(folder, stack)),
    )


def _mark(stack: Stack, names: list[str]) -> str | None:
    for marker in stack.markers:
        if marker in names:
            return marker
    return next(
        (name for glob in stack.sources for name in names if fnmatchcase(name, glob)),
        None,
    )


def _versions(folder: Path, stack: Stack) -> list[FoundVersion]:
    """For each tool of the stack, the strongest statement."""
    found: dict[str, FoundVersion] = {}
    for source in stack.versions:
        value = None if source.tool in found else _value(folder / source.file, source)
        if value:
            found[source.tool] = FoundVersion(source.tool, value, source.kind, source.source)
    return list(found.values())


def _value(file: Path, source: VersionSource) -> str | None:
    text = _text(file)
    if text is None:
        return None
    if source.pattern:
        match = re.search(source.pattern, text, re.MULTILINE)
        return match[1].strip() if match else None
    value = _at(_document(file.suffix, text), source.key)
    return value.strip() if isinstance(value, str) else None


def _text(file: Path) -> str | None:
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST:
            return None
        return file.read_text(encoding="utf-8-sig", errors="replace")
    except OSError:
        return None


def _document(suffix: str, text: str) -> Any:  # whatever the file holds
    try:
        return json.loads(text) if suffix == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _at(document: Any, key: tuple[str, ...]) -> object:
    for part in key:
        if not isinstance(document, dict):
            return None
        document = document.get(part)
    return document
