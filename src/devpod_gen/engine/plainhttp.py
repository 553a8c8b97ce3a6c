"""HTTP/1.0 with an engine, over its unix socket or over SSH: a request, an answer."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Timer

from devpod_gen.engine import connect

_END = b"\r\n\r\n"
"""Of an answer's head."""


def exchange(
    place: str, method: str, target: str, content: bytes, timeout: float, most: int | None = None
) -> tuple[int, dict[str, str], bytes]:
    """Status, head by lower-case names, and body of the answer: it ends where the engine hangs up,
    or once `most` bytes have come, and is one piece. Raises EngineError where there is none."""
    asked = request(method, target, content)
    try:
        answer = _over_socket(place, asked, timeout, most)
    except OSError as error:
        raise connect.unreachable(str(error)) from error
    top, end, said = answer.partition(_END)
    first, *fields = top.decode("latin-1").split("\r\n")
    known = (field.partition(":") for field in fields)
    told = {key.lower(): value.strip() for key, _, value in known}
    code, length = status(first), told.get("content-length", "")
    if not end or (length.isdigit() and len(said) < int(length)):
        reason = "it hung up in the middle of its answer"
        raise connect.unreachable(reason)
    return code, told, said


def request(method: str, target: str, content: bytes) -> bytes:
    """What is sent."""
    lines = [f"{method} {target} HTTP/1.0", "Host: engine", f"Content-Length: {len(content)}"]
    lines += ["Content-Type: application/json"] if content else []
    return "\r\n".join([*lines, "", ""]).encode() + content


def status(top: str) -> int:
    """Of an answer's head. Raises EngineError for what is no HTTP."""
    words = top.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/") or not words[1].isdigit():
        reason = "what answers is no container engine" if top else "it hung up without an answer"
        raise connect.unreachable(reason)
    return int(words[1])


def is_plain(place: str) -> bool:
    """Whether nothing but the request has to be sent: no TLS."""
    return place.startswith(("unix://", "ssh://"))


def _over_socket(place: str, asked: bytes, timeout: float, most: int | None) -> bytes:
    if place.startswith("ssh://"):
        return _over_client(asked, timeout, most)
    with sent(place, asked, timeout) as link:
        return rest(link, most)


@contextmanager
def sent(place: str, asked: bytes, timeout: float) -> Iterator[socket.socket]:
    """The connection over a unix socket, with what is asked on its way. Raises OSError."""
    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(timeout)
        link.connect(place.removeprefix("unix://"))
        link.sendall(asked)
        yield link


def rest(link: socket.socket, most: int | None = None) -> bytes:
    """All that comes until the other side hangs up, or `most` bytes have come. Raises OSError."""
    pieces, size = [], 0
    while (most is None or size < most) and (piece := link.recv(65536)):
        pieces.append(piece)
        size += len(piece)
    return b"".join(pieces)


def _over_client(asked: bytes, timeout: float, most: int | None) -> bytes:
    """The client's own way to a distant engine: by the user's OpenSSH, with its settings. Its
    input stays open until all is read: the engine drops what its asker has hung up on."""
    argv = [connect.client(), *connect.chosen(), "system", "dial-stdio"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdin  # noqa: S101 - these were asked for
        assert process.stdout  # noqa: S101
        assert process.stderr  # noqa: S101
        timer = Timer(timeout, process.kill)
        timer.start()
        try:
            process.stdin.write(asked)
            process.stdin.flush()
            answer = process.stdout.read(-1 if most is None else most)
        finally:
            timer.cancel()
        if most is not None:
            process.kill()
        if not answer:
            raise connect.unreachable(process.stderr.read().decode(errors="replace"))
    return answer


def head(link: socket.socket) -> str:
    """The answer's head, and not a byte of what comes behind it."""
    taken = b""
    while piece := link.recv(4096, socket.MSG_PEEK):
        end = (taken + piece).find(_END)
        # What was looked at is taken: of one that has hung up the same would come for ever.
        taken += link.recv(len(piece) if end < 0 else end + len(_END) - len(taken))
        if end >= 0:
            return taken.decode("latin-1")
    return ""
