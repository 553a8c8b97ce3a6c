"""Patterns that are compiled when they are first used: all of a hundred modules' took six of
the milliseconds until `up` can ask the engine anything, and most commands use a few."""

import re
from typing import Any, AnyStr, cast


def late(pattern: AnyStr, flags: int = 0) -> "re.Pattern[AnyStr]":
    """What `re.compile` gives, and as quick, from its first use on; but the `re` of its matches
    is another object."""
    return cast("re.Pattern[AnyStr]", _Late(pattern, flags))


class _Late:
    def __init__(self, pattern: Any, flags: int) -> None:
        self._wanted = (pattern, flags)

    def __getattr__(self, name: str) -> object:
        """Asked for once: then it is there."""
        found = getattr(re.compile(*self._wanted), name)
        setattr(self, name, found)
        return found
