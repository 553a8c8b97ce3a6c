"""What a profile says of the SSH door, and of git's credentials inside."""

from collections.abc import Iterator
from typing import Any, Literal

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.value import dataclass

LISTENS = 2222
"""Where the SSH server listens inside, when a port is asked for."""


@dataclass(frozen=True, slots=True)
class Ssh:
    """`port`: on the host's loopback, `auto` for one that is chosen and kept; `agent`: who
    comes in may forward one."""

    port: int | Literal["auto"] | None = None
    agent: bool = False


@dataclass(frozen=True, slots=True)
class Git:
    """`credentials`: git inside may ask the host's credential helpers."""

    credentials: bool = False


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant. The document fits the schema."""
    port = document.get("ssh", {}).get("port")
    if "ref" in document.get("image", {}):
        asked = [("ssh", key) for key in document.get("ssh", {})]
        asked += [("git", key) for key in document.get("git", {})]
        for path in asked:
            message = "has no effect with image.ref: only images built here have what it needs"
            yield Finding(where(file, path), message)
    for index, entry in enumerate(document.get("ports", [])):
        if port is not None and entry["port"] in (LISTENS, port):
            message = f"port {entry['port']} is the SSH server's: see ssh.port"
            yield Finding(where(file, ("ports", index, "port")), message)
