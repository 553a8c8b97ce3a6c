"""A port inside, reached from here by SSH: so IDEs reach their backends."""

import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread

from devpod_gen.engine.connection import Connection
from devpod_gen.verify.requirements import Verdict

_STEP = 20.0  # seconds


def forward(connection: Connection) -> Verdict:
    """A port inside is reached from here. What listens there is SSH itself, for one of ours:
    so nothing is needed inside."""
    token = secrets.token_hex(16).encode()
    with _echo() as port:
        inside = connection.listen(port)
        if inside:
            result = connection.through(inside, token, seconds=_STEP)
            if result.output.encode() == token:
                return True, "a port inside is reached from here, and one here from inside"
    reason = connection.alone.through(inside or 9, b"", seconds=_STEP).last_lines(2)
    if "connect failed" in reason:  # it was tried inside, where nothing listens
        return True, "ports inside are reached from here; none here from inside"
    return False, f"no port inside is reached: set AllowTcpForwarding yes: {reason}"


@contextmanager
def _echo() -> Iterator[int]:
    """A port of loopback that sends back what it gets, once."""

    def answer() -> None:
        with suppress(OSError):
            client, _ = server.accept()
            with client:
                client.settimeout(_STEP)
                client.sendall(client.recv(64))

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(_STEP)
        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
