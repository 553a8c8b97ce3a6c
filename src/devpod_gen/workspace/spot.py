"""A path, and all that it may be called: to say of two whether they are one place.

Spellings differ by links, by case where a file system knows none, and by second mounts of the
same thing. So names are compared with links resolved and case folded, and what the file
system itself says that a place is.
"""

import os
from collections.abc import Iterable, Iterator

from devpod_gen.value import dataclass

_Mark = str | tuple[int, int]


@dataclass(frozen=True, slots=True)
class Spot:
    """What a path is known by, and what everything above it is known by."""

    path: str
    own: frozenset[_Mark]
    above: frozenset[_Mark]

    def is_same(self, other: "Spot") -> bool:
        """Whether they are one place."""
        return not self.own.isdisjoint(other.own)

    def is_in(self, other: "Spot") -> bool:
        """Whether the other one is somewhere above this one."""
        return not self.above.isdisjoint(other.own)


def spot(path: str) -> Spot:
    """What is known of a path, whether or not there is something."""
    (known,) = spots((path,))
    return known


def spots(paths: Iterable[str]) -> tuple[Spot, ...]:
    """The same of several, most of which have much above them in common."""
    looked: dict[str, tuple[_Mark, ...]] = {}

    def marks(names: set[str]) -> frozenset[_Mark]:
        for name in names - looked.keys():
            looked[name] = _marks(name)
        return frozenset(mark for name in names for mark in looked[name])

    def one(path: str) -> Spot:
        names = {os.path.normpath(path), _resolved(path)}
        return Spot(path, marks(names), marks({above for name in names for above in _above(name)}))

    return tuple(map(one, paths))


def _resolved(path: str) -> str:
    try:
        return os.path.realpath(path)
    except OSError:  # a link of another user's, as in /proc
        return path


def _above(path: str) -> Iterator[str]:
    while path != (path := os.path.dirname(path)):  # noqa: PTH120 - a tenth of a Path's time
        yield path


def _marks(path: str) -> tuple[_Mark, ...]:
    try:
        info = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return (path.casefold(),)
    return path.casefold(), (info.st_dev, info.st_ino)
