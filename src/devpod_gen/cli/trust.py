"""The command by which a user trusts what a profile asks for: trust."""

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import HERE, Debug, Folder, Json, ProfileName, Verbose, plan_of, repo_at
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from devpod_gen.workspace.trust import Content
    from devpod_gen.workspace.trusted import Record


def trust(
    directory: Folder = HERE,
    profile: ProfileName = None,
    yes: Annotated[
        str | None,
        typer.Option(
            "--yes", metavar="HASH", help="Trust the content with this hash; no question."
        ),
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show everything that you have trusted.")
    ] = False,
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Trust no content of this profile any more.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Show what the profile asks for beyond the safe default, and trust exactly that.

    Example: devpod-gen trust
    """
    from devpod_gen.cli.generated import changes_of, with_edits  # noqa: PLC0415 - only what is used
    from devpod_gen.workspace import gitfolder, trusted  # noqa: PLC0415
    from devpod_gen.workspace.trust import content_of  # noqa: PLC0415
    from devpod_gen.workspace.trust import trust as record  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    if listed:
        _tell(trusted.records(), "nothing is trusted", console)
        return
    repo = repo_at(directory, profile)
    if revoke:
        gone = trusted.revoke(gitfolder.owner(repo.root), repo.profile_name)
        _tell(gone, "there was nothing to revoke", console)
        return
    plan = plan_of(repo)
    # A template is not rendered before it is trusted; what can be merged needs none.
    changes = changes_of(repo, replace(plan, templates=()), keep=False)
    content = content_of(repo.root, with_edits(plan, changes))
    if not content.known:
        _ask(content, yes, console)
        record(content)
    told = "trusted" if content.asks else "the profile asks for nothing that needs trust"
    console.result(
        told,
        hash=content.hash,
        asks=[{"kind": ask.kind, "what": ask.what, "where": ask.where} for ask in content.asks],
    )


def _ask(content: "Content", yes: str | None, console: Console) -> None:
    """Return only when the user says yes to this content. Raises Untrusted."""
    from devpod_gen.workspace.trust import untrusted  # noqa: PLC0415

    if yes == content.hash:
        return
    fix = f"read these, then run `{content.command}`"
    if yes is not None:
        raise untrusted(content, "this content has another hash than the one given", fix=fix)
    if not sys.stdin.isatty():
        raise untrusted(content, "there is no terminal to ask at", fix=fix)
    console.say(f"{content.file} asks for:")
    for ask in content.asks:
        console.say(f"  {ask.where}: {ask.what}")
    _tell_diff("what generated files say beyond the profile:", content.edits, console)
    _tell_diff("since you trusted it last:", content.changes(), console)
    console.say(f"hash {content.hash}")
    if not typer.confirm("Have you read these, and do you trust them?", err=True):
        raise untrusted(content, "you did not trust it")


def _tell_diff(what: str, diff: str, console: Console) -> None:
    for line in [what, *(f"  {line}" for line in diff.splitlines())] if diff else []:
        console.say(line)


def _tell(records: "tuple[Record, ...]", nothing: str, console: Console) -> None:
    lines = [printable(f"{x.hash[:12]}  {x.root}  {x.file}") for x in records]
    values = [{"hash": x.hash, "root": x.root, "file": x.file} for x in records]
    console.result("\n".join(lines) or nothing, records=values)
