"""A repo's own templates, rendered: the whole of a process that `devpod_gen.apart` starts.

Jinja's sandbox keeps a template to values. It has been left before, so the process itself
has limits that its kernel holds, and ends when anything but computing is tried.
"""

import json
import sys
from collections.abc import Container, Iterator
from typing import Any

from devpod_gen.emit.confined import MEMORY, limit, lock
from devpod_gen.emit.dialect import Refused, TemplateSyntaxError, dialect
from devpod_gen.regex import late

LONGEST = 1024 * 1024
"""Characters that all templates together may make."""

_ADDRESS = late(r"\bat 0x[0-9A-Fa-f]{4,}")


def main() -> None:
    """Read a request, write a line of JSON for each template that is begun and one for each
    that is done: its text, or what is wrong with it."""
    limit()
    request = json.loads(sys.stdin.buffer.read())
    _warm()
    lock()
    for line in answers(request):
        sys.stdout.buffer.write(json.dumps(line).encode() + b"\n")
        sys.stdout.buffer.flush()


def answers(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Each template that makes a file, by name: that it is begun, and what came of it."""
    environment, room = dialect(request["templates"]), LONGEST
    for name in request["made"]:
        yield {"begun": name}
        try:
            text = _rendered(environment.get_template(name).generate(request["values"]), room)
        except Exception as error:  # noqa: BLE001 - whatever a stranger's text can raise
            place, line = _place(error, request["templates"])
            yield {"wrong": _reason(error), "in": place or name, "line": line}
        else:
            room -= len(text)
            yield {"text": text}


def _rendered(pieces: Iterator[str], room: int) -> str:
    kept = []
    for piece in pieces:
        room -= len(piece)
        if room < 0:
            message = f"makes more than {LONGEST // 1024} KiB, with those before it"
            raise Refused(message)
        kept.append(piece)
    text = "".join(kept)
    if _ADDRESS.search(text):
        message = "prints an object, whose address is another each time: print its values"
        raise Refused(message)
    return text


def _reason(error: Exception) -> str:
    match error:
        case MemoryError():
            return f"takes more than {MEMORY // 1024 // 1024} MiB of memory"
        case RecursionError():
            return "goes too deep: it calls or includes itself, or nests too far"
        case _:
            named = type(error).__name__
            return f"{error}" if isinstance(error, Refused) else f"{named}: {error}"[:300]


def _place(error: Exception, names: Container[str]) -> tuple[str, int]:
    """The template and the line, by what Jinja put into the traceback; the last one is it."""
    place, trace = ("", 0), error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename in names:
            place = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, TemplateSyntaxError):
        return error.name or place[0], error.lineno
    return place


def _warm() -> None:
    """Load all that rendering takes, errors too: afterwards nothing can be opened."""
    import textwrap  # noqa: F401, PLC0415 - a filter would, when it is used

    texts = ('{% for z in [1] %}{{ z | json(2) }}{{ "\\n" }}{% endfor %}', "{%", "{{ x.z.a }}")
    environment = dialect({str(number): text for number, text in enumerate(texts)})
    for name in environment.list_templates():
        try:
            environment.get_template(name).render(x={"y": 1.5})
        except Exception as error:  # noqa: BLE001 - it is what is warmed
            _reason(error)
    json.dumps({"a": "\u00e9"})
