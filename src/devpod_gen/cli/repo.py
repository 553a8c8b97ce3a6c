"""Commands on emitted files: generate, schema. None of them reaches an engine."""

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
)
from devpod_gen.cli.rendering import own_files, require_rendering
from devpod_gen.errors import FilesDiffer

if TYPE_CHECKING:
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
    """
    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    plan = plan_of(repo)
    changes = changes_of(repo, plan, ci=ci, keep=not (check or diff))
    differing = _differing(changes)
    files = [{"path": change.file.path, "state": change.state.value} for change in changes]
    if check and differing:
        raise _differ(differing)
    if check or diff:
        console.result("".join(change.diff for change in differing) if diff else "", files=files)
        return
    written = write_files(repo, plan, changes, force=force)
    gone = {change.file.path for change in changes if change.gone}
    for path in written:
        console.say(f"{'removed' if path in gone else 'wrote'} {path}")
    if plan.mounts:
        _tell_of_mounts(repo, plan, console)
    console.result("" if written else "nothing to do: the files are up to date", files=files)


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
    (flow,) = compare(repo.root, (of_ci,))
    there = flow.state not in (State.MISSING, State.FOREIGN)
    return (*compare_all(repo.root, plan.output, files), *((flow,) if ci or there else ()))


def _is_our_own(root: Path) -> bool:
    """Whether the repo is devpod-gen's own, whose CI runs what is checked out."""
    return (root / "src" / "devpod_gen" / "__init__.py").is_file()


def write_files(
    repo: Repo, plan: "Plan", changes: "tuple[Change, ...]", *, force: bool = False
) -> tuple[str, ...]:
    """Have the emitted files on disk as the plan says; the names of those written."""
    from devpod_gen.disk import sweep  # noqa: PLC0415
    from devpod_gen.workspace.env import said_loaded, write_env  # noqa: PLC0415
    from devpod_gen.workspace.identity import identify  # noqa: PLC0415

    folders = {(repo.root / change.file.path).parent for change in changes}
    for folder in (repo.root, repo.root / plan.output, *folders):
        sweep(folder)
    written: list[Path] = []
    if _differing(changes):
        from devpod_gen.emit.bundle import self_check  # noqa: PLC0415 - only what is used
        from devpod_gen.emit.tree import write  # noqa: PLC0415

        self_check(tuple(change.file for change in changes if not change.gone))
        written += write(repo.root, changes, force=force)
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
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    return [change for change in changes if change.state is not State.SAME]


def _differ(changes: "list[Change]") -> FilesDiffer:
    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    return FilesDiffer(
        "the generated files are not what the profile says",
        where=names,
        fix="run `devpod-gen generate`, and commit the result",
    )
