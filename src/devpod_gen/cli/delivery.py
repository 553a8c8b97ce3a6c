"""What `bundle --load` does: look at everything, take the image in, write the files."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen import __version__
from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Repo, identity_of, plan_of
from devpod_gen.errors import FilesDiffer, NotOurs

if TYPE_CHECKING:
    from devpod_gen.emit.tree import Change
    from devpod_gen.workspace.reader import Archive


def bring_in(root: Path, path: Path, console: Console, *, force: bool) -> None:
    """Look at everything first; then the image, then the files."""
    from devpod_gen.emit.writing import write  # noqa: PLC0415
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace.delivery import require_sound, take_in  # noqa: PLC0415
    from devpod_gen.workspace.env import write_env  # noqa: PLC0415
    from devpod_gen.workspace.image import doors  # noqa: PLC0415
    from devpod_gen.workspace.reader import opened  # noqa: PLC0415

    with opened(path) as archive:
        require_sound(archive, where=str(path))
        changes = _changes(root, archive, force=force)
        engine = Docker()
        console.say(f"engine: {engine.require()}")
        image = take_in(engine, archive)
        console.say(f"the engine has {image.id}")
        for written in write(root, changes, force=force):
            console.say(f"wrote {written.relative_to(root)}")
    facts = archive.facts
    repo = Repo(root, _variant(facts.profile))
    plan = plan_of(repo)
    write_env(identity_of(repo, plan), plan, tuple(doors(engine, plan.image)))
    _require_same_generator(repo, facts.generator)
    console.result(
        f"{plan.name}: {facts.ref}, {len(archive.files)} files\nnext: devpod-gen verify --offline",
        image={"ref": facts.ref, "digest": facts.digest, "id": image.id},
        files=sorted(archive.files),
    )


def _changes(root: Path, archive: "Archive", *, force: bool) -> "tuple[Change, ...]":
    """What the bundle's files would change. Raises NotOurs when one is in the way."""
    from devpod_gen.emit.file import RenderedFile  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare  # noqa: PLC0415
    from devpod_gen.emit.writing import require_writable  # noqa: PLC0415
    from devpod_gen.workspace.delivery import require_text  # noqa: PLC0415

    texts = {path: require_text(path, content) for path, content in archive.files.items()}
    found = compare(root, tuple(RenderedFile(*item) for item in sorted(texts.items())))
    changes = tuple(
        replace(one, state=State.EDITED) if one.state is State.MERGED else one for one in found
    )
    try:
        if not force:
            require_writable(changes)
    except NotOurs as error:
        fix = "`--force` replaces it and keeps a .bak copy; or load into another folder with -C"
        message = "a file is in the way; nothing was written or loaded"
        raise NotOurs(message, where=error.where, fix=fix, detail=error.detail) from error
    return changes


def _variant(profile: str) -> str | None:
    return Path(profile).stem if profile.startswith(".devpod/") else None


def _require_same_generator(repo: Repo, generator: str) -> None:
    """That the devpod-gen of this machine makes the same of the profile: else it would not
    take the image for the profile's."""
    from devpod_gen.cli.generated import changes_of  # noqa: PLC0415
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415

    plan = plan_of(repo)
    try:
        require_locked(repo, plan, changes_of(repo, plan))
    except FilesDiffer as error:
        message = "all was brought in, but this devpod-gen makes something else of the profile"
        fix = (
            f"install devpod-gen {generator}, which made the bundle (this is {__version__}); "
            "a profile without a name has the folder's: load it into one of the same name"
        )
        raise FilesDiffer(message, where=error.where, fix=fix, findings=error.findings) from error
