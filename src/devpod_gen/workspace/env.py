"""`.env` beside the compose file, written: what is true of this clone, told to every door.

Beside what `variables` has, it says whether the locked image came from a bundle: an engine
then knows it by its id, and by no digest.
"""

import re

from devpod_gen import beneath, source
from devpod_gen.plan.model import ImagePlan, Plan
from devpod_gen.workspace.identity import LARGEST_ENV, Identity
from devpod_gen.workspace.variables import env_text, variables


def write_env(identity: Identity, plan: Plan, loaded: tuple[str, ...]) -> bool:
    """Have the clone's `.env` as it should be, with the variables `loaded` set; whether it
    was not. Raises HostError."""
    known = dict(variables(identity, plan)) | dict.fromkeys(loaded, "")
    text = env_text(identity, tuple(known.items()))
    if _content(identity) == text:
        return False
    beneath.publish(identity.root, f"{identity.output}/.env", text)
    return True


def said_loaded(identity: Identity, image: ImagePlan) -> tuple[str, ...]:
    """The variables of the image that the `.env` there sets. Whoever wrote it: they choose
    between two names of the locked image and nothing else, so they may stay."""
    offered = [one.variable for one in image.platforms]
    there = re.findall(rb"^(DEVPOD_LOADED_\w+)=$", _content(identity), re.MULTILINE)
    return tuple(name for name in offered if name.encode() in there)


def _content(identity: Identity) -> bytes:
    try:
        return source.read(identity.env_file, most=LARGEST_ENV, inside=identity.root)
    except (OSError, source.RefusedError):
        return b""
