"""The image of a workspace: found, pulled, or built from its chain of layers."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from devpod_gen import resources
from devpod_gen.engine.api import Base, Build, Engine, ImageInfo
from devpod_gen.errors import ImageError, ImageMissing
from devpod_gen.plan.image import BASE, EPOCH, REPOSITORY
from devpod_gen.plan.lock import Lock
from devpod_gen.plan.model import ImagePlan, Layer
from devpod_gen.workspace import origin
from devpod_gen.workspace.approval import approve, candidate
from devpod_gen.workspace.clock import Clock

Say = Callable[[str], None]


def ensure(
    engine: Engine,
    image: ImagePlan,
    say: Say,
    *,
    clock: Clock | None = None,
    root: Path | None = None,
) -> ImageInfo:
    """The image, present in the engine. Nothing is built or pulled that is there already.
    `root`: the repo, whose remote and commit an image that is built says.

    A registry is asked first, by digest where the lock has one; what it does not have is
    built only where no digest is asked for and the profile allows it. Raises ImageError.
    """
    found = engine.image(image.exact)
    if not found:
        _get(engine, image, say, clock or Clock(), root)
        found = engine.image(image.exact)
    if not found:
        message = f"the engine does not have {image.exact}, which it just got"
        raise ImageError(message, where=image.exact, fix="check the engine's disk space")
    return found


def push(
    engine: Engine,
    image: ImagePlan,
    say: Say,
    *,
    root: Path | None = None,
    platforms: tuple[str, ...] = (),
) -> Lock:
    """Have the image built and in its registry, and say by which digest. Raises ImageError."""
    tagged = replace(image, digest=None)
    if platforms and platforms != (engine.platform(),):
        digest = _build_for(engine, tagged, platforms, say, root, push=True)
        return Lock(tagged.ref, digest, platforms)
    if not engine.image(tagged.ref):
        _build_chain(engine, tagged, say, Clock(), root)
    say(f"pushing {tagged.ref}")
    digest = engine.push(tagged.ref, say)
    return Lock(tagged.ref, digest, (engine.platform(),))


def ensure_for(
    engine: Engine, image: ImagePlan, platforms: tuple[str, ...], say: Say, *, root: Path
) -> None:
    """The image in the engine's store, for all `platforms`. Raises ImageError."""
    if platforms == (engine.platform(),):
        ensure(engine, image, say, root=root)
    else:
        _build_for(engine, image, platforms, say, root, push=False)


def builds(image: ImagePlan, root: Path | None) -> tuple[Build, ...]:
    """Everything that is built for the image, in order."""
    return _builds(image, image.layers, root)


def _build_for(
    engine: Engine,
    image: ImagePlan,
    platforms: tuple[str, ...],
    say: Say,
    root: Path | None,
    *,
    push: bool,
) -> str:
    """All layers: those in the engine are of its own platform."""
    say(f"building {image.ref} for {', '.join(platforms)}")
    return engine.build_for(platforms, builds(image, root), _base(engine), say, push=push)


def _get(engine: Engine, image: ImagePlan, say: Say, clock: Clock, root: Path | None) -> None:
    if image.hosted:
        say(f"pulling {image.exact}")
        try:
            engine.pull(image.exact, say)
        except ImageMissing:
            if image.digest or not (image.layers and image.may_build):
                raise
            say("the registry does not have it: building")
        else:
            return
    if not image.may_build:
        message = f'the image {image.ref} is not here, and the profile says build = "never"'
        raise ImageError(message, where=image.ref, fix="get it, or allow image.build")
    _build_chain(engine, image, say, clock, root)


def _build_chain(
    engine: Engine, image: ImagePlan, say: Say, clock: Clock, root: Path | None
) -> None:
    """The last image gets its name only after the scan: one that was not scanned is none."""
    *shared, last = image.layers
    missing = _missing(engine, (*shared, candidate(last)))
    for layer in missing:
        say(f"building {last.ref if layer.folder == last.folder else layer.ref}")
    if missing:
        engine.build(_builds(image, missing, root), _base(engine), say)
    with clock.stage("scan"):
        approve(engine, image.layers, say)


def _missing(engine: Engine, layers: tuple[Layer, ...]) -> tuple[Layer, ...]:
    """What the last of `layers` needs, itself included, and the engine does not have."""
    needed: list[Layer] = []
    wanted = {layers[-1].ref}
    for layer in reversed(layers):
        if layer.ref in wanted and not engine.image(layer.ref):
            needed.insert(0, layer)
            wanted |= {layer.parent, *(value for _, value in layer.args)}
    return tuple(needed)


def _builds(image: ImagePlan, layers: tuple[Layer, ...], root: Path | None) -> tuple[Build, ...]:
    """The last layer is the profile's, and says which repo that is."""
    last = layers[-1]
    if root:
        last = replace(last, marks=(*last.marks, *origin.labels(root)))
    return tuple(_build(image, layer) for layer in (*layers[:-1], last))


def _build(image: ImagePlan, layer: Layer) -> Build:
    return Build(
        name=layer.target,
        ref=layer.ref,
        parent=layer.parent,
        recipe=resources.images() / layer.folder,
        args=(("SOURCE_DATE_EPOCH", str(EPOCH)), *layer.args),
        labels=(*layer.labels, *layer.marks),
        choices=image.choices,
    )


def _base(engine: Engine) -> Base:
    """The distribution's image; where no registry answers, the one that
    scripts/base-image has made of its packages."""
    made = f"{REPOSITORY}/{BASE}"
    return Base(BASE, made if not engine.image(BASE) and engine.image(made) else BASE)
