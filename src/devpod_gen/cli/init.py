"""The command that makes a profile: init. It does not reach an engine."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.existing import found_before, tell, told
from devpod_gen.cli.generated import changes_of, write_files
from devpod_gen.cli.options import (
    HERE,
    CiName,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    repo_of_its_own,
    stacks_of,
)
from devpod_gen.errors import NotOurs
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.model import Plan
    from devpod_gen.profile.detect import Detection
    from devpod_gen.profile.stacks import Stack

_PATIENCE = 2.0
"""Seconds that detection may take where a repo's own patterns are in it."""


def init(
    directory: Folder = HERE,
    profile: ProfileName = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and write nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace what is there; a .bak copy is kept.")
    ] = False,
    ci: CiName = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Detect the repo's stacks, write a commented devpod.toml, and generate.

    Example: devpod-gen init --dry-run
    """
    from devpod_gen.emit.starter import starter  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.plan.resolve import resolve, slug  # noqa: PLC0415
    from devpod_gen.profile.load import parse  # noqa: PLC0415
    from devpod_gen.profile.template import own_templates  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_of_its_own(directory, profile)
    known = stacks_of(repo)
    found = _detect(repo, known)
    was = found_before(repo.root, found, known)
    text = starter(slug(repo.root.name), found, known, was)
    parsed = parse(text.encode(), repo.profile_name)
    plan = resolve(parsed, known, folder_name=repo.root.name, variant=profile)
    # The repo's own templates are not rendered before they are trusted.
    whole = replace(plan, templates=own_templates(repo.root))
    if not dry_run:
        changes = tuple(one for one in changes_of(repo, plan, ci=ci) if not one.gone)
        written = _write_profile(repo, text, changes, force=force)
        for path in (*written, *write_files(repo, plan, changes, force=force)):
            console.say(f"wrote {path}")
    tell(was, console)
    console.result(
        text if dry_run else _found(found, {stack.name for stack in known}),
        **_detected(found),
        asks=_asks(repo, whole, console, written=not dry_run),
        existing=[told(one) for one in was],
        profile=text,
    )


def _detect(repo: Repo, known: "tuple[Stack, ...]") -> "Detection":
    """What the repo is made of. Its own stacks' patterns get a limit."""
    from devpod_gen.profile.detect import detect  # noqa: PLC0415
    from devpod_gen.profile.own import too_slow  # noqa: PLC0415
    from devpod_gen.profile.patience import patience  # noqa: PLC0415

    if not any(stack.recipe.place for stack in known):
        return detect(repo.root, known)
    with patience(_PATIENCE, too_slow(_PATIENCE)):
        return detect(repo.root, known)


def _asks(repo: Repo, plan: "Plan", console: Console, *, written: bool) -> list[dict[str, str]]:
    """What the profile asks for. What init has written is trusted as it is written, but for
    what reaches beyond containers: that, its user has to trust before it is built."""
    from devpod_gen.plan.asks import INSIDE, asks  # noqa: PLC0415
    from devpod_gen.workspace.mounts import located  # noqa: PLC0415
    from devpod_gen.workspace.trust import content_of, trust  # noqa: PLC0415

    found = asks(located(repo.root, plan))
    inside = all(ask.kind in INSIDE for ask in found)
    if found and inside and written:
        trust(content_of(repo.root, plan))
    for ask in found:
        told = "you have now: " if inside else "needs your trust: "
        console.say(f"{told}{ask.where}: {ask.what}")
    if found:
        fix = "not yours? `devpod-gen trust --revoke`" if inside else "run `devpod-gen trust`"
        console.say(f"  read it, then {fix}" if not inside else f"  {fix}")
    return [{"kind": ask.kind, "what": ask.what, "where": ask.where} for ask in found]


def _write_profile(
    repo: Repo, text: str, changes: "tuple[Change, ...]", *, force: bool
) -> tuple[str, ...]:
    """The profile, and only then; nothing at all when something is in the way. What was
    written, a copy of another one first."""
    from devpod_gen import beneath  # noqa: PLC0415
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    in_the_way = [
        change.file.path for change in changes if change.state in (State.EDITED, State.FOREIGN)
    ]
    if repo.profile_path.exists():
        in_the_way.insert(0, repo.profile_name)
        instead = f"edit {repo.profile_name} and run `devpod-gen generate`"
    else:
        instead = "live beside it with `devpod-gen init --profile NAME`"
    if in_the_way and not force:
        message = "there is a development environment here already; nothing was written"
        fix = f"{instead}; or `devpod-gen init --force`, which keeps .bak copies"
        raise NotOurs(message, where=", ".join(in_the_way), fix=fix)
    copies: tuple[str, ...] = ()
    if repo.profile_path.exists():
        kept = beneath.back_up(repo.root, repo.profile_name)
        copies = (kept.relative_to(repo.root).as_posix(),)
    beneath.publish(repo.root, repo.profile_name, text)
    return (*copies, repo.profile_name)


def _found(found: "Detection", known: set[str]) -> str:
    from devpod_gen.emit.starter import UNIVERSAL  # noqa: PLC0415

    if not found.stacks:
        offer = (
            f', or stacks = ["{UNIVERSAL}"] for all that fit in one image'
            if UNIVERSAL in known
            else ""
        )
        return (
            f"no language was recognised: {found.reason}\n"
            f"the profile is the base image's; name stacks in it{offer}"
        )
    lines = [
        "stacks: " + ", ".join(f"{stack.name} ({stack.evidence})" for stack in found.stacks),
        "versions: "
        + (", ".join(f"{v.tool} {v.value} ({v.source})" for v in found.versions) or "none stated"),
    ]
    managers = ", ".join(f"{manager.name} ({manager.source})" for manager in found.managers)
    lines += [f"package managers: {managers}"] if managers else []
    return "\n".join(printable(line) for line in [*lines, "next: devpod-gen verify"])


def _detected(found: "Detection") -> dict[str, Any]:
    return {
        "stacks": [{"name": stack.name, "primary": stack.primary} for stack in found.stacks],
        "versions": {
            version.tool: {"value": version.value, "kind": version.kind, "source": version.source}
            for version in found.versions
        },
        "managers": [
            {"stack": m.stack, "name": m.name, "version": m.version, "source": m.source}
            for m in found.managers
        ],
        "evidence": {stack.name: stack.evidence for stack in found.stacks},
        "reason": found.reason,
    }
