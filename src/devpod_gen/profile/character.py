"""Characters that are not seen: they have no place in what others are to read and judge."""

import unicodedata

_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control, format (among them what changes the direction), surrogates, other line breaks."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""By their category they are letters, marks and symbols, and they show nothing."""


def is_hidden(char: str) -> bool:
    """Whether `char` shows nothing, or changes how others are shown. Spaces are none of these,
    nor are the selectors that make a symbol an emoji."""
    if " " <= char <= "~":
        return False
    code = ord(char)
    selector, noncharacter = 0xE0000 <= code <= 0xE0FFF, (code & 0xFFFE) == 0xFFFE
    if selector or noncharacter or 0xFDD0 <= code <= 0xFDEF or char in _BLANK:
        return True
    return unicodedata.category(char) in _CATEGORIES


def described(char: str) -> str:
    """What a message calls it."""
    kind = "control" if unicodedata.category(char) == "Cc" else "invisible"
    return f"the {kind} character U+{ord(char):04X}"
