"""A file inside a container, read from outside: 5 ms, where to run a command takes 50."""

import base64
import json

from devpod_gen.engine import wire
from devpod_gen.engine.model import InnerFile

_BLOCK = 512
_LARGEST = 4 << 20
"""Bytes that are read of what the engine hands out, a whole folder too."""
_STAT = "x-docker-container-path-stat"


def read(container: str, path: str) -> InnerFile | None:
    """The file at `path`; None where there is no such file. The engine hands it out as a tar:
    a block of headers with the size, then the content. Nor is one that is too large there: what is
    looked for here has a line, or a few thousand."""
    place = f"/containers/{wire.name(container)}/archive"
    answer = wire.ask("GET", place, query={"path": path}, most=_LARGEST)
    if answer.status == 404:
        return None
    body, told = wire.require(answer).body, answer.head.get(_STAT, "")
    kind, size = body[156:157], body[124:135].strip(b"\0 ")
    if kind not in (b"0", b"\0") or not size.isdigit() or not told:
        return None
    content = body[_BLOCK : _BLOCK + int(size, 8)]
    if len(content) != int(size, 8):
        return None
    return InnerFile(content, str(json.loads(base64.b64decode(told))["mtime"]))
