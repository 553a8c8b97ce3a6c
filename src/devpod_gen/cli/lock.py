"""The command on devpod.lock: it is checked, or made anew of what a verification has proven."""

import json
from dataclasses import replace
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
    lock_of,
    plan_of,
    plan_with,
    repo_at,
)
from devpod_gen.errors import FilesDiffer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.lock import Lock, LockedImage
    from devpod_gen.plan.model import Plan

_UPDATE = "run `devpod-gen lock --update`, and commit the result"


def lock(
    directory: Folder = HERE,
    profile: ProfileName = None,
    update: Annotated[
        bool, typer.Option("--update", help="Resolve anew, verify, and only then write.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> int:
    """Check devpod.lock against the profile and the generated files, or make it anew.

    Example: devpod-gen lock --update
    """
    from devpod_gen.cli.repo import changes_of  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.cli.update import updated  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    if update:
        return updated(repo, console)
    plan = plan_of(repo)
    found = require_locked(repo, plan, changes_of(repo, plan))
    console.result(_told(found), lock=json.loads(found.text()))
    return 0


def require_locked(repo: Repo, plan: "Plan", changes: "tuple[Change, ...]") -> "Lock":
    """The repo's lock. Raises FilesDiffer when there is none, or when it, the profile and the
    generated files are not of one another."""
    from devpod_gen.cli.repo import require_up_to_date  # noqa: PLC0415
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
    console: Console,
) -> "Plan":
    """Write the lock and the files that go with it, all or none; the plan with that lock.

    `tools` None: those that the lock has for the same image stay. Raises NotOurs when an
    edited file is in the way.
    """
    from devpod_gen import beneath  # noqa: PLC0415
    from devpod_gen.cli.merge import carried  # noqa: PLC0415
    from devpod_gen.cli.repo import changes_of, write_files  # noqa: PLC0415
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


def _told(found: "Lock") -> str:
    """The lock, for people."""
    pinned = found.image.digest or "no registry: pinned by the tag, a hash of the recipe"
    lines = [f"{found.image.ref}\n  {pinned}"]
    lines += [f"  {one.platform} {one.digest} id {one.id}" for one in found.image.platforms]
    tools = [f"{name} {value}" for name, value in found.tools or ()]
    not_yet = "not looked at yet: run `devpod-gen lock --update`"
    lines.append(f"tools: {not_yet if found.tools is None else ', '.join(tools) or 'none'}")
    lines.append(f"files: {len(found.files)}, as locked")
    return "\n".join(lines)
