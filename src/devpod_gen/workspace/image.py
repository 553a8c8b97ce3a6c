"""The image of a workspace: found, pulled, or built from its chain of layers."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import HostedImage, ImageInfo
from devpod_gen.errors import ImageError, ImageMissing
from devpod_gen.plan.lock import LockedImage
from devpod_gen.plan.model import ImagePlan, PlatformImage
from devpod_gen.workspace import memory
from devpod_gen.workspace.clock import Clock

if TYPE_CHECKING:
    from devpod_gen.workspace.build import Say
    from devpod_gen.workspace.pulls import Progress


def ensure(
    engine: Engine,
    image: ImagePlan,
    say: "Say",
    *,
    clock: Clock | None = None,
    root: Path | None = None,
    progress: "Progress | None" = None,
) -> ImageInfo:
    """The image, present in the engine. Nothing is built or pulled that is there already.
    `root`: the repo, whose remote and commit an image that is built says.

    A registry is asked first, by digest where the lock has one; what it does not have is
    built only where no digest is asked for and the profile allows it. Raises ImageError.
    """
    found = present(engine, image)
    if not found:
        _get(engine, image, say, clock or Clock(), root, progress)
        found = present(engine, image)
    if not found:
        message = f"the engine does not have {image.exact}, which it just got"
        raise ImageError(message, where=image.exact, fix="check the engine's disk space")
    return _harmless(image, found)


def present(engine: Engine, image: ImagePlan) -> ImageInfo | None:
    """The image, when the engine has it: by its name, or by the id that the lock has for it."""
    found = engine.image(image.exact)
    if found or not image.platforms:
        return found
    of_bundle = loaded(engine, image)
    by_id = engine.image(of_bundle.id) if of_bundle else None
    return replace(by_id, ref=image.exact, digest=image.digest) if by_id else None


def require_present(engine: Engine, image: ImagePlan) -> ImageInfo:
    """The image, with nothing asked of any network. Raises ImageError."""
    found = present(engine, image)
    if not found:
        message = f"the image {image.exact} is not here, and offline nothing is pulled or built"
        fix = "load a bundle that has it (`devpod-gen bundle --load FILE`), or get it online"
        raise ImageError(message, where=image.exact, fix=fix)
    return _harmless(image, found)


def _harmless(image: ImagePlan, found: ImageInfo) -> ImageInfo:
    """The image; what is not made here, or could be another's, may ask clients for nothing."""
    if not image.layers or image.hosted:
        from devpod_gen.workspace.metadata import require_harmless  # noqa: PLC0415 - rarely

        require_harmless(image.exact, found.metadata)
    return found


def loaded(engine: Engine, image: ImagePlan) -> PlatformImage | None:
    """Which of the locked images the engine has by its id only, as one from an archive is.

    The id is the hash of the configuration, which holds the hashes of all layers: an image
    of that id is the one that the registry has by the digest.
    """
    if not image.platforms or engine.image(image.exact):
        return None
    return next((one for one in image.platforms if engine.image(one.id)), None)


def doors(engine: Engine, image: ImagePlan) -> dict[str, str]:
    """The variables by which every door is told what is so with this engine: that the image
    was loaded, that this machine's memory is not its own."""
    of_bundle = loaded(engine, image)
    return ({of_bundle.variable: ""} if of_bundle else {}) | memory.elsewhere(engine)


def resolve(engine: Engine, image: ImagePlan, say: "Say", *, root: Path) -> LockedImage:
    """What the image's name stands for now: in its registry, or the one that is built here.

    Raises ImageError, ImageMissing where the registry has none.
    """
    if image.hosted:
        say(f"asking the registry for {image.ref}")
        return _locked(image.ref, engine.hosted(image.ref))
    ensure(engine, image, say, root=root)
    return LockedImage(image.ref)


def _locked(ref: str, found: HostedImage) -> LockedImage:
    platforms = (PlatformImage(one.platform, one.digest, one.id) for one in found.manifests)
    return LockedImage(ref, found.digest, tuple(platforms))


def push(
    engine: Engine,
    image: ImagePlan,
    say: "Say",
    *,
    root: Path | None = None,
    platforms: tuple[str, ...] = (),
) -> LockedImage:
    """Have the image built and in its registry, and say by which digest. Raises ImageError.

    For other `platforms`, too, it is built here first: that one is looked through for secrets.
    """
    from devpod_gen.workspace.build import build_chain, build_for  # noqa: PLC0415

    tagged = replace(image, digest=None, platforms=())
    if not engine.image(tagged.ref):
        build_chain(engine, tagged, say, Clock(), root)
    if platforms and platforms != (engine.platform(),):
        digest = build_for(engine, tagged, platforms, say, root, push=True)
    else:
        say(f"pushing {tagged.ref}")
        digest = engine.push(tagged.ref, say)
    # By the digest: somebody may have moved the tag since.
    return _locked(tagged.ref, engine.hosted(f"{tagged.ref}@{digest}"))


def ensure_for(
    engine: Engine, image: ImagePlan, platforms: tuple[str, ...], say: "Say", *, root: Path
) -> None:
    """The image in the engine's store, for all `platforms`. Raises ImageError."""
    from devpod_gen.workspace.build import build_for  # noqa: PLC0415

    if platforms == (engine.platform(),):
        ensure(engine, image, say, root=root)
    else:
        build_for(engine, image, platforms, say, root, push=False)


def _get(
    engine: Engine,
    image: ImagePlan,
    say: "Say",
    clock: Clock,
    root: Path | None,
    progress: "Progress | None",
) -> None:
    if image.hosted:
        from devpod_gen.workspace.pulls import Progress  # noqa: PLC0415 - where it is missing

        try:
            (progress or Progress(say)).pull(engine, image.exact)
        except ImageMissing:
            if image.digest or not (image.layers and image.may_build):
                raise
            say("the registry does not have it: building")
        else:
            clock.note("image", "pulled")
            return
    from devpod_gen.workspace.build import build_chain  # noqa: PLC0415 - with the scan, 15 ms

    if not image.may_build:
        message = f'the image {image.ref} is not here, and the profile says build = "never"'
        raise ImageError(message, where=image.ref, fix="get it, or allow image.build")
    build_chain(engine, image, say, clock, root)
