"""Commands on images: build."""

import json
import re
from pathlib import Path
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
    plan_of,
    repo_at,
    trusted_plan_of,
)
from devpod_gen.errors import Finding

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine
    from devpod_gen.plan.model import ImagePlan, Plan


def build(
    directory: Folder = HERE,
    profile: ProfileName = None,
    push: Annotated[
        bool, typer.Option("--push", help="Hand it to image.registry, and write devpod.lock.")
    ] = False,
    platform: Annotated[
        str | None,
        typer.Option(help="For these, as linux/amd64,linux/arm64; default: the engine's own."),
    ] = None,
    print_bake: Annotated[
        bool,
        typer.Option("--print", help="Print the `docker buildx bake` file, and build nothing."),
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="With --print: put it here, as docker-bake.json, with the recipes."),
    ] = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Build the profile's image, or say that it is there.

    Example: devpod-gen build --push
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    plan = plan_of(repo) if print_bake else trusted_plan_of(repo)
    platforms = _platforms(platform)
    if out and not print_bake:
        message = "goes with --print"
        raise typer.BadParameter(message, param_hint="--out")
    if print_bake:
        return _print(repo, plan, platforms, out, console)
    engine = Docker()
    engine.require()
    if push:
        plan = _push(engine, repo, plan, platforms, console)
    elif platforms:
        _ensure_for(engine, repo, plan, platforms, console)
    return _tell(engine, repo, plan, platforms, console)


def _platforms(text: str | None) -> tuple[str, ...]:
    """The platforms of the option, each once. Raises BadParameter."""
    names = tuple(dict.fromkeys(text.split(","))) if text is not None else ()
    wrong = [name for name in names if not re.fullmatch(r"linux/[a-z0-9]+(/v\d+)?", name)]
    if wrong:
        message = f"{wrong[0]!r} names no platform: linux/amd64,linux/arm64 are two"
        raise typer.BadParameter(message, param_hint="--platform")
    return names


def _print(
    repo: Repo, plan: "Plan", platforms: tuple[str, ...], out: Path | None, console: Console
) -> None:
    """The description of our own build, for builds that others make. No engine is asked."""
    from devpod_gen.workspace.build import builds  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.recipes import FILE, described, export  # noqa: PLC0415

    wanted = builds(_ours(repo, plan), repo.root)
    if out:
        document = export(wanted, out, platforms)
        console.result(f"wrote {out / FILE}", bake=document)
    else:
        document = described(wanted, platforms)
        console.result(json.dumps(document, indent=2), bake=document)


def _ours(repo: Repo, plan: "Plan") -> "ImagePlan":
    """The image, which must be one that we build. Raises ProfileError."""
    from devpod_gen.profile.load import invalid  # noqa: PLC0415 - only what is used is loaded

    if not plan.image.layers:
        message = "names an image that devpod-gen does not build"
        raise invalid((Finding(f"{repo.profile_name}::image.ref", message),))
    return plan.image


def _ensure_for(
    engine: "Engine", repo: Repo, plan: "Plan", platforms: tuple[str, ...], console: Console
) -> None:
    from devpod_gen.workspace.image import ensure_for  # noqa: PLC0415 - only what is used is loaded

    ensure_for(engine, _ours(repo, plan), platforms, console.say, root=repo.root)


def _tell(
    engine: "Engine", repo: Repo, plan: "Plan", platforms: tuple[str, ...], console: Console
) -> None:
    """What was built. The engine gets it, too, where it is one that it can run."""
    from devpod_gen.workspace.image import ensure  # noqa: PLC0415 - only what is used is loaded

    if platforms and engine.platform() not in platforms:
        image = {"ref": plan.image.ref, "digest": plan.image.digest, "platforms": list(platforms)}
        return console.result(f"{plan.image.exact}  {', '.join(platforms)}", image=image)
    found = ensure(engine, plan.image, console.say, root=repo.root)
    return console.result(
        f"{found.ref}  {found.size / 1e6:.0f} MB",
        image={"ref": found.ref, "id": found.id, "digest": found.digest, "size": found.size},
    )


def _push(
    engine: "Engine", repo: Repo, plan: "Plan", platforms: tuple[str, ...], console: Console
) -> "Plan":
    """Push, lock, and generate: the emitted files then name the image by its digest.

    The lock holds no tools until `lock --update` has verified it, unless nothing is new.
    """
    from devpod_gen.cli.locked import write_lock  # noqa: PLC0415
    from devpod_gen.profile.load import invalid  # noqa: PLC0415
    from devpod_gen.workspace.image import push  # noqa: PLC0415

    if not (plan.image.layers and plan.image.hosted):
        message = "is needed to push: where shall the image go?"
        raise invalid((Finding(f"{repo.profile_name}::image.registry", message),))
    pushed = push(engine, plan.image, console.say, root=repo.root, platforms=platforms)
    return write_lock(repo, pushed, None, console)
