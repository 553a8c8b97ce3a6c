"""What a search looks for: parts of a secret, and by what else around it a part is the secret.

A part alone says little: programs break encoded text into lines, so the whole need not stand
there in one piece; and keys of one kind begin and end alike, so one line need not be a secret's.
"""

from collections.abc import Iterator

from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.escapes import escaped
from devpod_gen.workspace.secrecy.forms import LEAST, encoded, is_telling

REACH = 16 << 10
"""How far from a part the rest is looked for."""

_MOST = 4 << 10
_TELLING = 16
_BREAK = 64  # characters: no program that is common breaks lines more often
_FULL_LINE = b"a" * 57 + b"\n"
_CLASSES = bytes(
    ord("\n" if char in "\r\n\\" else "a" if char.isalnum() or char in "+/_-" else " ")
    for char in (chr(code) if code < 128 else " " for code in range(256))
)
"""What a byte is here: encoded text, the end of a line (or what escapes one), or else."""

_SPACE = late(rb"\\[nrt]|\s+")


@dataclass(frozen=True, slots=True)
class Clue:
    """A `part`; within `reach` of it must be the `words`, and `whole`, spaces and line ends apart.
    `in_lines`: it is there only where a text `is_in_lines`."""

    part: bytes
    words: tuple[bytes, ...] = ()
    whole: bytes = b""
    reach: int = 0
    in_lines: bool = False

    def met(self, text: bytes) -> bool:
        """Whether the text holds it."""
        at = text.find(self.part)
        while at >= 0:
            if not self.reach or self._is_with(text[max(0, at - self.reach) : at + self.reach]):
                return True
            at = text.find(self.part, at + 1)
        return False

    def _is_with(self, around: bytes) -> bool:
        there = all(word in around for word in self.words)
        return there and (not self.whole or self.whole in _SPACE.sub(b"", around))


def is_in_lines(text: bytes) -> bool:
    """Whether it has encoded text that is broken into lines, as base64, xxd or openssl do."""
    return _FULL_LINE in text.translate(_CLASSES)


def clues(content: bytes) -> frozenset[Clue]:
    """What gives the value away where it is found; nothing for one that is not telling."""
    value = content.strip(b"\r\n")
    if not is_telling(value):
        return frozenset()
    forms = (value, *escaped(value), *encoded(value))
    whole = (Clue(_middle(form, _MOST)) for form in forms)
    broken = (clue for form in encoded(value) for clue in _in_lines(form))
    return frozenset((*whole, *broken, *(_by_words(value) if b"\n" in value else ())))


def _in_lines(form: bytes) -> Iterator[Clue]:
    """Two parts, side by side: where a line ends in one, the other is whole."""
    around = _middle(form, _MOST)
    shown = _middle(form, _BREAK)
    half, reach = len(shown) // 2, min(REACH, 2 * len(around) + _BREAK)
    for part in (shown[: len(shown) - half], shown[half:]):
        yield Clue(part, whole=around, reach=reach, in_lines=True)


def _by_words(value: bytes) -> Iterator[Clue]:
    """By its longest word, of several as long one in the middle, and all other long ones,
    whatever stands between the lines; with none that is long, by all of them in a row."""
    words = value.split()
    most = max(map(len, words))
    if most < LEAST:
        return
    longest = [word for word in words if len(word) == most]
    part = _middle(longest[len(longest) // 2], _MOST)
    near = _around(value, part).split()[1:-1] if len(value) > _MOST else words
    telling = tuple({word for word in near if len(word) >= _TELLING and word[:1] != b"-"})
    if telling:
        yield Clue(part, telling, reach=REACH)
    else:
        yield Clue(part, tuple(set(near)), b"".join(near), REACH)


def _around(value: bytes, part: bytes) -> bytes:
    at = value.find(part)
    return value[max(0, at - _MOST // 2) : at + len(part) + _MOST // 2]


def _middle(text: bytes, most: int) -> bytes:
    start = max(0, (len(text) - most) // 2)
    return text[start : start + most]
