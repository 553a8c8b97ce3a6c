"""Addresses of images and repos: what their grammar cannot say."""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late

_PORT = late(r"^(?:[a-z]+://)?[^/]*:([0-9]+)/")
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_HOST = late(rf"{_LABEL}(?:\.{_LABEL})*")
_URL = late(r"(?:[a-z]+://)?(?:([^/@]*)@)?([^/@:]*)[:/]")
_ID = late(r"(?:sha256:)?[0-9a-f]{64}")
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
        if problem := _of_host(text, is_image=place[-1] in ("ref", "image")):
            yield Finding(where(file, place), problem)
        name = re.sub(r"@.*$|:[^/]*$", "", text)
        if place[-1] in ("ref", "registry", "image") and len(name) > _LONGEST:
            yield Finding(where(file, place), f"is a name of more than {_LONGEST} characters")


def _of_host(text: str, *, is_image: bool) -> str | None:
    """What is wrong with the host, and with the user who is asked there. Of an image it is what
    is before a slash and has a dot or a port, as engines say."""
    if is_image and _ID.fullmatch(text):
        return "is the id of an image on some machine, and no name"
    first, slash, _ = text.partition("/")
    if is_image and not (slash and re.search(r"[.:]", first)):
        return None
    found = _URL.match(text)
    if not found:
        return None
    if (found[1] or "").startswith("-"):
        return "names a user who begins with a hyphen, as options do"
    if not _HOST.fullmatch(found[2]):
        return "names no host: parts of letters, digits and inner hyphens, with a dot between two"
    return None


def _value(document: Any, place: tuple[str, ...]) -> Any:
    for key in place:
        document = document.get(key) if isinstance(document, dict) else None
    return document
