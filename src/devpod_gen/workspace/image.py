"""The image of a workspace: found, pulled, or built from its chain of layers."""

from collections.abc import Callable

from devpod_gen import resources
from devpod_gen.engine.api import Build, Engine, ImageInfo
from devpod_gen.errors import ImageError
from devpod_gen.plan.image import BASE, REPOSITORY
from devpod_gen.plan.model import ImagePlan, Layer

Say = Callable[[str], None]


def ensure(engine: Engine, image: ImagePlan, say: Say) -> ImageInfo:
    """The image, present in the engine. Nothing is built or pulled that is there already.

    Raises ImageError.
    """
    found = engine.image(image.ref)
    if found:
        return found
    if image.layers:
        for layer in image.layers:
            if not engine.image(layer.ref):
                say(f"building {layer.ref}")
                engine.build(_build(engine, layer), say)
    else:
        say(f"pulling {image.ref}")
        engine.pull(image.ref, say)
    found = engine.image(image.ref)
    if not found:
        message = f"the engine does not have {image.ref}, which it just made"
        raise ImageError(message, where=image.ref, fix="check the engine's disk space")
    return found


def _build(engine: Engine, layer: Layer) -> Build:
    parent = _base(engine) if layer.parent == BASE else layer.parent
    return Build(
        ref=layer.ref,
        parent=parent,
        recipe=resources.images() / layer.folder,
        args=layer.args,
        labels=layer.labels,
    )


def _base(engine: Engine) -> str:
    """The distribution's image; where no registry answers, the one that
    scripts/base-image has made of its packages."""
    made = f"{REPOSITORY}/{BASE}"
    return made if not engine.image(BASE) and engine.image(made) else BASE
