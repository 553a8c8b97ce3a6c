"""Commands on emitted files: generate, schema. None of them reaches an engine."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    HERE,
    Ci,
    CiName,
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    plan_of,
    repo_at,
    trusted,
)
from devpod_gen.cli.rendering import own_files, require_rendering
from devpod_gen.errors import FilesDiffer, NotOurs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpod_gen.emit.file import RenderedFile
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
    changes = changes_of(repo, plan, ci=ci, keep=not (check or diff))
    differing = _differing(changes)
    files = [{"path": change.file.path, "state": change.state.value} for change in changes]
    if check and differing:
        raise _differ(differing)
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


def changes_of(
    repo: Repo, plan: "Plan", *, ci: Ci | None = None, keep: bool = True
) -> "tuple[Change, ...]":
    """The emitted files as the plan says, held against those on disk. Reads only; with `keep`
    it remembers in the user's cache what was rendered.

    With `ci` there is its workflow among them; so there is once we have written one. Raises
    Untrusted for a repo's own templates that its user has not trusted.
    """
    from devpod_gen.emit.recall import key_of, recall, remember  # noqa: PLC0415

    require_rendering(repo, plan)
    own = _is_our_own(repo.root)
    key = key_of(plan, own=own)
    if not ci and (known := recall(repo.root, plan.output, key)):
        return known
    from devpod_gen.emit.bundle import bundle  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.emit.former import compare_all  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare  # noqa: PLC0415
    from devpod_gen.emit.workflow import workflow  # noqa: PLC0415

    files, of_ci = bundle(plan, own_files(plan)), workflow(plan, own=own)
    if keep:
        remember(repo.root, plan.output, key, (*files, of_ci))
        _keep_texts(repo, plan, (*files, of_ci))
    try:
        flows = compare(repo.root, (of_ci,))
    except NotOurs:  # whatever is there, it is not ours: a `.github` that is a link
        if ci:
            raise
        flows = ()
    wanted = tuple(x for x in flows if ci or x.state not in (State.MISSING, State.FOREIGN))
    return (*compare_all(repo.root, plan.output, files), *wanted)


def trusted_changes_of(repo: Repo, plan: "Plan") -> "tuple[Change, ...]":
    """The same, for what runs by these files. Raises Untrusted where one that was merged says
    more than the profile, and its user has not trusted that."""
    changes = changes_of(repo, plan)
    edited = with_edits(plan, changes)
    if edited.edits:
        trusted(repo, edited)
    return changes


def with_edits(plan: "Plan", changes: "tuple[Change, ...]") -> "Plan":
    """The plan, with what merged files say beyond it."""
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    if not any(change.state is State.MERGED for change in changes):
        return plan
    from devpod_gen.emit.edited import edits_of  # noqa: PLC0415 - only what is used is loaded

    return replace(plan, edits=edits_of(changes))


def _keep_texts(repo: Repo, plan: "Plan", files: "tuple[RenderedFile, ...]") -> None:
    """For a later merge."""
    from devpod_gen.emit.file import origin  # noqa: PLC0415
    from devpod_gen.workspace.written import remember  # noqa: PLC0415

    texts = {file.path: (origin(file.text) or "", file.text) for file in files}
    remember(repo.root, plan.output, texts)


def _is_our_own(root: Path) -> bool:
    """Whether the repo is devpod-gen's own, whose CI runs what is checked out."""
    return (root / "src" / "devpod_gen" / "__init__.py").is_file()


def write_files(
    repo: Repo,
    plan: "Plan",
    changes: "tuple[Change, ...]",
    *,
    force: bool = False,
    merged: "Mapping[str, str] | None" = None,
) -> tuple[str, ...]:
    """Have the emitted files on disk as the plan says, or `merged`; the names of those written."""
    from devpod_gen.disk import sweep  # noqa: PLC0415
    from devpod_gen.workspace.env import said_loaded, write_env  # noqa: PLC0415
    from devpod_gen.workspace.identity import identify  # noqa: PLC0415

    folders = {(repo.root / change.file.path).parent for change in changes}
    for folder in (repo.root, repo.root / plan.output, *folders):
        sweep(folder)
    written: list[Path] = []
    if force or _differing(changes):
        from devpod_gen.emit.bundle import self_check  # noqa: PLC0415 - only what is used
        from devpod_gen.emit.tree import write  # noqa: PLC0415

        self_check(tuple(change.file for change in changes if not change.gone))
        written += write(repo.root, changes, force=force, merged=merged or {})
    identity = identify(repo.root, plan.alias, plan.output)  # also beside a branch's
    if write_env(identity, plan, said_loaded(identity, plan.image)):
        written.append(identity.env_file)
    return tuple(path.relative_to(repo.root).as_posix() for path in written)


def _tell_of_mounts(repo: Repo, plan: "Plan", console: Console) -> None:
    from devpod_gen.workspace import mounts, trust  # noqa: PLC0415 - only where there are mounts

    if not trust.is_trusted(repo.root, mounts.located(repo.root, plan)):
        console.say("an editor gets no mounts until `devpod-gen trust` and then `generate`")


def require_up_to_date(changes: "tuple[Change, ...]") -> None:
    """Raises FilesDiffer unless the emitted files are what the profile says."""
    differing = _differing(changes)
    if differing:
        raise _differ(differing)


def _differing(changes: "tuple[Change, ...]") -> "list[Change]":
    from devpod_gen.emit.tree import AS_WANTED  # noqa: PLC0415

    return [change for change in changes if change.state not in AS_WANTED]


def _differ(changes: "list[Change]") -> FilesDiffer:
    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    return FilesDiffer(
        "the generated files are not what the profile says",
        where=names,
        fix="run `devpod-gen generate`, and commit the result",
        findings=tuple(finding for change in changes for finding in change.findings),
    )
