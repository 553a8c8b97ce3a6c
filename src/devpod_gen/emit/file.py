"""A file as it will be written, and the stamp that says it is ours and unedited.

Each file carries its own content's sha256, so that an edit shows without a lock or a
state folder, on any machine.
"""

import hashlib
import re

from devpod_gen.errors import InternalError
from devpod_gen.value import dataclass

BLANK = "0" * 64
"""What a template renders in the place of the content's hash."""

LIST = "templates.sha256"
"""The list of what a repo's own templates have made; `sha256sum --check` reads it."""

# At a line's start, where no value of a profile can be: those are behind a key, in quotes.
_STAMP = re.compile(r'^(?:# |<!-- | {6}")content(?:": "| )sha256:([0-9a-f]{64})', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """`path` is relative to the repo, with slashes; `text` ends with a newline. `listed`: its
    hash is in a list of ours, since not every such file can carry a stamp."""

    path: str
    text: str
    listed: bool = False


def stamped(path: str, text: str, *, listed: bool = False) -> RenderedFile:
    """The file, with the hash of its content in the place that the template left."""
    match = _STAMP.search(text)
    if not match or match[1] != BLANK:
        message = "a template has no place for the stamp"
        raise InternalError(message, where=path, fix="report it")
    whole = text[: match.start(1)] + _digest(text) + text[match.end(1) :]
    return RenderedFile(path, whole, listed)


def is_ours(text: str) -> bool:
    """Whether the text carries a stamp, edited or not."""
    return _STAMP.search(text) is not None


def is_untouched(text: str) -> bool:
    """Whether the text is, to the byte, what we wrote."""
    match = _STAMP.search(text)
    if not match:
        return False
    return match[1] == _digest(text[: match.start(1)] + BLANK + text[match.end(1) :])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
