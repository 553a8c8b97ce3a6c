"""TOML that a stranger wrote: bytes to a document that is safe to look at."""

import tomllib
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile import bounds
from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.wording import printable

Read = tuple[dict[str, Any], tuple[Finding, ...]]
"""The document, and what is wrong with it; then it is not to be used."""


def document(content: bytes, file: str) -> Read:
    """The document that `content` is. Nothing in it is larger, deeper or odder than any
    reader can bear."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}"
        return {}, (Finding(file, problem),)
    if problems := tuple(_of_text(text, file)):
        return {}, problems
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, (Finding(file, f"is not TOML: {printable(str(error))[:300]}"),)
    except (ValueError, RecursionError):  # Python refuses to make a number of 5,000 digits
        return {}, (Finding(file, "is not a profile: a number in it is too large"),)
    problems = bounds.of_document(found, file)
    problems = problems or tuple(odd_values(found, file))
    return found, problems or tuple(bounds.hidden(text, file))


def can_hold(said: dict[str, Any]) -> bool:
    """Whether a profile with this in it would be read again."""
    return not bounds.of_document(said, "") and not any(odd_values(said, ""))


def _of_text(text: str, file: str) -> tuple[Finding, ...]:
    if text.startswith("\ufeff"):
        return (Finding(file, "starts with a byte order mark: save it as UTF-8 without one"),)
    return tuple(bounds.of_text(text, file))
