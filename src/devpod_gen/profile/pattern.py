"""A schema's pattern, and whether a text has it."""

import re
from functools import cache
from typing import Any

_LONGEST_NAME = 1024
"""Characters, as of a path."""


def matches(schema: dict[str, Any], text: str) -> bool:
    """Whether the text has the schema's pattern. To Python `$` is also before a last line
    break; to the specification it is not. What has a rule that people can read is a name, and
    names are short."""
    longer = len(text) > _LONGEST_NAME and "x-rule" in schema
    found = not longer and not text.endswith("\n") and _compiled(schema["pattern"]).search(text)
    return bool(found)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
