"""Commands on emitted files: generate, schema. None of them reaches an engine."""

from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.generated import changes_of, differ, differing, write_files
from devpod_gen.cli.options import (
    HERE,
    CiName,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    plan_of,
    repo_at,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.model import Plan


def generate(
    directory: Folder = HERE,
    profile: ProfileName = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if files differ.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Write nothing; show what would change.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Merge edited files with what is new; a .bak is kept.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace edited files; a .bak copy is kept.")
    ] = False,
    ci: CiName = None,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Write .devcontainer/ from the profile, and the CI's workflow once there is one.

    Example: devpod-gen generate --check

    Example: devpod-gen generate --merge --diff
    """
    from devpod_gen.cli.merge import diff_of, merged_texts  # noqa: PLC0415 - only what is used

    _require_sense(check=check, diff=diff, merge=merge, force=force)
    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    plan = plan_of(repo)
    if plan.mounts and not (check or diff):
        _require_allowed(repo, plan)
    changes = changes_of(repo, plan, ci=ci, keep=not (check or diff))
    found = differing(changes)
    files = [{"path": change.file.path, "state": change.state.value} for change in changes]
    if check and found:
        raise differ(found)
    merged = merged_texts(repo, plan, changes, console) if merge else {}
    if check or diff:
        told = diff_of(changes, merged) if diff else ""
        return console.result(told, files=files, **({"merged": sorted(merged)} if merge else {}))
    written = write_files(repo, plan, changes, force=force, merged=merged)
    gone = {change.file.path for change in changes if change.gone}
    for path in written:
        told = "removed" if path in gone else "merged" if path in merged else "wrote"
        console.say(f"{told} {path}")
    if plan.mounts:
        _tell_of_mounts(repo, plan, console)
    _tell_of_trust(changes, merged, console)
    told = "" if written else f"nothing to do: the files are up to date{_own_lines(changes)}"
    return console.result(told, files=files, **({"merged": sorted(merged)} if merge else {}))


def _require_sense(*, check: bool, diff: bool, merge: bool, force: bool) -> None:
    """Raises BadParameter where two options contradict each other."""
    for name, is_wrong, why in (
        ("--force", force and merge, "replaces what --merge keeps: give one of the two"),
        ("--force", force and (check or diff), "writes, and --check and --diff do not"),
        ("--merge", merge and check, "writes, and --check does not: --merge --diff shows it"),
    ):
        if is_wrong:
            raise typer.BadParameter(why, param_hint=name)


def _tell_of_trust(
    changes: "tuple[Change, ...]", merged: "Mapping[str, str]", console: Console
) -> None:
    if not merged:
        return
    from devpod_gen.emit.accepted import kinds_of  # noqa: PLC0415

    for one in changes:
        if (path := one.file.path) in merged and kinds_of(one.file, merged[path]):
            console.say(f"{path} says more than a profile may untrusted: run `devpod-gen trust`")


def _own_lines(changes: "tuple[Change, ...]") -> str:
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    names = [change.file.path for change in changes if change.state is State.MERGED]
    return f"; with lines of your own: {', '.join(names)}" if names else ""


def schema(
    name: Annotated[str, typer.Argument(help="profile, stack, policy or report.")] = "profile",
) -> None:
    """Print the JSON Schema of the profile.

    Example: devpod-gen schema > devpod.schema.json
    """
    from devpod_gen import resources  # noqa: PLC0415

    if name not in ("profile", "stack", "policy", "report"):
        message = f"there is no schema {name!r}; there are profile, stack, policy and report"
        raise typer.BadParameter(message)
    Console(as_json=False, verbose=False).result(resources.schema_text(name).rstrip("\n"))


def _require_allowed(repo: Repo, plan: "Plan") -> None:
    from devpod_gen.workspace.trust import require_allowed  # noqa: PLC0415

    require_allowed(repo.root, plan)


def _tell_of_mounts(repo: Repo, plan: "Plan", console: Console) -> None:
    from devpod_gen.workspace import mounts, trust  # noqa: PLC0415 - only where there are mounts

    if not trust.is_trusted(repo.root, mounts.located(repo.root, plan)):
        console.say("an editor gets no mounts until `devpod-gen trust` and then `generate`")
