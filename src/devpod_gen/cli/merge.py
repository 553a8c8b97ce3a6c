"""What `generate --merge` does of edited files: the user's lines and what is new, together."""

from typing import TYPE_CHECKING

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Repo
from devpod_gen.errors import Finding, MergeConflict, NotOurs
from devpod_gen.profile.wording import shown

if TYPE_CHECKING:
    from devpod_gen.emit.edited import Merged
    from devpod_gen.emit.threeway import Conflict
    from devpod_gen.emit.tree import Change
    from devpod_gen.plan.model import Plan


def merged_texts(
    repo: Repo, plan: "Plan", changes: "tuple[Change, ...]", console: Console
) -> dict[str, str]:
    """The texts by path that edited files become. Reads only.

    Raises MergeConflict where the user and the profile have changed the same, NotOurs where
    nothing can be merged, or where what would come of it may not be.
    """
    from devpod_gen.emit.edited import merged_with  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.emit.file import is_ours  # noqa: PLC0415
    from devpod_gen.emit.tree import State  # noqa: PLC0415
    from devpod_gen.emit.writing import require_writable  # noqa: PLC0415

    require_writable(tuple(one for one in changes if one.state is State.FOREIGN))
    edited = [one for one in changes if one.state is State.EDITED]
    if unknown := [one for one in edited if not is_ours(one.there)]:
        message = "only files that carry our hash can be merged"
        fix = "take your lines into the template; `--force` replaces it and keeps a .bak copy"
        raise NotOurs(message, where=unknown[0].file.path, fix=fix, detail=unknown[0].diff)
    found = [merged_with(_base(repo, plan, one), one) for one in edited]
    if findings := tuple(finding for one in found for finding in one.findings):
        message = "with your edits a generated file is not what it may be; nothing was written"
        fix = "edit devpod.toml instead, or take it out; `--force` replaces it, with a .bak copy"
        raise NotOurs(message, where=findings[0].where, fix=fix, findings=findings)
    if any(one.conflicts for one in found):
        raise _conflict(found, console)
    return {one.path: one.text for one in found}


def carried(
    repo: Repo, plan: "Plan", changes: "tuple[Change, ...]", console: Console
) -> dict[str, str]:
    """The same for files that were merged before, as a new lock makes them: its user has asked
    for that, and their lines have been accepted. Others stay in the way."""
    from devpod_gen.emit.file import is_merged  # noqa: PLC0415
    from devpod_gen.emit.tree import State  # noqa: PLC0415

    stale = tuple(x for x in changes if x.state is State.EDITED and is_merged(x.there))
    return merged_texts(repo, plan, stale, console)


def diff_of(changes: "tuple[Change, ...]", merged: dict[str, str]) -> str:
    """What writing would change, merged files as they would be."""
    from devpod_gen.emit.tree import AS_WANTED, difference  # noqa: PLC0415

    return "".join(
        difference(one.file.path, one.there, merged[one.file.path], names=("on disk", "merged"))
        if one.file.path in merged
        else one.diff
        for one in changes
        if one.state not in AS_WANTED
    )


def _base(repo: Repo, plan: "Plan", change: "Change") -> str:
    """What was generated before the file was edited."""
    from devpod_gen.emit.edited import is_base  # noqa: PLC0415
    from devpod_gen.emit.file import origin  # noqa: PLC0415
    from devpod_gen.workspace.written import find  # noqa: PLC0415

    if is_base(change.file.text, change):
        return change.file.text
    digest = origin(change.there) or ""
    text = find(repo.root, plan.output, change.file.path, digest)
    if text and is_base(text, change):
        return text
    name = repo.profile_name
    message = "what the file was before it was edited is not known on this machine"
    fix = (
        f"have {name} as it was then (`git stash push {name}`), `devpod-gen generate --merge`, "
        f"have it as it is now (`git stash pop`), and merge again; or put your lines into {name} "
        "and use `--force`, which keeps a .bak copy"
    )
    raise NotOurs(message, where=change.file.path, fix=fix, detail=change.diff)


def _conflict(found: "list[Merged]", console: Console) -> MergeConflict:
    every = [(one.path, conflict) for one in found for conflict in one.conflicts]
    blocks = "".join(_block(path, conflict) for path, conflict in every)
    if not console.as_json:  # all of it: an error is cut where a screen ends
        for line in blocks.splitlines():
            console.say(line)
    count = "1 place" if len(every) == 1 else f"{len(every)} places"
    return MergeConflict(
        f"you and the profile have changed the same, in {count}; nothing was written",
        findings=tuple(_finding(*one) for one in every),
        fix="edit devpod.toml, or the file, so that they agree; `--force` replaces the file and "
        "keeps a .bak copy",
        detail=blocks if console.as_json else "",
    )


def _finding(path: str, conflict: "Conflict") -> Finding:
    yours, generated = (_short(lines) for lines in (conflict.theirs, conflict.ours))
    return Finding(f"{path}:{conflict.line}", f"yours: {yours}; generated: {generated}")


def _short(lines: tuple[str, ...]) -> str:
    return shown(" ".join(line.strip() for line in lines)) if lines else "nothing"


def _block(path: str, conflict: "Conflict") -> str:
    return "".join(
        (
            f"{path}:{conflict.line}\n<<<<<<< yours\n",
            *conflict.theirs,
            "=======\n",
            *conflict.ours,
            ">>>>>>> generated\n",
        )
    )
