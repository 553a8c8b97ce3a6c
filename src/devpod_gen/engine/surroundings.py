"""The environment of what is started with a compose file of ours: without what would steer
Compose, and without what the file asks for, which is only for us to say. Inside a workspace
there are variables of these names; they are of that one."""

import os
from collections.abc import Iterable


def surroundings(*told: Iterable[tuple[str, str]]) -> dict[str, str]:
    """This process's environment, with what is told."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("COMPOSE_", "DEVPOD_"))
    }
    return kept | {key: value for pairs in told for key, value in pairs}
