"""All the images that a workspace starts from."""

from devpod_gen.engine.model import ImageInfo
from devpod_gen.workspace import image, services
from devpod_gen.workspace.context import Context


def have_images(context: Context) -> ImageInfo:
    """Have the plan's image, and its services': those are pulled while that is pulled or
    built. Raises ImageError."""
    engine, plan, clock = context.engine, context.plan, context.clock
    missing = services.missing_images(engine, plan)
    root = context.identity.root
    if not missing:
        return image.ensure(engine, plan.image, context.say, clock=clock, root=root)
    from devpod_gen.workspace.pulls import Progress, pulling  # noqa: PLC0415 - mostly all are here

    progress = Progress(context.say)
    with pulling(engine, missing, progress):
        found = image.ensure(
            engine, plan.image, context.say, clock=clock, root=root, progress=progress
        )
    clock.note("image", "pulled")
    return found
