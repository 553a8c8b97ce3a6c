"""Version constraints, as ecosystems write them, and whether a version meets them.

`1.24` is a pin: any 1.24.x. `>=1.22`, `^20 || >=22.12`, `~1.2`, `18.x`, `>=3.10,<4` are
ranges, read as npm and PEP 440 read them, `~> 1.15` as Ruby and Elixir do (Elixir's `and` and
`or` too), `[17,22)` as Maven and `3.8...3.28` as CMake; comparison is `packaging`'s.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

from devpod_gen.regex import late

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_LONGEST = 200
"""Characters: what reads constraints is slow on long ones."""

_TERM = late(r"(?P<op>>=|<=|~>|>|<|==|!=|~=|=|\^|~)?\s*v?(?P<version>\d+(?:\.(?:\d+|[xX*]))*)")
_HYPHEN = late(r"(\d+(?:\.\d+)*)\s+-\s+(\d+(?:\.\d+)*)")
_BRACKETS = late(r"([\[(])\s*([\d.]*)\s*,\s*([\d.]*)\s*([\])])")
_DOTS = late(r"(\d+(?:\.\d+)*)\.\.\.<?(\d+(?:\.\d+)*)")


def parse(text: str) -> "tuple[SpecifierSet, ...]":
    """The alternatives of a constraint; a version meets it when it meets one of them.

    Raises ValueError when `text` is no constraint.
    """
    if len(text) > _LONGEST:
        message = f"no version is longer than {_LONGEST} characters"
        raise ValueError(message)
    return tuple(_alternative(part) for part in _alternatives(text))


@cache
def satisfies(version: str, constraint: str) -> bool:
    """Whether `version` (`1.24.4`) meets `constraint`. An unreadable version meets nothing."""
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415 - 10 ms, for pins only

    try:
        parsed = Version(version)
    except InvalidVersion:
        return False
    return any(alternative.contains(parsed, prereleases=True) for alternative in parse(constraint))


def floor(constraint: str) -> str:
    """The lowest version that the constraint's last alternative names: what to ask mise for."""
    match = _TERM.search(_alternatives(constraint)[-1])
    return match["version"].rstrip(".xX*") if match else ""


def _alternatives(text: str) -> list[str]:
    return text.replace(" or ", "||").replace(" and ", " ").split("||")


def _alternative(text: str) -> "SpecifierSet":
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415

    text = _HYPHEN.sub(r">=\1 <=\2", text.strip())
    # CMake's second number is the newest policy that the project knows, not a limit.
    text = _DOTS.sub(r">=\1", _BRACKETS.sub(_bounds, text))
    if text in ("*", "x", "X"):
        return SpecifierSet("")
    rest = _TERM.sub("", text).replace(",", "").strip()
    terms = [_term(match["op"] or "", match["version"]) for match in _TERM.finditer(text)]
    if rest or not terms:
        message = f'"{text}" is no version and no range of versions'
        raise ValueError(message)
    try:
        return SpecifierSet(",".join(terms))
    except InvalidSpecifier as error:
        message = f'"{text}" is no version and no range of versions'
        raise ValueError(message) from error


def _term(operator: str, version: str) -> str:
    parts = version.replace("X", "x").replace("*", "x").split(".")
    numbers = parts[: parts.index("x")] if "x" in parts else parts
    exact = ".".join(numbers)
    after_last = _bump(numbers, len(numbers) - 1)
    partial = len(numbers) < 3
    forms = {
        "^": f">={exact},<{_bump(numbers, _first_nonzero(numbers))}",
        "~": f">={exact},<{_bump(numbers, min(1, len(numbers) - 1))}",
        ">": f">={after_last}" if partial else f">{exact}",  # npm: >20 means 21 or newer
        "<=": f"<{after_last}" if partial else f"<={exact}",  # npm: <=20 takes any 20.x
        "~>": f"~={exact}" if len(numbers) > 1 else f">={exact},<{after_last}",
        "!=": f"!={exact}.*" if "x" in parts else f"!={exact}",
    }
    if operator in ("", "=", "=="):
        return f"=={exact}.*"
    return forms.get(operator, operator + exact)


def _bounds(match: re.Match[str]) -> str:
    """Maven's interval: a square bracket takes its end in, a round one does not."""
    opening, low, high, closing = match.groups()
    lower = f"{'>=' if opening == '[' else '>'}{low}.0.0" if low else ""
    upper = f"{'<=' if closing == ']' else '<'}{high}.0.0" if high else ""
    return f"{lower} {upper}"


def _first_nonzero(numbers: list[str]) -> int:
    return next((i for i, number in enumerate(numbers) if int(number)), len(numbers) - 1)


def _bump(numbers: list[str], index: int) -> str:
    return ".".join([*numbers[:index], str(int(numbers[index]) + 1)])
