"""What an image that is not ours asks of the clients that start it: its label
`devcontainer.metadata`, which they merge into the repo's own configuration.

Format: containers.dev/implementors/spec, "Image metadata"; a list of objects, or one.
"""

import json
from typing import Any

from devpod_gen.errors import Finding, Forbidden
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
        if key in _REFUSED and value not in (None, False, "", [], {})
    )
    if found:
        message = "the image's label devcontainer.metadata asks for more than a workspace may have"
        fix = "use an image without that; the profile says what the workspace has"
        raise Forbidden(message, where=image, findings=found, fix=fix)


def _entries(metadata: str) -> list[dict[str, Any]]:
    """What is none asks for nothing: clients do not read it either."""
    try:
        said = json.loads(metadata or "[]")
    except (ValueError, RecursionError):
        return []
    return [
        entry for entry in (said if isinstance(said, list) else [said]) if isinstance(entry, dict)
    ]
