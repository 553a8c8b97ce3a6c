"""The forms in which a secret can turn up: as it is, escaped, and encoded."""

import base64
import re
from collections.abc import Iterator

from devpod_gen.regex import late
from devpod_gen.workspace.secrecy.escapes import escaped

LEAST = 6
"""What is shorter is neither hidden nor looked for: it would be found everywhere."""

# A word or two, a number, a version, a date, an address; and few digits as hashes are full of.
_ORDINARY = late(
    rb"[A-Za-z]?(?:[a-z]+|[A-Z]+)(?:[-_. ][A-Za-z]?(?:[a-z]+|[A-Z]+))?[-_. ]?[0-9]{0,4}[!.?]?"
    rb"|[0-9][-0-9.:/ ]*|[0-9a-f]{6,7}|[0-9A-F]{6,7}"
)
_LEAST_TELLING = 16

# Of any length: where a server is, and somebody's address.
_PUBLIC = late(
    rb"[a-z]+://[A-Za-z0-9.-]+(?::[0-9]+)?/?|[a-z][a-z.]*@(?:[a-z0-9-]+\.)+[a-z]{2,}", re.IGNORECASE
)


def forms(content: bytes) -> frozenset[bytes]:
    """Every form of the whole value; none of one that is too short."""
    value = content.strip(b"\r\n")
    if len(value) < LEAST:
        return frozenset()
    return frozenset((value, *escaped(value), *encoded(value)))


def hidden(content: bytes) -> frozenset[bytes]:
    """What must not be printed: the value, and each line of it, in every form."""
    lines = [line.strip() for line in content.splitlines()] if b"\n" in content else []
    own = (line for line in lines if not line.startswith(b"-----"))
    return forms(content).union(*(forms(line) for line in own))


def is_telling(content: bytes) -> bool:
    """Whether a text that holds the value holds the secret. `postgres` or `12345678` is one
    in name only: it stands in half of all files."""
    value = content.strip(b"\r\n")
    if len(value) < LEAST or _PUBLIC.fullmatch(value):
        return False
    return len(value) >= _LEAST_TELLING or not _ORDINARY.fullmatch(value)


def encoded(value: bytes) -> Iterator[bytes]:
    """As base64, wherever it begins in what is encoded, of either alphabet; and as hex."""
    for shift, start in enumerate((0, 2, 3)):
        size = shift + len(value)
        end = size // 3 * 4 + size % 3
        form = base64.b64encode(b"\0" * shift + value)[start:end]
        yield form
        yield form.replace(b"+", b"-").replace(b"/", b"_")
    yield value.hex().encode()
    yield value.hex().upper().encode()
