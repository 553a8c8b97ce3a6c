"""A search for exact values, in all their forms. What is found is told by its place; the
value is never told, and hidden where it stands in the place's name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from devpod_gen.profile.wording import printable
from devpod_gen.workspace.secrecy.forms import searched
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.value import Value

OVERLAP = 16 << 10
"""How much of a text is looked at again with its next part."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a secret was found: the kind of place, and what exactly of it."""

    secret: str
    place: str
    where: str

    def told(self) -> str:
        """For messages."""
        return f"{self.secret}: {self.place}{f', {self.where}' if self.where else ''}"


@dataclass(slots=True)
class Hunt:
    """What is looked for, and where it was found."""

    needles: tuple[tuple[bytes, str], ...] = field(repr=False)
    mask: Mask = field(repr=False)
    spots: dict[Spot, None] = field(default_factory=dict)

    def look(self, place: str, where: str, text: bytes) -> None:
        """Take a text, and what it is."""
        for source in (text, where.encode("utf-8", "surrogateescape")):
            for needle, secret in self.needles:
                if needle in source:
                    shown = printable(self.mask.text(where).encode("utf-8", "replace").decode())
                    self.spots.setdefault(Spot(secret, place, shown))


def hunt_for(values: Iterable[Value]) -> Hunt:
    """A search for these values; what is too short to be told from anything is left out."""
    every = tuple(values)
    needles = {(needle, value.plan.name) for value in every for needle in searched(value.content)}
    return Hunt(tuple(sorted(needles)), Mask().of(value.content for value in every))


def pieces(take: Callable[[bytes], None]) -> Callable[[bytes], None]:
    """Takes a stream in pieces, and hands it on so that nothing is cut in two."""
    kept = b""

    def more(piece: bytes) -> None:
        nonlocal kept
        text = kept + piece
        take(text)
        kept = text[-OVERLAP:] if piece else b""

    return more
