"""A bundle, read: every byte held against what would have been written.

Links, devices, long names, other people's headers and hidden parts have no place in one, so
there is nothing to defend against them: what is not to the byte ours is refused.
"""

import hashlib
import json
import os
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from devpod_gen.errors import HostError, ProfileError
from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace.bundle import (
    BLOCK,
    END,
    FORMAT,
    IMAGE,
    LARGEST,
    MANIFEST,
    REPO,
    SEAL,
    Facts,
    header,
    is_allowed,
)

_PIECE = 1024 * 1024
_MOST = 4000  # members
_PROFILE = late(r"devpod\.toml|\.devpod/[a-z0-9-]+\.toml")


@dataclass(frozen=True, slots=True)
class Archive:
    """A bundle whose every hash was found right. `files`: of the repo, by path."""

    facts: Facts
    files: Mapping[str, bytes]
    stream: BinaryIO
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    start: int
    size: int
    digest: str


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """A bundle to read from, with every hash checked. Raises ProfileError, HostError."""
    try:
        stream = path.open("rb")
    except OSError as error:
        message = f"the bundle cannot be read: {error.strerror}"
        raise HostError(message, where=str(path), fix="give the path of a bundle") from error
    with stream:
        yield _checked(stream, str(path))


def refused(where: str, reason: str) -> ProfileError:
    """The error for an archive that is not used."""
    fix = "get it again from where it was made; nothing was written or loaded"
    return ProfileError(f"this is no whole bundle: {reason}", where=where, fix=fix)


def _checked(stream: BinaryIO, where: str) -> Archive:
    members: dict[str, _Member] = {}
    for member in _members(stream, where):
        if member.name in members or len(members) == _MOST:
            raise refused(where, f"{member.name} is one too many")
        members[member.name] = member
    if not {IMAGE, MANIFEST, SEAL} <= members.keys():
        raise refused(where, "the image or the manifest is not there")
    seal = _content(stream, members[SEAL], where)
    if seal != f"{members[MANIFEST].digest}\n".encode():
        raise refused(where, "the manifest is not the one that was written")
    document = _document(_content(stream, members[MANIFEST], where), where)
    contents = {name: m.digest for name, m in members.items() if name not in (MANIFEST, SEAL)}
    listed = document.get("members")
    if document.get("format") != FORMAT or listed != contents:
        raise refused(where, _difference(listed, contents))
    files = {
        name.removeprefix(REPO): _content(stream, member, where)
        for name, member in members.items()
        if name.startswith(REPO)
    }
    image = members[IMAGE]
    return Archive(_facts(document, where), files, stream, image.start, image.size)


def _document(text: bytes, where: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise refused(where, "the manifest is no JSON") from error
    if not isinstance(document, dict):
        raise refused(where, "the manifest says nothing")
    return document


def _difference(listed: Any, contents: Mapping[str, str]) -> str:
    if not isinstance(listed, dict) or listed.keys() != contents.keys():
        return "it is of another format, or its members are not those that were written"
    changed = [name for name, digest in sorted(contents.items()) if listed[name] != digest]
    return f"{', '.join(changed)} is not what was written"


def _facts(document: dict[str, Any], where: str) -> Facts:
    values = {name: document.get(name) for name in Facts.__slots__}
    optional = values.pop("digest")
    texts = all(isinstance(value, str) for value in (*values.values(), optional or ""))
    if not texts or not _PROFILE.fullmatch(str(values["profile"])):
        raise refused(where, "the manifest does not say what it is of")
    return Facts(**values, digest=optional)  # type: ignore[arg-type] # looked at above


def _members(stream: BinaryIO, where: str) -> Iterator[_Member]:
    """Every member, its content hashed; nothing may be between, beside or behind them."""
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    while (block := stream.read(BLOCK)) != END[:BLOCK]:
        try:
            info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
        except (tarfile.TarError, ValueError) as error:
            raise refused(where, f"it is damaged, or no bundle: {error}") from error
        start = stream.tell()
        named = info.name in (IMAGE, MANIFEST, SEAL) or (
            info.name.startswith(REPO) and is_allowed(info.name.removeprefix(REPO))
        )
        if not named or block != header(info.name, info.size):
            raise refused(where, f"{info.name[:100]!r} has no place in one")
        if start + info.size > size:
            raise refused(where, "it ends too early")
        digest = hashlib.sha256()
        for piece in _pieces(stream, info.size):
            digest.update(piece)
        if any(stream.read(-info.size % BLOCK)):
            raise refused(where, f"something is hidden behind {info.name}")
        yield _Member(info.name, start, info.size, f"sha256:{digest.hexdigest()}")
    if stream.read() != END[BLOCK:]:
        raise refused(where, "it goes on behind its end")


def _content(stream: BinaryIO, member: _Member, where: str) -> bytes:
    if member.size > LARGEST:
        raise refused(where, f"{member.name} is too large")
    stream.seek(member.start)
    return stream.read(member.size)


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    while size and (piece := stream.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece
