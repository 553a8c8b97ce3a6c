"""An edited file and what is generated now, merged: the user's lines stay, ours are new."""

from devpod_gen.emit.accepted import LARGEST, kinds_of, problems
from devpod_gen.emit.configuration import config_in, with_config
from devpod_gen.emit.file import is_untouched, merged, origin, unmerged
from devpod_gen.emit.threeway import LONGEST, Conflict, merge
from devpod_gen.emit.tree import Change, State, difference
from devpod_gen.errors import Finding
from devpod_gen.plan.model import Edit
from devpod_gen.value import dataclass

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Merged:
    """What became of one file. `text` is to be written when the other two are empty."""

    path: str
    text: str
    conflicts: tuple[Conflict, ...] = ()
    findings: tuple[Finding, ...] = ()


def is_base(text: str, change: Change) -> bool:
    """Whether the text is what was generated before the file was edited."""
    return is_untouched(text) and origin(text) == origin(change.there)


def merged_with(base: str, change: Change) -> Merged:
    """The edited file with what is generated now; `base` is what was generated before. The
    result is known as merged, unless nothing of the user's is left in it."""
    path, ours = change.file.path, change.file.text
    theirs = unmerged(change.there.removeprefix(_BOM))
    if too_large := _too_large(path, theirs):
        return Merged(path, theirs, findings=(too_large,))
    is_compose = path.endswith("/compose.yaml")
    if is_compose:  # it follows from the rest
        theirs = with_config(theirs, config_in(base))
    text, conflicts = merge(base, theirs, ours)
    if conflicts or text == ours:
        return Merged(path, text, conflicts)
    text = merged(with_config(text) if is_compose else text)
    return Merged(path, text, findings=problems(change.file, text))


def edits_of(changes: tuple[Change, ...]) -> tuple[Edit, ...]:
    """The merged files that say more than the profile could say untrusted."""
    return tuple(
        Edit(change.file.path, change.there, _own_lines(change), kinds)
        for change in changes
        if change.state is State.MERGED and (kinds := kinds_of(change.file, change.there))
    )


def _own_lines(change: Change) -> str:
    """The diff from what was generated to what its user made of it, without our own hashes."""
    path, ours, theirs = change.file.path, change.file.text, unmerged(change.there)
    if path.endswith("/compose.yaml"):
        theirs = with_config(theirs, config_in(ours))
    return difference(path, ours, theirs, names=("generated", "merged"))


def _too_large(path: str, text: str) -> Finding | None:
    if len(text) > LARGEST or text.count("\n") > LONGEST:
        return Finding(path, f"is too large to merge: {LARGEST // 1024} KiB, {LONGEST} lines")
    return None
