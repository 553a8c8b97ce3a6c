"""Commands on images: build."""

from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    repo_at,
    trusted_plan_of,
)
from devpod_gen.errors import Finding

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine
    from devpod_gen.plan.model import Plan


def build(
    directory: Folder = HERE,
    profile: ProfileName = None,
    push: Annotated[
        bool, typer.Option("--push", help="Hand it to image.registry, and write devpod.lock.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Build the profile's image, or say that it is there.

    Example: devpod-gen build --push
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.image import ensure  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    plan = trusted_plan_of(repo)
    engine = Docker()
    engine.require()
    if push:
        plan = _push(engine, repo, plan, console)
    image = ensure(engine, plan.image, console.say)
    megabytes = image.size / 1e6
    console.result(
        f"{image.ref}  {megabytes:.0f} MB",
        image={"ref": image.ref, "id": image.id, "digest": image.digest, "size": image.size},
    )


def _push(engine: "Engine", repo: Repo, plan: "Plan", console: Console) -> "Plan":
    """Push, lock, and generate: the emitted files then name the image by its digest.

    The lock holds no tools until `lock --update` has verified it, unless nothing is new.
    """
    from devpod_gen.cli.lock import write_lock  # noqa: PLC0415
    from devpod_gen.profile.load import invalid  # noqa: PLC0415
    from devpod_gen.workspace.image import push  # noqa: PLC0415

    if not (plan.image.layers and plan.image.hosted):
        message = "is needed to push: where shall the image go?"
        raise invalid((Finding(f"{repo.profile_name}::image.registry", message),))
    return write_lock(repo, push(engine, plan.image, console.say), None, console)
