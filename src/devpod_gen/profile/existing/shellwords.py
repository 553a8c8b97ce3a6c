"""Commands of a shell, split into words without a shell: nothing is run or expanded."""

import re
from collections.abc import Iterator

from devpod_gen.regex import late

# A quoted part, an escaped character, a comment, a command within, a separator, a plain part.
_PART = late(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*+"|'[^']*+')"""
    r"""|(?P<escaped>\\.)"""
    r"""|(?P<comment>(?<![^\s;&|(])\#[^\n]*+)"""
    r"""|(?P<inner>\$\((?:[^()]|\([^()]*\))*+\))"""
    r"""|(?P<end>&&|\|\||[;&|()\n])"""
    r"""|(?P<space>[^\S\n]++)"""
    r"""|(?P<plain>[^\s"'\\;&|()]++|["'\\])""",
    re.DOTALL,
)
_OPENING = frozenset(("then", "do", "else", "!", "{", "sudo", "time", "exec"))
_NAME = late(r"[A-Za-z_]\w*=.*", re.DOTALL)


def commands(script: str) -> Iterator[tuple[str, ...]]:
    """The simple commands of a script, in order, each as its words, without `sudo`,
    assignments before them, and keywords. Line continuations are gone already."""
    words: list[str] = []
    word = ""
    for part in _PART.finditer(f"{script}\n"):
        kind, text = part.lastgroup, part[0]
        if kind in ("quoted", "escaped"):
            word += text[1:-1] if kind == "quoted" else text[1]
        elif kind in ("plain", "inner"):
            word += text
        else:
            words += [word] if word else []
            word = ""
        if kind == "end":
            if plain := _without_lead(words):
                yield plain
            words = []


def _without_lead(words: list[str]) -> tuple[str, ...]:
    start = 0
    while start < len(words) and (
        words[start] in _OPENING
        or _NAME.fullmatch(words[start])
        or (start and words[start - 1] == "sudo" and words[start].startswith("-"))
    ):
        start += 1
    return tuple(words[start:])
