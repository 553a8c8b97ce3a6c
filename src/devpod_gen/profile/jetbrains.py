"""What a profile says of a JetBrains backend that is put into the image."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.value import dataclass

_PLACE = ("ide", "jetbrains", "bake")


@dataclass(frozen=True, slots=True)
class Bake:
    """An archive, as JetBrains has it for Linux: a file, or what is at a URL."""

    sha256: str
    path: str | None = None
    url: str | None = None


def read_bake(jetbrains: dict[str, Any]) -> Bake | None:
    """The valid table `bake`, where there is one."""
    return Bake(**jetbrains["bake"]) if "bake" in jetbrains else None


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant."""
    bake = document.get("ide", {}).get("jetbrains", {}).get("bake")
    if not bake:
        return
    if ("path" in bake) == ("url" in bake):
        message = "wants one of path and url" + (", not both" if "url" in bake else "")
        yield Finding(where(file, _PLACE), message)
    if "ref" in document.get("image", {}):
        message = "has no effect with image.ref: the image is yours"
        yield Finding(where(file, _PLACE), message)
