"""Waiting for what comes soon, to a deadline, which fails the test and says what for."""

import socket
import time
from collections.abc import Callable
from pathlib import Path


def until(ready: Callable[[], object], seconds: float, what: str) -> None:
    """Ask again and again. `what`: what is wrong where it never is so."""
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline, f"{what} within {seconds:g} s"
        time.sleep(0.01)


def alive(process: int) -> bool:
    """Whether it runs: what has ended, and nobody has asked after yet, does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def ends(process: int) -> None:
    """A killed process ends soon, not at once."""
    until(lambda: not alive(process), 5, f"process {process} did not end")


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
