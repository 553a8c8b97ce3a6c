"""Secrets, hidden in what is printed, also where they come in pieces."""

from collections.abc import Iterable, Iterator
from dataclasses import field

from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.bare import bare, begun
from devpod_gen.workspace.secrecy.broken import Broken
from devpod_gen.workspace.secrecy.forms import hidden

STARS = b"***"

_HEAD = 16

Places = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Mask:
    """What must not be printed: `needles` as a whole, and of what is `broken` not a line."""

    needles: frozenset[bytes] = field(default=frozenset(), repr=False)
    broken: Broken = field(default=Broken(), repr=False)

    def of(self, contents: Iterable[bytes]) -> "Mask":
        """A mask that hides these, too."""
        long = {one: hidden(one) for one in contents}
        needles = self.needles.union(*long.values())
        return Mask(needles, self.broken.of(one for one, forms in long.items() if forms))

    def text(self, text: str) -> str:
        """The text, with stars for each secret."""
        if not self.needles:
            return text
        data = self.starred(text.encode("utf-8", "surrogateescape"))
        return data.decode("utf-8", "surrogateescape")

    def starred(self, data: bytes) -> bytes:
        """The bytes, with stars for each secret."""
        return _starred(data, self._places(data))

    def settled(self, data: bytes) -> int:
        """How much of `data` can be printed, whatever follows it: up to where a secret, or
        what a secret begins with, runs into the end."""
        known = data[: begun(data)]
        cut, shown = self._beginning(known), bare(known)
        if shown and (start := self._beginning(shown.text)) < len(shown.text):
            cut = min(cut, shown.at(start))
        for start, end in self._places(data):
            if start < cut < end:
                cut = start
        return cut

    def _places(self, data: bytes) -> Places:
        """Where secrets are, those that overlap as one."""
        found, shown = [*self._found(data)], bare(data)
        if shown:
            found += [shown.place(*place) for place in self._found(shown.text)]
        merged: Places = []
        for start, end in sorted(found):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _found(self, data: bytes) -> Iterator[tuple[int, int]]:
        for needle in self.needles:
            yield from _all(needle, data)
        yield from self.broken.places(data)

    def _beginning(self, data: bytes) -> int:
        """Where a secret may begin that runs into the end."""
        whole = (_beginning(needle, data) for needle in self.needles)
        return min(self.broken.begun(data), *whole, len(data))


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


def _starred(data: bytes, places: Places) -> bytes:
    parts, last = [], 0
    for start, end in places:
        parts += [data[last:start], STARS]
        last = end
    return b"".join([*parts, data[last:]])


def _all(needle: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(needle)
    while start >= 0:
        yield start, start + len(needle)
        start = data.find(needle, start + 1)


def _beginning(needle: bytes, data: bytes) -> int:
    """Where the end of `data` may be the beginning of the needle. Long ones are compared only
    where they begin alike."""
    start = max(0, len(data) - len(needle) + 1)
    while (start := data.find(needle[:_HEAD], start)) >= 0:
        if needle.startswith(data[start:]):
            return start
        start += 1
    start = max(0, len(data) - len(needle) + 1, len(data) - _HEAD + 1)
    while (start := data.find(needle[:1], start)) >= 0:
        if needle.startswith(data[start:]):
            return start
        start += 1
    return len(data)
