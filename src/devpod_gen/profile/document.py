"""Files that others wrote, read so that nothing in them can do harm: what is odd says nothing."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from devpod_gen.regex import late

_LARGEST = 1024 * 1024  # a file beyond this is not read: nobody wrote it by hand
_SEARCHED = 256 * 1024  # so much of it is searched: bounded patterns stay quick on any text

_WIDEST = 10_000  # characters of a line of TOML: its parser is slow on a key of many parts

# Each branch also ends at the end of the text: an unclosed one must not be tried anew
# from every character in it.
_STRING = r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))'
_COMMENT = late(_STRING + r"|//[^\n]*+|/\*.*?(?:\*/|\Z)", re.DOTALL)
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
    """What JSON or TOML holds; None if it is broken."""
    try:
        return _json(text) if suffix in (".json", ".jsonc") else _toml(text)
    except (ValueError, RecursionError):
        return None


def _json(text: str) -> Any:
    """JSON, with the comments and trailing commas that many tools allow."""
    try:
        return json.loads(text)
    except ValueError:
        plain = _COMMENT.sub(r"\1", text)
        return json.loads(_TRAILING_COMMA.sub(r"\1", plain))


def _toml(text: str) -> Any:
    if max(map(len, text.splitlines()), default=0) > _WIDEST:
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
