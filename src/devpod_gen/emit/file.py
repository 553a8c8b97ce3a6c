"""A file as it will be written, and the stamp that says it is ours and unedited.

Each file carries its own content's sha256, so that an edit shows without a lock or a
state folder, on any machine. One that was merged with its user's lines has a second hash,
of itself, and keeps the first, of what was generated.
"""

import hashlib
import re

from devpod_gen.errors import InternalError
from devpod_gen.regex import late
from devpod_gen.value import dataclass

BLANK = "0" * 64
"""What a template renders in the place of the content's hash."""

# At a line's start, where no value of a profile can be: those are behind a key, in quotes.
_STAMP = late(r'^(?:# |<!-- | {6}")content(?:": "| )sha256:([0-9a-f]{64})', re.MULTILINE)
_MARK = late(r'^(# |<!-- | {6}")merged(?:": "| )sha256:([0-9a-f]{64}).*\n', re.MULTILINE)
_MARKS = {
    "# ": "# merged sha256:{}\n",
    "<!-- ": "<!-- merged sha256:{} -->\n",
    '      "': '      "merged": "sha256:{}",\n',
}


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
    whole = text[: match.start(1)] + sha256_of(text) + text[match.end(1) :]
    return RenderedFile(path, whole, listed)


def is_ours(text: str) -> bool:
    """Whether the text carries a stamp, edited or not."""
    return _STAMP.search(text) is not None


def is_untouched(text: str) -> bool:
    """Whether the text is, to the byte, what we wrote."""
    match = _STAMP.search(text)
    if not match:
        return False
    return match[1] == sha256_of(text[: match.start(1)] + BLANK + text[match.end(1) :])


def origin(text: str) -> str | None:
    """The stamp: a hash of what was generated, whatever became of it; None without one."""
    match = _STAMP.search(text)
    return match[1] if match else None


def merged(text: str) -> str:
    """A text with a stamp, and its user's lines, as one that nobody has edited since."""
    plain = unmerged(text)
    stamp = _STAMP.search(plain)
    if not stamp:
        message = "a file without a stamp was merged"
        raise InternalError(message, where="merge", fix="report it")
    mark = next(mark for start, mark in _MARKS.items() if stamp[0].startswith(start))
    before, after = plain[: stamp.start()], plain[stamp.start() :]
    return before + mark.format(sha256_of(before + mark.format(BLANK) + after)) + after


def unmerged(text: str) -> str:
    """The text without the mark of a merge, if it has one."""
    return _MARK.sub("", text, count=1)


def is_merged(text: str) -> bool:
    """Whether the text is, to the byte, what was merged."""
    return _MARK.search(text) is not None and is_ours(text) and merged(text) == text


def text_of(content: bytes) -> tuple[str, bool]:
    """A file's text, and whether its lines end as on Windows, all of them: git may check out
    what we wrote in that way, and it is no edit."""
    text = content.decode("utf-8", errors="surrogateescape")
    windows = 0 < text.count("\r\n") == text.count("\n")
    return (text.replace("\r\n", "\n") if windows else text), windows


def bytes_of(text: str, *, windows: bool) -> bytes:
    """The other way around."""
    text = text.replace("\n", "\r\n") if windows else text
    return text.encode("utf-8", errors="surrogateescape")


def sha256_of(text: str) -> str:
    """In hexadecimal digits; of any text that `text_of` gives."""
    return hashlib.sha256(text.encode("utf-8", errors="surrogateescape")).hexdigest()
