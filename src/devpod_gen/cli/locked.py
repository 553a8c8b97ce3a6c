"""devpod.lock and what it is of: required to fit, and written with its files."""

from dataclasses import replace
from typing import TYPE_CHECKING

from devpod_gen import __version__
from devpod_gen.cli.options import Repo, lock_of, plan_with
from devpod_gen.errors import FilesDiffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpod_gen.cli.console import Console
    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.lock import Lock, LockedImage
    from devpod_gen.plan.model import Plan

_UPDATE = "run `devpod-gen lock --update`, and commit the result"


def require_locked(repo: Repo, plan: "Plan", changes: "tuple[Change, ...]") -> "Lock":
    """The repo's lock. Raises FilesDiffer when there is none, or when it, the profile and the
    generated files are not of one another."""
    from devpod_gen.cli.generated import require_up_to_date  # noqa: PLC0415
    from devpod_gen.plan.drift import drift  # noqa: PLC0415

    found = lock_of(repo)
    if not found:
        message = "there is no lock"
        raise FilesDiffer(message, where=repo.lock_name, fix=_UPDATE)
    require_up_to_date(changes)
    findings = drift(found, plan, locked_texts(changes), file=repo.lock_name)
    if findings:
        message = "the lock is not what the profile says"
        raise FilesDiffer(message, findings=findings, fix=_UPDATE)
    return found


def locked_texts(
    changes: "tuple[Change, ...]", merged: "Mapping[str, str] | None" = None
) -> dict[str, str]:
    """The files that the lock has hashes of, by path: those that shape the workspace. The
    CI's workflow comes and goes without it. `merged`: what some become."""
    texts = {change.file.path: change.text for change in changes if not change.gone}
    texts |= merged or {}
    return {path: text for path, text in texts.items() if path.startswith(".devcontainer/")}


def write_lock(
    repo: Repo,
    image: "LockedImage",
    tools: tuple[tuple[str, str], ...] | None,
    console: "Console",
) -> "Plan":
    """Write the lock and the files that go with it, all or none; the plan with that lock.

    `tools` None: those that the lock has for the same image stay. Raises NotOurs when an
    edited file is in the way.
    """
    from devpod_gen import beneath  # noqa: PLC0415
    from devpod_gen.cli.generated import changes_of, write_files  # noqa: PLC0415
    from devpod_gen.cli.merge import carried  # noqa: PLC0415
    from devpod_gen.plan.drift import hashes  # noqa: PLC0415
    from devpod_gen.plan.lock import Lock, lock_path  # noqa: PLC0415
    from devpod_gen.undo import all_or_none  # noqa: PLC0415

    path = lock_path(repo.profile_path)
    tools = _tools_of(repo, image) if tools is None else tools
    wanted = Lock(image, tools, (), __version__)
    plan = plan_with(repo, wanted)
    changes = changes_of(repo, plan)
    merged = carried(repo, plan, changes, console)
    files = hashes(locked_texts(changes, merged))
    text = replace(wanted, files=files).text()
    with all_or_none(repo.root, (repo.lock_name, *(x.file.path for x in changes))):
        written = write_files(repo, plan, changes, merged=merged)
        if not path.is_file() or path.read_bytes() != text.encode():
            beneath.publish(repo.root, repo.lock_name, text)
            written += (repo.lock_name,)
    for name in written:
        console.say(f"wrote {name}")
    return plan


def _tools_of(repo: Repo, image: "LockedImage") -> tuple[tuple[str, str], ...] | None:
    """What was found in that very image before."""
    from devpod_gen.errors import ProfileError  # noqa: PLC0415

    try:
        before = lock_of(repo)
    except ProfileError:  # it cannot be read, and is replaced
        return None
    return before.tools if before and before.image == image and image.digest else None
