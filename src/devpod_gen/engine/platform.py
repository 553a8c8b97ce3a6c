"""Images for other platforms than the engine's own: what a builder can do is asked first."""

import re
from collections.abc import Callable

from devpod_gen.engine import alive, buildx, connect
from devpod_gen.engine.command import run
from devpod_gen.engine.model import Base, Build
from devpod_gen.errors import ImageError
from devpod_gen.value import dataclass

_STORE = (
    "turn on the engine's containerd image store (`features` of daemon.json, or Docker Desktop's "
    "settings)"
)


@dataclass(frozen=True, slots=True)
class Builder:
    """What runs a build. The driver `docker` is the engine itself."""

    name: str
    driver: str
    platforms: tuple[str, ...]


def build(
    platforms: tuple[str, ...],
    builds: tuple[Build, ...],
    base: Base,
    on_line: Callable[[str], None],
    *,
    push: bool,
    holds_several: bool,
) -> str:
    """Build the last of `builds` for `platforms`; its digest. `holds_several`: the engine's
    store can keep an image for more than its own platform.

    Raises ImageError: before anything is built, where it could not be done.
    """
    own = _builder(connect.context())
    chosen = own if holds_several or not push else _builder(None)
    _refuse(platforms, chosen, builds[-1].ref, holds_several=holds_several)
    return buildx.run(
        builds,
        base,
        on_line,
        builder=chosen.name,
        options=("--push" if push else "--load", builds[-1].name),
        platforms=platforms,
    )


def _refuse(platforms: tuple[str, ...], builder: Builder, ref: str, *, holds_several: bool) -> None:
    if builder.driver == "docker" and not holds_several:
        message = f"the engine's image store holds no image for {', '.join(platforms)}"
        fix = f"{_STORE}; to push, `docker buildx create --use` also makes a builder that can"
        raise ImageError(message, where=ref, fix=fix)
    lacking = [name for name in platforms if name not in builder.platforms]
    if lacking:
        message = f"the builder {builder.name} cannot run programs for {', '.join(lacking)}"
        can = ", ".join(builder.platforms)
        fix = "register QEMU with the kernel (binfmt_misc), or add a node of that platform to it"
        raise ImageError(message, where=ref, fix=fix, detail=f"it can run {can}")


def _builder(name: str | None) -> Builder:
    """The builder of that name; without one, the one that the user has chosen."""
    connect.require_plugin("buildx")
    words = [name] if name else []
    result = run([connect.client(), "buildx", "inspect", "--bootstrap", *words], timeout=120)
    if not result.ok:
        alive.require()
    told = dict(re.findall(r"^(Name|Driver|Platforms): +(.*)$", result.output, re.MULTILINE))
    if not result.ok or "Driver" not in told:
        message = "the builder does not answer"
        fix = "look at it with `docker buildx inspect`"
        raise ImageError(message, where=name or "buildx", fix=fix, detail=result.last_lines(3))
    names = [one.strip().rstrip("*") for one in told.get("Platforms", "").split(",")]
    first = re.findall(r"^Name: +(.*)$", result.output, re.MULTILINE)[0]
    return Builder(first, told["Driver"], tuple(filter(None, names)))
