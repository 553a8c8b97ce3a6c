"""Commands on emitted files: generate, schema. None of them reaches an engine."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import (
    Debug,
    Folder,
    Json,
    ProfileName,
    Repo,
    Verbose,
    identity_of,
    plan_of,
    repo_at,
)
from devpod_gen.errors import FilesDiffer

if TYPE_CHECKING:
    from devpod_gen.emit.file import RenderedFile
    from devpod_gen.plan.model import Plan

_HERE = Path()


def generate(
    directory: Folder = _HERE,
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
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Write .devcontainer/ from the profile.

    Example: devpod-gen generate --check
    """
    from devpod_gen.emit.bundle import bundle  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, profile)
    plan = plan_of(repo)
    changes = compare(repo.root, bundle(plan))
    differing = [change for change in changes if change.state is not State.SAME]
    files = [{"path": change.file.path, "state": change.state.value} for change in changes]
    if check and differing:
        raise _differ(differing)
    if check or diff:
        console.result("".join(change.diff for change in differing) if diff else "", files=files)
        return
    written = write_files(repo, plan, force=force)
    for path in written:
        console.say(f"wrote {path}")
    console.result("" if written else "nothing to do: the files are up to date", files=files)


def schema(
    name: Annotated[str, typer.Argument(help="profile, stack or report.")] = "profile",
) -> None:
    """Print the JSON Schema of the profile.

    Example: devpod-gen schema > devpod.schema.json
    """
    from devpod_gen import resources  # noqa: PLC0415

    if name not in ("profile", "stack", "report"):
        message = f"there is no schema {name!r}; there are profile, stack and report"
        raise typer.BadParameter(message)
    Console(as_json=False, verbose=False).result(resources.schema_text(name).rstrip("\n"))


def write_files(repo: Repo, plan: "Plan", *, force: bool = False) -> tuple[str, ...]:
    """Have the emitted files on disk as the plan says; the names of those written."""
    from devpod_gen.disk import publish  # noqa: PLC0415
    from devpod_gen.emit.bundle import bundle, self_check  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare, write  # noqa: PLC0415

    files: tuple[RenderedFile, ...] = bundle(plan)
    written: list[Path] = []
    if any(change.state is not State.SAME for change in compare(repo.root, files)):
        self_check(files)
        written += write(repo.root, files, force=force)
    identity = identity_of(repo, plan)
    if not _holds(identity.env_file, identity.env_text):
        publish(identity.env_file, identity.env_text)
        written.append(identity.env_file)
    return tuple(path.relative_to(repo.root).as_posix() for path in written)


def require_up_to_date(repo: Repo, plan: "Plan") -> None:
    """Raises FilesDiffer unless the emitted files are what the profile says."""
    from devpod_gen.emit.bundle import bundle  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare  # noqa: PLC0415

    changes = compare(repo.root, bundle(plan))
    differing = [change for change in changes if change.state is not State.SAME]
    if differing:
        raise _differ(differing)


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _differ(changes: list[Any]) -> FilesDiffer:
    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    return FilesDiffer(
        "the generated files are not what the profile says",
        where=names,
        fix="run `devpod-gen generate`, and commit the result",
    )
