"""Why an image could not be built, by BuildKit's log. What a step has said counts for the recipe
that the step is of: a repo's own stack may say anything."""

import re

from devpod_gen import resources
from devpod_gen.engine.model import Base, Build
from devpod_gen.errors import ImageError
from devpod_gen.regex import late

_SAID = late(r"^#\d+ (?:\d+\.\d+ )?")
_NO_PACKAGE = late(
    r"^E: (?:Unable to locate package |Package \S+ has no installation candid)", re.MULTILINE
)
_NOT_FETCHED = late(
    r"^(?:W: Failed to fetch |W: Some index files failed|E: Failed to fetch )", re.MULTILINE
)
_NO_TOOL = late(r"^devpod: tool (\S+) cannot be had", re.MULTILINE)
_ARCHIVE = late(r"^devpod: the archive\b", re.MULTILINE)
_UNRESOLVED = late(
    r"^ERROR: failed to solve: (\S+): (?:failed to resolve source|pull access)", re.MULTILINE
)


def error(log: str, builds: tuple[Build, ...], base: Base) -> ImageError:
    """What to tell of the build whose step has failed."""
    failed, said = _failed(log, builds), [_SAID.sub("", line) for line in log.splitlines()]
    message = f"the image {failed.ref} could not be built"
    fix = _fix("\n".join(said), failed, base)
    return ImageError(message, where=str(failed.recipe), fix=fix, detail=_reason(said))


def _failed(log: str, builds: tuple[Build, ...]) -> Build:
    """The build whose recipe has the line that BuildKit points at. The target that it names
    may be one that waits for the same step."""
    at = re.search(r"^Dockerfile:(\d+)\n(?:.*\n)*? *\d+ \| >>> (.*)$", log, re.MULTILINE)
    for build in builds if at else ():
        lines = (build.recipe / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if at and lines[int(at[1]) - 1 : int(at[1])] == [at[2].rstrip()]:
            return build
    named = re.search(r"^ > \[(\S+) ", log, re.MULTILINE)
    return next((build for build in builds if named and build.name == named[1]), builds[-1])


def _reason(said: list[str]) -> str:
    """What went wrong: the failing step's own last words."""
    ours = [line for line in said if line.startswith(("devpod:", "E: ", "npm error", "ERROR:"))]
    return "\n".join(dict.fromkeys(ours or said[-6:]))


def _fix(said: str, failed: Build, base: Base) -> str:
    if unresolved := _UNRESOLVED.search(said):
        return _access(unresolved[1], base)
    if _NO_PACKAGE.search(said) and _NOT_FETCHED.search(said):
        return "the distribution's lists of packages could not be fetched: check the network"
    if failed.recipe.is_relative_to(resources.images()):
        return _of_ours(said, failed)
    return "correct its Dockerfile; behind a proxy, check HTTP_PROXY and the CA bundle"


def _of_ours(said: str, failed: Build) -> str:
    """The words of our recipes and their tools are about what the profile has asked for."""
    if match := _NO_TOOL.search(said):
        return _other_tool(dict(failed.choices).get(match[1], ()))
    if _ARCHIVE.search(said):
        return "correct ide.jetbrains.bake: its sha256, its place, or the backend"
    if _NO_PACKAGE.search(said):
        return "correct image.packages: the distribution has no package of that name"
    return "read the log above; behind a proxy, check HTTP_PROXY and the CA bundle"


def _access(image: str, base: Base) -> str:
    ways = [f"give access to the registry of {image}", "`docker load` it"]
    ways += (
        ["make it with scripts/base-image of devpod-gen's repo"]
        if image.endswith(base.place)
        else []
    )
    return ", or ".join(ways)


def _other_tool(versions: tuple[str, ...]) -> str:
    if versions:
        return f"pin a version that can be had without mise: {', '.join(versions)}"
    return "pin a version that mise can get, or add the tool to image.packages"
