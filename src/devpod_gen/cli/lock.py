"""The command on devpod.lock: it is checked, or made anew of what a verification has proven."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Debug,
    Folder,
    Json,
    ProfileName,
    Verbose,
    plan_of,
    repo_at,
)

if TYPE_CHECKING:
    from devpod_gen.plan.lock import Lock


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
    from devpod_gen.cli.generated import changes_of  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415
    from devpod_gen.cli.update import updated  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    if update:
        return updated(repo, console)
    plan = plan_of(repo)
    found = require_locked(repo, plan, changes_of(repo, plan))
    console.result(_told(found), lock=json.loads(found.text()))
    return 0


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
