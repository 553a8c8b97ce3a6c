"""Secrets, hidden in what is printed, also where they come in pieces."""

from collections.abc import Iterable
from dataclasses import field

from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.forms import hidden

STARS = b"***"


@dataclass(frozen=True, slots=True)
class Mask:
    """What must not be printed."""

    needles: frozenset[bytes] = field(default=frozenset(), repr=False)

    def of(self, contents: Iterable[bytes]) -> "Mask":
        """A mask that hides these, too."""
        return Mask(self.needles.union(*(hidden(one) for one in contents)))

    def text(self, text: str) -> str:
        """The text, with stars for each secret."""
        if not self.needles:
            return text
        data = text.encode("utf-8", "surrogateescape")
        return _starred(data, self._places(data)).decode("utf-8", "surrogateescape")

    def _places(self, data: bytes) -> list[tuple[int, int]]:
        """Where secrets are, those that overlap as one."""
        found = sorted(place for needle in self.needles for place in _all(needle, data))
        merged: list[tuple[int, int]] = []
        for start, end in found:
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def settled(self, data: bytes) -> int:
        """How much of `data` can be printed, whatever follows it: up to where a secret, or
        what a secret begins with, runs into the end."""
        cut = min((_beginning(needle, data) for needle in self.needles), default=len(data))
        for start, end in self._places(data):
            if start < cut < end:
                cut = start
        return cut

    def starred(self, data: bytes) -> bytes:
        """The bytes, with stars for each secret."""
        return _starred(data, self._places(data))


@dataclass(slots=True)
class Stream:
    """What comes in pieces, masked as if it were whole. Nothing is held back for longer than
    it may be the beginning of a secret."""

    mask: Mask
    kept: bytes = field(default=b"", repr=False)

    def more(self, piece: bytes) -> bytes:
        """What can be printed by now."""
        data = self.kept + piece
        cut = self.mask.settled(data)
        self.kept = data[cut:]
        return self.mask.starred(data[:cut])

    def rest(self) -> bytes:
        """What is left at the end."""
        data, self.kept = self.kept, b""
        return self.mask.starred(data)


def _starred(data: bytes, places: list[tuple[int, int]]) -> bytes:
    parts, last = [], 0
    for start, end in places:
        parts += [data[last:start], STARS]
        last = end
    return b"".join([*parts, data[last:]])


def _all(needle: bytes, data: bytes) -> Iterable[tuple[int, int]]:
    start = data.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = data.find(needle, start + 1)


def _beginning(needle: bytes, data: bytes) -> int:
    """Where the end of `data` may be the beginning of the needle."""
    start = max(0, len(data) - len(needle) + 1)
    while (start := data.find(needle[:1], start)) >= 0:
        if needle.startswith(data[start:]):
            return start
        start += 1
    return len(data)
