"""The archive of an IDE's backend, as a build finds it: on this machine, or at a URL."""

import re
from pathlib import Path

from devpod_gen.errors import ImageError
from devpod_gen.plan.jetbrains import BakePlan
from devpod_gen.value import dataclass

_CONTEXT = "archive"
_PLAIN = r"[A-Za-z0-9._@+-]+"


@dataclass(frozen=True, slots=True)
class Source:
    """Arguments and folders for the recipe. They are not in the image's tag: its hash is."""

    args: tuple[tuple[str, str], ...] = ()
    contexts: tuple[tuple[str, Path], ...] = ()


def source_of(bake: BakePlan | None, root: Path | None) -> Source:
    """Where the archive is; a relative path begins at `root`, the repo. Raises ImageError
    where it is not there. What is in it is looked at in the build."""
    if not bake:
        return Source()
    if bake.url:
        return Source((("URL", bake.url),))
    path = (root or Path()) / Path(bake.path or "").expanduser()
    if not path.is_file():
        message = f"there is no archive of {bake.product} here"
        fix = "put it there, or correct ide.jetbrains.bake"
        raise ImageError(message, where=str(path), fix=fix)
    real = path.resolve()  # of a link, the folder would be the wrong one
    if not re.fullmatch(_PLAIN, real.name):
        message = f"the archive of {bake.product} has a name that a build cannot be told"
        fix = "name it by letters, digits and . _ @ + -"
        raise ImageError(message, where=str(real), fix=fix)
    return Source((("FILE", real.name),), ((_CONTEXT, real.parent),))
