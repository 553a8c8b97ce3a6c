"""Commands on images: build."""

from pathlib import Path

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Debug, Folder, Json, ProfileName, Verbose, plan_of, repo_at

_HERE = Path()


def build(
    directory: Folder = _HERE,
    profile: ProfileName = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Build the profile's image, or say that it is there.

    Example: devpod-gen build -v
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.image import ensure  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    plan = plan_of(repo_at(directory, profile))
    engine = Docker()
    engine.require()
    image = ensure(engine, plan.image, console.say)
    megabytes = image.size / 1e6
    console.result(
        f"{image.ref}  {megabytes:.0f} MB",
        image={"ref": image.ref, "id": image.id, "digest": image.digest, "size": image.size},
    )
