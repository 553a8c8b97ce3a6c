"""Files that others wrote, read so that nothing in them can do harm: what is odd says nothing."""

import json
import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

from devpod_gen.profile import bounds
from devpod_gen.regex import late

_LARGEST = 1024 * 1024  # a file beyond this is not read: nobody wrote it by hand
_SEARCHED = 256 * 1024  # so much of it is searched: bounded patterns stay quick on any text

_LARGEST_TOML = 256 * 1024  # characters: a parser in Python takes its time

_DEEPEST = 100  # levels: nobody nests as deep, and whoever looks at it goes down by calls

# Each branch also ends at the end of the text: an unclosed one must not be tried anew
# from every character in it.
_STRING = r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))'
# A line ends where it does for clients: what they see behind a comment is no part of it.
_COMMENT = late(_STRING + r"|//[^\n\r\u2028\u2029]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
_TRAILING_COMMA = late(_STRING + r"|,(?=\s*+[}\]])", re.DOTALL)


def text(file: Path) -> str | None:
    """A file's text; None for what is no readable file of a sensible size."""
    try:
        if not file.is_file():  # a named pipe would never end
            return None
        with file.open("rb") as stream:
            content = stream.read(_LARGEST + 1)
    except (OSError, ValueError):
        return None
    if len(content) > _LARGEST:
        return None
    return content.decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def document(suffix: str, text: str) -> Any:
    """What JSON or TOML holds; None if it is broken, or deeper than anybody nests."""
    try:
        found = _json(text) if suffix in (".json", ".jsonc") else _toml(text)
    except (ValueError, RecursionError):
        return None
    return None if is_deep(found) else found


def is_deep(found: Any) -> bool:
    """Whether a document has too many levels for what looks at it."""
    level = [found]
    for _ in range(_DEEPEST):
        inner = (one.values() if isinstance(one, dict) else one for one in level)
        level = [x for one in inner if isinstance(one, Iterable) and not isinstance(one, str)
                 for x in one]  # fmt: skip
    return bool(level)


def twice(text: str) -> str | None:
    """A key that JSON says more than once in a table, if there is one: which of them counts,
    each reader decides. `document` has read the text."""
    found: list[str] = []

    def look(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: set[str] = set()
        for key, _ in pairs:
            found.extend([key] if key in seen else [])
            seen.add(key)
        return dict(pairs)

    _json(text, object_pairs_hook=look)
    return found[0] if found else None


def _json(text: str, **how: Any) -> Any:
    """JSON, with the comments and trailing commas that many tools allow."""
    try:
        return json.loads(text, parse_constant=_none, **how)
    except ValueError:
        plain = _COMMENT.sub(lambda found: found[1] or " ", text)
        return json.loads(_TRAILING_COMMA.sub(r"\1", plain), parse_constant=_none, **how)


def _none(constant: str) -> NoReturn:
    message = f"{constant} is no value of JSON"
    raise ValueError(message)


def _toml(text: str) -> Any:
    if len(text) > _LARGEST_TOML or any(bounds.of_text(text, "")):
        return None
    return tomllib.loads(text)


def search(pattern: str, text: str) -> re.Match[str] | None:
    """The first match in the part of a text that is looked at; `^` and `$` are a line's."""
    return re.compile(pattern, re.MULTILINE).search(text, 0, _SEARCHED)


def plain(value: Any) -> Any:
    """`["3.12", "3.11"]` and `{version = "3.12"}`, as tool files allow, mean "3.12"."""
    if isinstance(value, list) and value:
        value = value[0]
    return value.get("version") if isinstance(value, dict) else value
