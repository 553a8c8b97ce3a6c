"""Images as a whole: their names, and their content as one stream."""

from collections.abc import Callable
from typing import IO, BinaryIO

from devpod_gen.engine import alive, connect
from devpod_gen.engine.command import Result, copy_in, feed, run
from devpod_gen.errors import ImageError

_CONTROL = 60.0
_DEADLINE = 3600.0


def save(ref: str, take: Callable[[IO[bytes]], None]) -> None:
    """Hand an image to `take` as the client's `save` writes it. Raises ImageError."""
    result = feed([connect.client(), "save", ref], take, timeout=_DEADLINE)
    _require(result, f"the image {ref} cannot be read from the engine", ref)


def load(stream: BinaryIO) -> None:
    """Take in what is in a stream as the client's `save` writes it. Raises ImageError."""
    result = copy_in([connect.client(), "load", "--quiet"], stream, timeout=_DEADLINE)
    _require(result, "the image cannot be loaded into the engine", connect.endpoint())


def tag(ref: str, name: str) -> None:
    """Give an image a name more. Raises ImageError."""
    result = run([connect.client(), "tag", ref, name], timeout=_CONTROL)
    _require(result, f"the image cannot be named {name}", ref)


def untag(name: str) -> None:
    """Take a name away, also from a container that has it; none there is fine. Raises
    ImageError."""
    result = run([connect.client(), "image", "rm", "--force", name], timeout=_CONTROL)
    if "No such image" not in result.errors:
        _require(result, f"the name {name} cannot be taken away", name)


def _require(result: Result, message: str, ref: str) -> None:
    if result.ok:
        return
    alive.require()
    fix = "check the engine's disk space, and `docker image ls`"
    raise ImageError(message, where=ref, fix=fix, detail=result.last_lines(3))
