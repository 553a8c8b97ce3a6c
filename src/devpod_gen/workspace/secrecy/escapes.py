"""A secret's value as it stands in other texts: escaped for JSON, URLs, shells and more.

Programs differ in what they escape beyond what they must; each way that is common is here.
"""

import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

# What is left as it is beside letters, digits and `_.-~`: by Python, by browsers in a part and
# in a whole address, and by Go in a path and before an `@`.
_UNESCAPED = ("", "/", "!'()*", ";,/?:@&=+$#!'()*", "$&+=:@", "$&+,;=")

_GO = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}


def escaped(value: bytes) -> Iterator[bytes]:
    """The value in every such way, one that needs no escapes many times."""
    yield value.replace(b"\n", b"\r\n")
    yield repr(value)[2:-1].encode()
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError:
        yield from (form.encode() for form in _either_case(quote(value, safe="")))
        return
    for ways in (_in_json(text), _in_urls(text), _in_shells(text), _in_documents(text)):
        yield from (form.encode() for form in ways)


def _in_json(text: str) -> Iterator[str]:
    """Once and twice; `/` may be escaped (PHP), so may `<`, `>`, `&` (Go), and hex be upper."""
    for plain in (True, False):
        once = json.dumps(text, ensure_ascii=plain)[1:-1]
        web = re.sub("[&<>]", lambda found: _GO[found[0]], once)
        slashed = once.replace("/", "\\/")
        for form in {once, web, slashed, _upper_hex(once), _upper_hex(web)}:
            yield form
            yield json.dumps(form, ensure_ascii=plain)[1:-1]


def _in_urls(text: str) -> Iterator[str]:
    for safe in _UNESCAPED:
        yield from _either_case(quote(text, safe=safe))
    for safe in ("", "*"):
        yield from _either_case(quote_plus(text, safe=safe))
        yield from _either_case(quote_plus(text, safe=safe).replace("~", "%7E"))


def _in_shells(text: str) -> Iterator[str]:
    """In single quotes, in double ones, by backslashes, and as Compose reads it."""
    yield shlex.quote(text).strip("'")
    yield text.replace("'", "'\\''")
    yield re.sub(r'([\\"$`])', r"\\\1", text)
    yield re.sub(r"([^\w@%+=:./~#-])", r"\\\1", text)
    yield re.sub(r"([^\w@%+=:,./~#-])", r"\\\1", text)
    yield text.replace("$", "$$")


def _in_documents(text: str) -> Iterator[str]:
    """In HTML and XML, in YAML's and SQL's single quotes, and as Python shows it."""
    marked = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    yield marked
    for double, single in (("&quot;", "&#x27;"), ("&#34;", "&#39;"), ("&quot;", "&apos;")):
        yield marked.replace('"', double).replace("'", single)
    yield text.replace("'", "''")
    yield repr(text)[1:-1]


def _upper_hex(form: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: f"\\u{found[1].upper()}", form)


def _either_case(url: str) -> Iterator[str]:
    yield url
    yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), url)
