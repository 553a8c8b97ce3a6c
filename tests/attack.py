"""The hostile profiles of tests/hostile, and a witness of what a run does to the machine."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CORPUS = Path(__file__).parent / "hostile"

_ODD = re.compile(r"⟦(?:(?P<times>[0-9]+)\*|x)(?P<text>(?:[^⟦⟧]|⟦[^⟦⟧]*⟧)*)⟧".encode())


@dataclass(frozen=True)
class Case:
    """One hostile profile. `where`: what the message must name."""

    kind: str
    name: str
    where: str
    content: bytes

    @property
    def id(self) -> str:
        return f"{self.kind}-{self.name}"


def cases() -> tuple[Case, ...]:
    """Every profile, by class and in the order of its file."""
    return read_cases(CORPUS)


def read_cases(folder: Path) -> tuple[Case, ...]:
    """Every one of a folder of classes."""
    return tuple(case for file in sorted(folder.glob("*.txt")) for case in _cases(file))


def _cases(file: Path) -> Iterator[Case]:
    for part in file.read_bytes().split(b"== ")[1:]:
        head, _, content = part.partition(b"\n")
        name, _, where = head.decode().partition(" :: ")
        yield Case(file.stem, name, where, _bytes(content))


def _bytes(text: bytes) -> bytes:
    def expanded(match: re.Match[bytes]) -> bytes:
        if match["times"]:
            return _bytes(match["text"]) * int(match["times"])
        return bytes.fromhex(match["text"].decode())

    return _ODD.sub(expanded, text)


_EFFECTS = re.compile(
    r"os\.(mkdir|rename|remove|rmdir|chmod|chown|link|symlink|truncate|utime|fork|forkpty|exec"
    r"|posix_spawn|spawn|system|startfile|kill)|shutil\..*|subprocess\.Popen|pty\.spawn"
    r"|socket\.(connect|bind|sendto|sendmsg|getaddrinfo|gethostbyname)"
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_seen: list[str] | None = None


class EffectError(BaseException):
    """Something was about to be written, started or contacted. No handler of ours takes it."""


def _witness(event: str, args: tuple[object, ...]) -> None:
    if _seen is None:
        return
    if event == "open":
        path, flags = str(args[0]), args[2]
        writes = isinstance(flags, int) and flags & _WRITING and path != "/dev/null"
        if not writes or "__pycache__" in path:
            return
    elif not _EFFECTS.fullmatch(event):
        return
    _seen.append(f"{event} {args}")
    raise EffectError(_seen[-1])


sys.addaudithook(_witness)


@contextmanager
def no_effects() -> Iterator[list[str]]:
    """Python's own record of what is written, started or contacted inside; each is stopped."""
    global _seen  # noqa: PLW0603 - an audit hook cannot be taken away again
    seen: list[str] = []
    _seen = seen
    try:
        yield seen
    finally:
        _seen = None
