"""The images of a chain, built: those that the engine lacks, and for other platforms all."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from devpod_gen import resources
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Base, Build
from devpod_gen.plan.image import BASE, EPOCH, REPOSITORY
from devpod_gen.plan.model import ImagePlan, Layer
from devpod_gen.workspace import origin
from devpod_gen.workspace.approval import approve, candidate
from devpod_gen.workspace.backend import source_of
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.copies import as_trusted

Say = Callable[[str], None]


def builds(image: ImagePlan, root: Path | None) -> tuple[Build, ...]:
    """Everything that is built for the image, in order."""
    return _builds(image, image.layers, root)


def build_for(
    engine: Engine,
    image: ImagePlan,
    platforms: tuple[str, ...],
    say: Say,
    root: Path | None,
    *,
    push: bool,
) -> str:
    """Build for `platforms`, into the registry or the store; the digest. Raises ImageError.

    All layers: those in the engine are of its own platform.
    """
    say(f"building {image.ref} for {', '.join(platforms)}")
    with as_trusted(image.layers) as layers:
        return engine.build_for(
            platforms, _builds(image, layers, root), _base(engine), say, push=push
        )


def build_chain(
    engine: Engine, image: ImagePlan, say: Say, clock: Clock, root: Path | None
) -> None:
    """Build what is missing, and look it through for secrets. Raises ImageError, SecretFound.

    The last image gets its name only after the scan: one that was not scanned is none.
    """
    *shared, last = image.layers
    missing = _missing(engine, (*shared, candidate(last)))
    for layer in missing:
        say(f"building {last.ref if layer.folder == last.folder else layer.ref}")
    if missing:
        with as_trusted(missing) as layers:
            engine.build(_builds(image, layers, root), _base(engine), say)
    clock.note("image", "built")
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
    return tuple(_build(image, layer, root) for layer in (*layers[:-1], last))


def _build(image: ImagePlan, layer: Layer, root: Path | None) -> Build:
    source = source_of(layer.archive, root)
    return Build(
        name=layer.target,
        ref=layer.ref,
        parent=layer.parent,
        recipe=resources.images() / layer.folder,
        args=(("SOURCE_DATE_EPOCH", str(EPOCH)), *layer.args, *source.args),
        labels=(*layer.labels, *layer.marks),
        choices=image.choices,
        contexts=source.contexts,
    )


def _base(engine: Engine) -> Base:
    """The distribution's image; where no registry answers, the one that
    scripts/base-image has made of its packages."""
    made = f"{REPOSITORY}/{BASE}"
    return Base(BASE, made if not engine.image(BASE) and engine.image(made) else BASE)
