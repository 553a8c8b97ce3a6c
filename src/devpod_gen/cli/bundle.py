"""The command that carries an environment to where no registry is: bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen import __version__
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
    repo_of_its_own,
    trusted_plan_of,
)
from devpod_gen.errors import ImageError, NotOurs, ProfileError

if TYPE_CHECKING:
    from devpod_gen.emit.tree import Change
    from devpod_gen.engine.model import ImageInfo
    from devpod_gen.plan.lock import Lock


def bundle(
    directory: Folder = HERE,
    profile: ProfileName = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The archive; default: NAME.bundle.tar.")
    ] = None,
    load: Annotated[
        Path | None, typer.Option("--load", help="Bring in what this archive holds, instead.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there; of a repo's files a .bak stays.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Put image, profile, lock and generated files into one archive, or bring them in.

    Example: devpod-gen bundle --load shop.bundle.tar
    """
    from devpod_gen.cli.delivery import bring_in  # noqa: PLC0415 - only what is used is loaded

    console = Console(as_json=as_json, verbose=verbose)
    at = repo_of_its_own if load else repo_at
    repo = at(directory, profile)
    if load and (output or profile):
        message = "the archive says what it holds: leave --output and --profile out"
        raise typer.BadParameter(message, param_hint="--load")
    if load:
        bring_in(repo.root, load, console, force=force)
    else:
        _make(repo, output, console, force=force)


def _make(repo: Repo, output: Path | None, console: Console, *, force: bool) -> None:
    from devpod_gen.cli.generated import trusted_changes_of  # noqa: PLC0415
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415
    from devpod_gen.disk import growing  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import bundle as form  # noqa: PLC0415
    from devpod_gen.workspace.image import ensure  # noqa: PLC0415

    plan = trusted_plan_of(repo)
    changes = trusted_changes_of(repo, plan)
    locked = require_locked(repo, plan, changes)
    target = output or Path(f"{plan.alias}.bundle.tar")
    if target.exists() and not force:
        message = "there is a file already; nothing was written"
        raise NotOurs(message, where=str(target), fix="name another with -o, or use --force")
    engine = Docker()
    image = ensure(engine, plan.image, console.say)
    _require_locked_id(image, locked)
    facts = form.Facts(
        generator=__version__,
        profile=repo.profile_name,
        ref=locked.image.ref,
        digest=locked.image.digest,
        id=image.id,
        platform=image.platform,
    )
    files = _files(repo, changes)
    console.say(f"saving {image.ref}")
    with growing(target) as stream:
        form.write(stream, facts, files, lambda take: engine.save(image.id, take))
    size = target.stat().st_size
    held = {"ref": facts.ref, "digest": facts.digest, "id": facts.id, "platform": facts.platform}
    console.result(
        f"{target}  {size / 1e6:.0f} MB: {facts.ref} for {facts.platform}, {len(files)} files",
        bundle={"path": str(target), "size": size, "image": held, "files": sorted(files)},
    )


def _require_locked_id(image: "ImageInfo", locked: "Lock") -> None:
    """An image from a registry must be the lock's for this platform, to the bit."""
    ids = {one.platform: one.id for one in locked.image.platforms}
    if ids and ids.get(image.platform) != image.id:
        message = f"the engine's image is {image.id}, the lock has another for {image.platform}"
        fix = "engines that use the containerd image store name images otherwise: use another"
        raise ImageError(message, where=image.ref, fix=fix)


def _files(repo: Repo, changes: "tuple[Change, ...]") -> dict[str, bytes]:
    """The profile, the lock, what was generated, and all that is in `.devpod`."""
    from devpod_gen.cli.locked import locked_texts  # noqa: PLC0415
    from devpod_gen.workspace.delivery import require_text  # noqa: PLC0415

    files = {path: text.encode() for path, text in locked_texts(changes).items()}
    paths = [repo.profile_path, repo.root / repo.lock_name]
    paths += [path for path in (repo.root / ".devpod").rglob("*") if not path.is_dir()]
    for path in paths:
        name = path.relative_to(repo.root).as_posix()
        if path.is_symlink() or not path.is_file():
            message = "a bundle holds plain files only"
            raise ProfileError(message, where=name, fix="replace it by a file")
        files[name] = path.read_bytes()
        require_text(name, files[name])
    return files
