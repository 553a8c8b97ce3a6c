"""Addresses of images and repos: what their grammar cannot say."""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late

_PORT = late(r"^(?:[a-z]+://)?[^/]*:([0-9]+)/")
_LONGEST = 255
"""Characters of an image's name, by the reference grammar."""

_PLACES = (
    ("image", "ref"),
    ("image", "registry"),
    ("workspace", "clone"),
    ("dotfiles", "repo"),
    ("ide", "jetbrains", "bake", "url"),
)


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """Addresses that are well-formed, and that nothing can be at."""
    places = [*_PLACES, *(("services", name, "image") for name in document.get("services", {}))]
    for place in places:
        text = _value(document, place)
        if not isinstance(text, str):
            continue
        port = _PORT.match(text)
        if port and not 0 < int(port[1]) < 65536:
            yield Finding(where(file, place), f"{port[1]} is no port: there are 1 to 65535")
        name = re.sub(r"@.*$|:[^/]*$", "", text)
        if place[-1] in ("ref", "registry", "image") and len(name) > _LONGEST:
            yield Finding(where(file, place), f"is a name of more than {_LONGEST} characters")


def _value(document: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        document = document.get(key) if isinstance(document, dict) else None
    return document
