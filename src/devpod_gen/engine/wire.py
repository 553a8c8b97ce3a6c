"""The engine's API, spoken plainly: one request, one answer.

For what stands in the way of a prompt. Importing docker-py takes 110 ms and http.client 18,
as long as the engine needs for twenty answers; over a unix socket neither is needed, nor
over SSH, which docker-py does not speak by itself. TCP and TLS are docker-py's.
"""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from devpod_gen.engine import connect, plainhttp
from devpod_gen.engine.model import PROJECT
from devpod_gen.errors import EngineError
from devpod_gen.value import dataclass

_NEWEST = (1, 44)
"""The newest version of the API whose answers are known here; an older engine gets its own."""

_DEADLINE = 10.0
GONE = (404, 409)
"""What is answered where something is not there, or does not run."""
REFUSED = "see to what it says, or look into the engine's own log; then run it again"


class Gone(EngineError):
    """What was asked of is not there any more, or does not run any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the engine said: HTTP's status, and a JSON document or text."""

    status: int
    body: bytes
    head: Mapping[str, str]
    """By lower-case names."""

    @property
    def value(self) -> Any:
        """The document. Raises EngineError for what is none: something else answers there."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            reason = "what answers is no container engine: it says no JSON"
            raise connect.unreachable(reason) from error

    @property
    def reason(self) -> str:
        """Why it refused."""
        try:
            return str(json.loads(self.body)["message"])
        except (ValueError, KeyError, TypeError):
            return self.body.decode("utf-8", errors="replace").strip()


def get(path: str, **query: Any) -> Any:
    """The document at `path`; None where the engine knows no such thing. Raises EngineError."""
    answer = ask("GET", path, query=query)
    return None if answer.status == 404 else require(answer).value


def require(answer: Answer) -> Answer:
    """The answer, unless it is a refusal. Raises EngineError."""
    if answer.status >= 400:
        message = f"the engine refused: {answer.reason or f'status {answer.status}'}"
        raise EngineError(message, where=connect.endpoint(), fix=REFUSED)
    return answer


def labels(*chosen: str) -> str:
    """The filter of a listing: what carries these labels, `KEY` or `KEY=VALUE`."""
    return json.dumps({"label": list(chosen)})


def of_project(project: str) -> str:
    """The filter of a listing: what Compose counts to this project."""
    return labels(f"{PROJECT}={project}")


def name(text: str) -> str:
    """A name as a part of a path."""
    return quote(text, safe="/:@")


def ask(
    method: str,
    path: str,
    body: object = None,
    *,
    query: Mapping[str, Any] | None = None,
    timeout: float = _DEADLINE,
    most: int | None = None,
) -> Answer:
    """Ask the engine; a refusal is an answer. `most`: bytes of it, after which nobody listens any
    more. Raises EngineError when there is none."""
    place = connect.url()
    target = f"/v{_version(place)}{path}" + (f"?{urlencode(query)}" if query else "")
    content = b"" if body is None else json.dumps(body).encode()
    if not plainhttp.is_plain(place):
        return _by_library(method, target, content, timeout, most)
    status, head, said = plainhttp.exchange(place, method, target, content, timeout, most)
    return Answer(status, said, head)


def is_local() -> bool:
    """Whether the engine is asked over a socket of this machine."""
    return connect.url().startswith("unix://")


@contextmanager
def connected(path: str, body: object) -> Iterator[socket.socket]:
    """Where `is_local`: the connection over which the engine goes on after it has said yes to a
    POST. Raises Gone, and EngineError."""
    place = connect.url()
    asked = plainhttp.request("POST", f"/v{_version(place)}{path}", json.dumps(body).encode())
    with ExitStack() as held:
        try:
            link = held.enter_context(plainhttp.sent(place, asked, _DEADLINE))
            status = plainhttp.status(plainhttp.head(link))
            said = plainhttp.rest(link) if status >= 400 else b""
        except OSError as error:
            raise connect.unreachable(str(error)) from error
        answer = Answer(status, said, {})
        if status in GONE:
            raise Gone(answer.reason, where=connect.endpoint(), fix=REFUSED)
        require(answer)
        link.settimeout(None)
        yield link


@cache
def _version(place: str) -> str:
    if plainhttp.is_plain(place):
        _, head, _ = plainhttp.exchange(place, "GET", "/_ping", b"", _DEADLINE)
        theirs = head.get("api-version", "")
    else:
        theirs = str(connect.api().api.api_version)  # what it has agreed on
    numbers = tuple(int(part) for part in theirs.split(".") if part.isdigit())
    return ".".join(map(str, min(numbers or _NEWEST, _NEWEST)))


def _by_library(
    method: str, target: str, content: bytes, timeout: float, most: int | None
) -> Answer:
    from requests.exceptions import RequestException  # noqa: PLC0415 - it takes its time

    api = connect.api().api
    told = {"Content-Type": "application/json"}
    try:
        answer = api.request(
            method,
            f"{api.base_url}{target}",
            data=content,
            headers=told,
            timeout=timeout,
            stream=most is not None,
        )
        with answer:
            body = answer.content if most is None else next(answer.iter_content(most), b"")
    except RequestException as error:
        raise connect.unreachable(str(error)) from error
    head = {key.lower(): value for key, value in answer.headers.items()}
    return Answer(answer.status_code, body, head)
