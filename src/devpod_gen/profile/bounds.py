"""How much a profile may hold: reading it, and checking it, must come to an end soon.

Parsers are slow on what nobody writes by hand: TOML's takes minutes for a key of 100,000
parts. So the text is looked at before it is parsed, in one pass, and the document before it
is held against the schema.
"""

import re
from collections.abc import Iterator

from devpod_gen.errors import Finding
from devpod_gen.profile.character import described, is_hidden
from devpod_gen.profile.wording import where
from devpod_gen.regex import late

DEEPEST = 20
"""Levels of tables and lists, and parts of a dotted key."""

MOST = 2000
"""Keys and items of lists, together."""

LONGEST = 32 * 1024
"""Characters of a value."""

_GREATEST = 2**53
"""Beyond it programs that read JSON do not agree on a number."""

# Possessive throughout, and every branch ends at the end of the text, too: one pass.
_QUOTED_OR_COMMENT = late(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+(?:"{3,5}|\Z)'
    r"|'''(?:[^']|'{1,2}(?!'))*+(?:'{3,5}|\Z)"
    r'|"(?:[^"\\\n]|\\[^\n])*+"?'
    r"|'[^'\n]*+'?"
    r"|#[^\n]*+",
    re.DOTALL,
)
_DOTTED = late(rf"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){{{DEEPEST}}}")


def of_text(text: str, file: str) -> Iterator[Finding]:
    """What is too much for a parser of TOML, at most one finding."""
    bare = _QUOTED_OR_COMMENT.sub(lambda match: _placeholder(match[0]), text)
    if match := _DOTTED.search(bare):
        yield Finding(_line(bare, match.start(), file), f"is a key of more than {DEEPEST} parts")
    elif (place := _too_deep(bare)) is not None:
        yield Finding(_line(bare, place, file), f"is nested too deep: more than {DEEPEST} levels")


def hidden(text: str, file: str) -> Iterator[Finding]:
    """Characters that are not seen, wherever they are: also in comments, where they can make
    a reader see another text than the parser does."""
    odd = [char for char in set(text) - set("\t\n\r") if is_hidden(char)]
    if odd:
        first = min(odd, key=text.index)
        yield Finding(_line(text, text.index(first), file), f"holds {described(first)}")


def of_document(document: object, file: str) -> tuple[Finding, ...]:
    """What is too much for whoever reads the document; only the first few findings."""
    found: list[Finding] = []
    count, todo = 0, [((), document)]  # type: tuple[int, list[tuple[tuple[str | int, ...], object]]]
    while todo and len(found) < 10:
        path, value = todo.pop()
        count += 1
        if count > MOST + 1:
            return (Finding(file, f"holds more than {MOST} keys and values"),)
        found += (Finding(where(file, path), problem) for problem in _problems(value, path))
        if len(path) <= DEEPEST:
            todo += [((*path, key), inner) for key, inner in reversed(_inside(value))]
    return tuple(found)


def _inside(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _problems(value: object, path: tuple[str | int, ...]) -> Iterator[str]:
    if len(path) > DEEPEST and _inside(value):
        yield f"is nested too deep: more than {DEEPEST} levels"
    if isinstance(value, int) and abs(value) > _GREATEST:
        yield "is a number that is too large"
    if any(isinstance(text, str) and len(text) > LONGEST for text in (value, *path[-1:])):
        yield f"is longer than {LONGEST} characters"


def _placeholder(quoted: str) -> str:
    """As many lines as there were, so that places stay."""
    return ("" if quoted.startswith("#") else "s") + "\n" * quoted.count("\n")


def _too_deep(bare: str) -> int | None:
    depth = 0
    for match in re.finditer(r"[\[\]{}]", bare):
        depth = depth + 1 if match[0] in "[{" else max(0, depth - 1)
        if depth > DEEPEST:
            return match.start()
    return None


def _line(text: str, place: int, file: str) -> str:
    return f"{file}:{text.count(chr(10), 0, place) + 1}"
