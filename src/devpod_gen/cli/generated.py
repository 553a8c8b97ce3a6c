"""The generated files of a repo: what they should be, how those on disk stand to that, and
how they are written. No engine is reached."""

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen.cli.options import Ci, Repo, trusted
from devpod_gen.cli.rendering import own_files, require_rendering
from devpod_gen.errors import FilesDiffer, NotOurs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from devpod_gen.emit.file import RenderedFile
    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.model import Plan
    from devpod_gen.workspace.emitted import Emitted


def changes_of(
    repo: Repo, plan: "Plan", *, ci: Ci | None = None, keep: bool = True
) -> "tuple[Change, ...]":
    """The emitted files as the plan says, held against those on disk. Reads only; with `keep`
    it remembers in the user's cache what was rendered.

    With `ci` there is its workflow among them; so there is once we have written one. Raises
    Untrusted for a repo's own templates that its user has not trusted.
    """
    changes, key = _held(repo, plan, ci)
    if keep:
        _keep(repo, plan, key, changes)
    return changes


def trusted_changes_of(repo: Repo, plan: "Plan") -> "tuple[Change, ...]":
    """The same, for what runs by these files. Raises Untrusted where one that was merged says
    more than the profile, and its user has not trusted that."""
    changes, key = _held(repo, plan, None)
    edited = with_edits(plan, changes)
    if edited.edits:
        trusted(repo, edited)
    _keep(repo, plan, key, changes)
    return changes


def _held(repo: Repo, plan: "Plan", ci: Ci | None) -> "tuple[tuple[Change, ...], str | None]":
    """The files against those on disk; with the key of what was rendered for it, if it was."""
    from devpod_gen import beneath  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.emit.recall import key_of, recall  # noqa: PLC0415

    require_rendering(repo, plan)
    own = _is_our_own(repo.root)
    key = key_of(plan, own=own)
    known = None if ci else recall(repo.root, plan, key)
    changes = known or _compared(repo, plan, ci, own=own)
    beneath.read(repo.root, f"{plan.output}/.env")  # the last to be written, and no later refused
    return changes, None if known else key


def _compared(repo: Repo, plan: "Plan", ci: Ci | None, *, own: bool) -> "tuple[Change, ...]":
    from devpod_gen.emit.bundle import bundle  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.emit.former import compare_all  # noqa: PLC0415
    from devpod_gen.emit.paths import workflow_path  # noqa: PLC0415
    from devpod_gen.emit.tree import State, compare  # noqa: PLC0415
    from devpod_gen.emit.workflow import workflow  # noqa: PLC0415

    files = bundle(plan, own_files(plan))
    of_ci: tuple[RenderedFile, ...] = ()
    if ci or os.path.lexists(repo.root / workflow_path(plan.variant)):
        of_ci = (workflow(plan, own=own),)
    try:
        flows = compare(repo.root, of_ci)
    except NotOurs:  # whatever is there, it is not ours: a `.github` that is a link
        if ci:
            raise
        flows = ()
    wanted = tuple(x for x in flows if ci or x.state not in (State.MISSING, State.FOREIGN))
    return (*compare_all(repo.root, plan.output, files), *wanted)


def with_edits(plan: "Plan", changes: "tuple[Change, ...]") -> "Plan":
    """The plan, with what merged files say beyond it."""
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    if not any(change.state is State.MERGED for change in changes):
        return plan
    from devpod_gen.emit.edited import edits_of  # noqa: PLC0415 - only what is used is loaded

    return replace(plan, edits=edits_of(changes))


def _keep(repo: Repo, plan: "Plan", key: str | None, changes: "tuple[Change, ...]") -> None:
    """Remember what was rendered, but for a repo whose files are refused: of that nothing is
    written, here neither."""
    from devpod_gen.emit.tree import State  # noqa: PLC0415 - only what is used is loaded

    if key is None or any(one.findings or one.state is State.FOREIGN for one in changes):
        return
    from devpod_gen.emit.recall import remember  # noqa: PLC0415

    remember(repo.root, plan.output, key, tuple(one.file for one in changes if not one.gone))
    _keep_texts(repo, plan, changes)


def _keep_texts(repo: Repo, plan: "Plan", changes: "tuple[Change, ...]") -> None:
    """For a later merge."""
    from devpod_gen.emit.file import origin  # noqa: PLC0415
    from devpod_gen.workspace.written import remember  # noqa: PLC0415

    files = [one.file for one in changes if not one.gone]
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
    from devpod_gen.workspace.env import write_env  # noqa: PLC0415
    from devpod_gen.workspace.identity import identify  # noqa: PLC0415

    folders = {(repo.root / change.file.path).parent for change in changes}
    for folder in folders | {repo.root, repo.root / plan.output}:
        sweep(folder)
    written: list[Path] = []
    if force or differing(changes):
        from devpod_gen.emit.bundle import self_check  # noqa: PLC0415 - only what is used
        from devpod_gen.emit.writing import write  # noqa: PLC0415

        self_check(tuple(change.file for change in changes if not change.gone))
        written += write(repo.root, changes, force=force, merged=merged or {})
        if force or merged:  # else they are kept already
            _keep_texts(repo, plan, changes)
    identity = identify(repo.root, plan.alias, plan.output)  # also beside a branch's
    if write_env(identity, plan):
        written.append(identity.env_file)
    return tuple(path.relative_to(repo.root).as_posix() for path in written)


def emitted_of(
    plan: "Plan", changes: "tuple[Change, ...]", texts: "Mapping[str, str] | None" = None
) -> "Emitted":
    """What an engine is told: these very texts, whatever is in the repo by then. `texts`: what
    some become, by their paths."""
    from devpod_gen.emit.configuration import config_in  # noqa: PLC0415
    from devpod_gen.workspace.emitted import Emitted  # noqa: PLC0415

    told = {change.file.path: change.text for change in changes} | dict(texts or {})
    generated = {change.file.path: change.file.text for change in changes}
    compose, config = (f"{plan.output}/{name}" for name in ("compose.yaml", "devcontainer.json"))
    edited = told[compose] != generated[compose]
    return Emitted(told[compose], told[config], config_in(told[compose]), edited)


def require_up_to_date(changes: "tuple[Change, ...]") -> None:
    """Raises FilesDiffer unless the emitted files are what the profile says."""
    if found := differing(changes):
        raise differ(found)


def differing(changes: "tuple[Change, ...]") -> "list[Change]":
    """Those that are not as they should be."""
    from devpod_gen.emit.tree import AS_WANTED  # noqa: PLC0415

    return [change for change in changes if change.state not in AS_WANTED]


def differ(changes: "list[Change]") -> FilesDiffer:
    """The error for files that are not what the profile says."""
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    names = ", ".join(f"{change.file.path} ({change.state.value})" for change in changes)
    states = {change.state for change in changes}
    option = " --merge" if State.EDITED in states else ""
    option = " --force" if State.FOREIGN in states else option
    return FilesDiffer(
        "the generated files are not what the profile says",
        where=names,
        fix=f"run `devpod-gen generate{option}`, and commit the result",
        findings=tuple(finding for change in changes for finding in change.findings),
    )
