"""A three-way merge of lines: what two sides have made of one text, put together.

Each side's edits are what `difflib` finds between the base and it. Where they do not meet,
both are done; where both sides did the same, it is done once; all else is a conflict. Edits
that only touch are no conflict as long as both replace lines by lines: an insertion or a
deletion there could belong to either.
"""

from collections.abc import Iterator

from devpod_gen.value import dataclass

LONGEST = 4000
"""Lines that a text may have: difflib takes seconds for more, where they repeat."""

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Where both sides have changed the same. `line`: in `theirs`, counted from 1."""

    line: int
    base: Lines
    theirs: Lines
    ours: Lines


@dataclass(frozen=True, slots=True)
class _Edit:
    """Of the base's lines `start` to `end`, one side has made `lines`."""

    start: int
    end: int
    lines: Lines
    of_theirs: bool


def merge(base: str, theirs: str, ours: str) -> tuple[str, tuple[Conflict, ...]]:
    """The text with the edits of both; where there are conflicts, it has theirs."""
    was = _lines(base)
    edits = [*_edits(was, _lines(theirs), of_theirs=True)]
    edits += _edits(was, _lines(ours), of_theirs=False)
    made: list[str] = []
    conflicts = []
    done = moved = 0
    for group in _groups(sorted(edits, key=lambda edit: (edit.start, edit.end))):
        start, end = group[0].start, max(edit.end for edit in group)
        made += was[done:start]
        mine, other = (_side(was, group, start, end, of_theirs=which) for which in (True, False))
        if mine != was[start:end] != other and mine != other:
            conflicts.append(Conflict(start + moved + 1, was[start:end], mine, other))
        made += mine if mine != was[start:end] else other
        moved += len(mine) - (end - start)
        done = end
    return "".join((*made, *was[done:])), tuple(conflicts)


def _lines(text: str) -> Lines:
    """By newlines alone, each with its own; the last one has one, too."""
    ended = text if text.endswith("\n") or not text else f"{text}\n"
    return tuple(f"{line}\n" for line in ended.split("\n")[:-1])


def _edits(base: Lines, side: Lines, *, of_theirs: bool) -> Iterator[_Edit]:
    from difflib import SequenceMatcher  # noqa: PLC0415 - only what is used is loaded

    before = -1
    for tag, *places in SequenceMatcher(None, base, side, autojunk=False).get_opcodes():
        start, end, first, last = places
        if tag != "equal":
            edit = _slid(base, _Edit(start, end, side[first:last], of_theirs), before)
            yield edit
            before = edit.end


def _slid(base: Lines, edit: _Edit, before: int) -> _Edit:
    """A block that came or went may have been any of several places, where lines repeat: the
    first one, so that both sides mean the same. `before`: where the edit before it ends."""
    start, end, lines = edit.start, edit.end, edit.lines
    while start > before + 1 and (
        (start == end and lines[-1] == base[start - 1])
        or (not lines and base[start - 1] == base[end - 1])
    ):
        lines = (*lines[-1:], *lines[:-1])
        start, end = start - 1, end - 1
    return _Edit(start, end, lines, edit.of_theirs)


def _groups(edits: list[_Edit]) -> Iterator[list[_Edit]]:
    """Those that meet, together."""
    group: list[_Edit] = []
    end = 0
    for edit in edits:
        if group and not _meets(group, end, edit):
            yield group
            group = []
        group.append(edit)
        end = max(end, edit.end) if len(group) > 1 else edit.end
    if group:
        yield group


def _meets(group: list[_Edit], end: int, edit: _Edit) -> bool:
    if edit.start != end:
        return edit.start < end
    touching = [one for one in (*group, edit) if end in (one.start, one.end)]
    both = len({one.of_theirs for one in touching}) == 2
    return both and not all(one.lines and one.start < one.end for one in touching)


def _side(was: Lines, group: list[_Edit], start: int, end: int, *, of_theirs: bool) -> Lines:
    """What one side has made of these lines."""
    made: list[str] = []
    for edit in group:
        if edit.of_theirs is of_theirs:
            made += (*was[start : edit.start], *edit.lines)
            start = edit.end
    return (*made, *was[start:end])
