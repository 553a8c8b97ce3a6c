"""A path, and all that it may be called: to say of two whether they are one place.

Spellings differ by links, by case where a file system knows none, and by second mounts of the
same thing. So names are compared with links resolved and case folded, and what the file
system itself says that a place is.
"""

import os
from collections.abc import Iterator
from pathlib import Path

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
    named = {Path(os.path.normpath(path)), _resolved(path)}
    above = {parent for one in named for parent in one.parents}
    return Spot(path, frozenset(_marks(named)), frozenset(_marks(above)))


def _resolved(path: str) -> Path:
    try:
        return Path(os.path.realpath(path))
    except OSError:  # a link of another user's, as in /proc
        return Path(path)


def _marks(paths: set[Path]) -> Iterator[_Mark]:
    for path in paths:
        yield str(path).casefold()
        try:
            info = path.stat()
        except (OSError, ValueError):
            continue
        yield info.st_dev, info.st_ino
