"""A search for exact values, in all their forms. What is found is told by its place; the
value is never told, and hidden where it stands in the place's name."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import field

from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.clue import REACH, Clue, clues, is_in_lines
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.value import Value

OVERLAP = 2 * REACH
"""How much of a text is looked at again with its next part: what is around a clue."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a secret was found: the kind of place, and what exactly of it."""

    secret: str
    place: str
    where: str

    def told(self) -> str:
        """For messages."""
        return f"{self.secret}: {self.place}{f', {self.where}' if self.where else ''}"


Needle = tuple[Clue, str]
"""What gives a secret away, and which secret that is."""

_WORD = 8
_LONG = 2 * _WORD - 1
"""Wherever it begins, it has a whole word at an address that is divided by 8."""

_MANY = 32
"""From here on, looking up each word once is quicker than searching for each needle."""


@dataclass(slots=True)
class Hunt:
    """What is looked for, and where it was found. `words`: of each long needle, the one that
    is aligned in a text, for each place where it may begin; empty: they are few."""

    short: tuple[Needle, ...] = field(repr=False)
    in_lines: tuple[Needle, ...] = field(repr=False)
    long: tuple[Needle, ...] = field(repr=False)
    words: frozenset[int] = field(repr=False)
    mask: Mask = field(repr=False)
    spots: dict[Spot, None] = field(default_factory=dict)

    def look(self, place: str, where: str, text: bytes) -> None:
        """Take a text, and what it is."""
        for source in (text, where.encode("utf-8", "surrogateescape")):
            for clue, secret in self._possible(source):
                if clue.met(source):
                    shown = printable(self.mask.text(where).encode("utf-8", "replace").decode())
                    self.spots.setdefault(Spot(secret, place, shown))

    def _possible(self, text: bytes) -> tuple[Needle, ...]:
        """The needles that the text may hold."""
        broken = self.in_lines if is_in_lines(text) else ()
        if self.words:
            whole = memoryview(text)[: len(text) // _WORD * _WORD].cast("Q")
            if self.words.isdisjoint(whole):
                return self.short + broken
        return self.short + broken + self.long


def hunt_for(values: Iterable[Value]) -> Hunt:
    """A search for these values; what is too short to be told from anything is left out."""
    every = tuple(values)
    needles = [(clue, value.plan.name) for value in every for clue in clues(value.content)]
    whole = [needle for needle in needles if not needle[0].in_lines]
    long = tuple(needle for needle in whole if len(needle[0].part) >= _LONG)
    words = {
        int.from_bytes(clue.part[start : start + _WORD], sys.byteorder)
        for clue, _ in long
        for start in range(_WORD)
    }
    return Hunt(
        in_lines=tuple(needle for needle in needles if needle[0].in_lines),
        short=tuple(needle for needle in whole if len(needle[0].part) < _LONG),
        long=long,
        words=frozenset(words if len(long) > _MANY else ()),
        mask=Mask().of(value.content for value in every),
    )


def pieces(take: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Takes a stream in pieces, and hands it on so that nothing is cut in two."""
    kept = b""

    def more(piece: bytes) -> None:
        nonlocal kept
        text = kept + piece
        take(text)
        kept = text[-OVERLAP:] if piece else b""

    return more
