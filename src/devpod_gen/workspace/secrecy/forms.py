"""The forms in which a secret can turn up: as it is, escaped, and encoded."""

import base64
import html
import json
import shlex
from collections.abc import Iterator
from functools import partial
from urllib.parse import quote, quote_plus

from devpod_gen.regex import late

LEAST = 6
"""What is shorter is neither hidden nor looked for: it would be found everywhere."""

_ORDINARY = late(rb"[A-Za-z]?(?:[a-z]+|[A-Z]+)[0-9]{0,4}[!.?]?|[0-9]+")
_LEAST_TELLING = 16

_LEAST_ENCODED = 8
_TELLING = 16
_WINDOW = 32


def forms(content: bytes) -> frozenset[bytes]:
    """Every form of the whole value; none of one that is too short."""
    value = content.strip(b"\r\n")
    if len(value) < LEAST:
        return frozenset()
    return frozenset((value, *_escaped(value), *_encoded(value)))


def hidden(content: bytes) -> frozenset[bytes]:
    """What must not be printed: the value, and each line of it, in every form."""
    lines = [line.strip() for line in content.splitlines()] if b"\n" in content else []
    own = (line for line in lines if not line.startswith(b"-----"))
    return forms(content).union(*(forms(line) for line in own))


def is_telling(content: bytes) -> bool:
    """Whether a text that holds the value holds the secret. `postgres` or `12345678` is one
    in name only: it stands in half of all files."""
    value = content.strip(b"\r\n")
    if len(value) < LEAST:
        return False
    return len(value) >= _LEAST_TELLING or not _ORDINARY.fullmatch(value)


def searched(content: bytes) -> frozenset[bytes]:
    """What gives the value away where it is found: all its forms, of long encoded ones two
    parts, since programs break lines; and lines that nothing else would have."""
    value = content.strip(b"\r\n")
    if not is_telling(value):
        return frozenset()
    lines = value.split() if b"\n" in value else []
    telling = (line for line in lines if len(line) >= _TELLING and not line.startswith(b"-"))
    found = {value, *_escaped(value), *telling}
    for form in _encoded(value):
        whole = len(form) <= 2 * _WINDOW
        found |= {form} if whole else {form[:_WINDOW], form[_WINDOW : 2 * _WINDOW]}
    return frozenset(found)


def _escaped(value: bytes) -> Iterator[bytes]:
    """As JSON, once and twice, in a URL, in a shell's word, in Compose's and in HTML."""
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        yield quote(value, safe="").encode()
        return
    for dump in (json.dumps, partial(json.dumps, ensure_ascii=False)):
        once = dump(text)[1:-1]
        yield once.encode()
        yield dump(once)[1:-1].encode()
    for url in (quote(text, safe=""), quote(text), quote_plus(text)):
        yield url.encode()
        yield _lower_percent(url).encode()
    yield shlex.quote(text).strip("'").encode()
    yield text.replace("$", "$$").encode()
    yield html.escape(text).encode()


def _lower_percent(url: str) -> str:
    first, *rest = url.split("%")
    return "%".join([first, *(part[:2].lower() + part[2:] for part in rest)])


def _encoded(value: bytes) -> Iterator[bytes]:
    """As base64, wherever it begins in what is encoded, of either alphabet; and as hex."""
    for shift, start in enumerate((0, 2, 3)):
        size = shift + len(value)
        end = size // 3 * 4 + size % 3
        encoded = base64.b64encode(b"\0" * shift + value)[start:end]
        if len(encoded) >= _LEAST_ENCODED:
            yield encoded
            yield encoded.replace(b"+", b"-").replace(b"/", b"_")
    yield value.hex().encode()
    yield value.hex().upper().encode()
