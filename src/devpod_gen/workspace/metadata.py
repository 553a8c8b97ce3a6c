"""What an image that is not ours asks of the clients that start it: its label
`devcontainer.metadata`, which they merge into the repo's own configuration.

Format: containers.dev/implementors/spec, "Image metadata"; a list of objects, or one.
"""

import json
from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding, Forbidden
from devpod_gen.profile.hostvariable import VARIABLE
from devpod_gen.profile.wording import printable

_REFUSED = frozenset(
    ("mounts", "privileged", "capAdd", "securityOpt", "initializeCommand", "runArgs", "appPort")
)
"""What gives a container more than a workspace may have, or runs on the host."""


def require_harmless(image: str, metadata: str) -> None:
    """Raises Forbidden where a client would give the container more than the plan does."""
    found = tuple(
        Finding(f"{image}::{key}", f"{printable(json.dumps(value))[:200]} is asked for")
        for entry in _entries(metadata)
        for key, value in sorted(entry.items())
        if (key in _REFUSED and value not in (None, False, "", [], {})) or _takes(value)
    )
    if found:
        message = "the image's label devcontainer.metadata asks for more than a workspace may have"
        fix = "use an image without that; the profile says what the workspace has"
        raise Forbidden(message, where=image, findings=found, fix=fix)


def _takes(value: Any) -> bool:
    """Whether clients would fill in something of the host: labels are no exception there."""
    return any(VARIABLE.search(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    rest = [value]  # not by recursion: its depth is a stranger's
    while rest:
        match rest.pop():
            case str(text):
                yield text
            case list(items):
                rest += items
            case dict(items):
                rest += (*items, *items.values())
            case _:
                pass


def _entries(metadata: str) -> list[dict[str, Any]]:
    """What is none asks for nothing: clients do not read it either."""
    try:
        said = json.loads(metadata or "[]")
    except (ValueError, RecursionError):
        return []
    return [
        entry for entry in (said if isinstance(said, list) else [said]) if isinstance(entry, dict)
    ]
