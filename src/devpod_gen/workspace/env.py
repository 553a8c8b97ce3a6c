"""`.env` beside the compose file, written: what is true of this clone, told to every door.

Beside what `variables` has, it says whether the locked image came from a bundle: an engine
then knows it by its id, and by no digest.
"""

import re

from devpod_gen import beneath, source
from devpod_gen.plan.model import ImagePlan, Plan
from devpod_gen.workspace.identity import LARGEST_ENV, Identity
from devpod_gen.workspace.variables import env_text, variables


def write_env(identity: Identity, plan: Plan, loaded: tuple[str, ...] | None = None) -> bool:
    """Have the clone's `.env` as it should be; whether it was not. `loaded`: the variables that
    choose the image which came from a bundle; without, what the one that is there says of it.
    Raises HostError."""
    there = _content(identity)
    chosen = _said_loaded(there, plan.image) if loaded is None else loaded
    known = dict(variables(identity, plan)) | dict.fromkeys(chosen, "")
    text = env_text(identity, tuple(known.items()))
    if there == text:
        return False
    beneath.publish(identity.root, f"{identity.output}/.env", text)
    return True


def _said_loaded(there: bytes, image: ImagePlan) -> tuple[str, ...]:
    """Whoever wrote it: they choose between two names of the locked image and nothing else, so
    they may stay."""
    offered = [one.variable for one in image.platforms]
    said = re.findall(rb"^(DEVPOD_LOADED_\w+)=$", there, re.MULTILINE)
    return tuple(name for name in offered if name.encode() in said)


def _content(identity: Identity) -> bytes:
    try:
        return source.read(identity.env_file, most=LARGEST_ENV, inside=identity.root)
    except (OSError, source.RefusedError):
        return b""
