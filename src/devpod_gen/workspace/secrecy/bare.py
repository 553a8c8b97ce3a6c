"""A text without what a terminal takes for itself: colours, links, carriage returns. Whoever
reads it there reads on across these, so a secret is looked for across them, too."""

from bisect import bisect_right
from collections.abc import Iterator

from devpod_gen.regex import late
from devpod_gen.value import dataclass

_OWN = late(rb"\r|\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])")
_BEGUN = late(rb"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|\][^\x07\x1b]{0,2048}\x1b?|[ -/]{0,8})\Z")


@dataclass(frozen=True, slots=True)
class Bare:
    """Such a text, and where each stretch of it stands in the one that it is of: where it begins
    here, and there."""

    text: bytes
    here: tuple[int, ...]
    there: tuple[int, ...]

    def place(self, start: int, end: int) -> tuple[int, int]:
        """What stands between these two, in the other text."""
        return self.at(start), self.at(end - 1) + 1

    def at(self, index: int) -> int:
        """Where this byte stands in the other text."""
        stretch = bisect_right(self.here, index) - 1
        return self.there[stretch] + index - self.here[stretch]


def bare(data: bytes) -> Bare | None:
    """The text without these; None where it has none."""
    if b"\x1b" not in data and b"\r" not in data:
        return None
    stretches = [(a, b) for a, b in _between(data) if b > a]
    here, size = [], 0
    for start, end in stretches:
        here.append(size)
        size += end - start
    text = b"".join(data[start:end] for start, end in stretches)
    return Bare(text, tuple(here), tuple(start for start, _ in stretches))


def begun(data: bytes) -> int:
    """Where something that a terminal takes for itself runs into the end; else the end."""
    found = _BEGUN.search(data, max(0, len(data) - 4096))
    return found.start() if found else len(data)


def _between(data: bytes) -> Iterator[tuple[int, int]]:
    last = 0
    for found in _OWN.finditer(data):
        yield last, found.start()
        last = found.end()
    yield last, len(data)
