"""Sizes, as `512m` or `4g`, and which of them an engine takes."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_LEAST = {"memory": "6m", "shm": "64k"}
"""An engine starts nothing that has less memory."""
_MOST = "1048576g"
"""Above it engines overflow."""


def size_of(text: str) -> int:
    """The bytes that a size is."""
    return int(text[:-1]) * _UNITS[text[-1]]


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """Sizes that are well-formed, and that no engine takes."""
    yield from _sizes(document.get("resources", {}), file, ("resources",))
    for name, entry in document.get("services", {}).items():
        yield from _sizes(entry.get("resources", {}), file, ("services", name, "resources"))


def _sizes(limits: dict[str, Any], file: str, place: tuple[str, ...]) -> Iterator[Finding]:
    for key, least in _LEAST.items():
        if key in limits and not size_of(least) <= size_of(limits[key]) <= size_of(_MOST):
            message = f"{limits[key]} is no size that an engine takes: {least} to {_MOST}"
            yield Finding(where(file, (*place, key)), message)
