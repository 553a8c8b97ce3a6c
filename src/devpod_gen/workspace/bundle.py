"""A bundle's format: a tar of one image and a repo's files, with the sha256 of each member.

Every byte of it is accounted for: headers are those that we write, contents are in
`manifest.json`, whose own hash is the last member. Any tar can list it. The image is neither
held in memory nor written twice: its header is filled in when its size is known.
"""

import hashlib
import json
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import IO, BinaryIO

from devpod_gen.errors import ProfileError
from devpod_gen.regex import late
from devpod_gen.value import dataclass

IMAGE = "image.tar"
MANIFEST = "manifest.json"
SEAL = "manifest.sha256"
REPO = "repo/"
FORMAT = 1

BLOCK = 512
_PIECE = 1024 * 1024
END = bytes(2 * BLOCK)
LARGEST = 8 * 1024 * 1024
"""Bytes of a file beside the image."""
_PART = late(r"[A-Za-z0-9._+@=-]+")

Save = Callable[[Callable[[IO[bytes]], None]], None]
"""Hands an image's archive on, as one stream."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a bundle is of. `digest` None: no registry has the image."""

    generator: str
    profile: str
    ref: str
    digest: str | None
    id: str
    platform: str


def write(stream: BinaryIO, facts: Facts, files: Mapping[str, bytes], save: Save) -> None:
    """Write a bundle to a file that can be gone back in. Raises what `save` does, and
    ProfileError for a file that a bundle cannot hold."""
    members = {IMAGE: _write_image(stream, save)}
    for path, content in sorted(files.items()):
        if not is_allowed(path) or len(content) > LARGEST:
            message = "a bundle cannot hold this file: its name is unusual, or it is too large"
            raise ProfileError(message, where=path, fix="rename it, or move it elsewhere")
        members[REPO + path] = _write(stream, REPO + path, content)
    document = {"format": FORMAT, **asdict(facts), "members": members}
    manifest = (json.dumps(document, indent=2, sort_keys=True) + "\n").encode()
    _write(stream, SEAL, f"{_write(stream, MANIFEST, manifest)}\n".encode())
    stream.write(END)


def is_allowed(path: str) -> bool:
    """Whether a bundle may hold, and bring, a file of this path in a repo."""
    parts = path.split("/")
    if len(REPO + path) > 100 or any(not _PART.fullmatch(part) for part in parts):
        return False
    if {".", "..", ".git", ".env"} & {part.lower() for part in parts}:
        return False
    of_folder = len(parts) > 1 and parts[0] in (".devcontainer", ".devpod")
    return of_folder or path in ("devpod.toml", "devpod.lock")


def _write_image(stream: BinaryIO, save: Save) -> str:
    """The image's archive as it comes; its header once the size is known."""
    first, digest = stream.tell(), hashlib.sha256()
    start = stream.seek(first + BLOCK)

    def take(image: IO[bytes]) -> None:
        while piece := image.read(_PIECE):
            digest.update(piece)
            stream.write(piece)

    save(take)
    size = stream.tell() - start
    stream.write(bytes(-size % BLOCK))
    end = stream.tell()
    stream.seek(first)
    stream.write(header(IMAGE, size))
    stream.seek(end)
    return f"sha256:{digest.hexdigest()}"


def _write(stream: BinaryIO, name: str, content: bytes) -> str:
    stream.write(header(name, len(content)) + content + bytes(-len(content) % BLOCK))
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def header(name: str, size: int) -> bytes:
    """The one header that a member of this name and size has: no owner, no time."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT, "ascii", "strict")
