"""How places and values are named in messages."""

import difflib
import json
from typing import Any

from devpod_gen.profile.character import is_hidden
from devpod_gen.regex import late

_ODD = late(r"[^ -~]")


def where(file: str, path: tuple[str | int, ...]) -> str:
    """`<file>::<path>`: tables by dots, items of lists by `[n]`, odd names quoted."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            plain = part.isascii() and part.replace("_", "").replace("-", "").isalnum()
            text += ("." if text else "") + cut(part if plain else printable(json.dumps(part)))
    return f"{file}::{text}" if text else file


def suggestion(word: str, known: list[str]) -> str:
    """`, did you mean "x"?` where one of `known` is near, else nothing."""
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f', did you mean "{near[0]}"?' if near else ""


def printable(text: str, *, keep: str = "") -> str:
    """`text` with what is not seen escaped: a profile must not drive the terminal."""
    return _ODD.sub(lambda match: match[0] if match[0] in keep else _escaped(match[0]), text)


def cut(text: str) -> str:
    """At most 60 characters of it."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def shown(value: Any) -> str:
    """A value as a message shows it: quoted, escaped, cut at 60 characters."""
    return cut(printable(json.dumps(value, ensure_ascii=False, default=str)))


def _escaped(char: str) -> str:
    if char.isprintable() and not is_hidden(char):
        return char
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


_KINDS: tuple[tuple[type, str], ...] = (
    (bool, "true or false"),  # before int, which it is, too
    (str, "a string"),
    (int, "a number"),
    (float, "a fraction"),
    (list, "a list"),
    (dict, "a table"),
)


def kind(value: object) -> str:
    """What a value is, in TOML's words."""
    return next((word for known, word in _KINDS if isinstance(value, known)), "a date or time")
