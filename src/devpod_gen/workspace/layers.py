"""What is in an image: a walk over the stream of `docker save`, layer by layer.

A layer is a tar archive inside of it, found under a name of either layout: `ID/layer.tar`
(legacy) or `blobs/sha256/HASH` (OCI). Every layer is walked for itself, so what a later one
deletes or replaces is seen. Nothing is unpacked, and never more than a part of a file held.
"""

import gzip
import hashlib
import json
import tarfile
import zlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import field
from typing import IO, Any, cast

from devpod_gen.errors import ImageError
from devpod_gen.value import dataclass
from devpod_gen.workspace.tarred import members, opened, parts

OVERLAP = 32 << 10
"""How much of it is looked at again with the next part, so that nothing is cut in two."""

_BLOCK = 64 << 10

_LONGEST = 8 << 20
"""Bytes that a document may have which describes an image."""

_ZSTD = b"\x28\xb5\x2f\xfd"

Look = Callable[[str, bytes], None]
"""Takes a file's path in its layer, and a part of its content; or of its name and link."""


@dataclass(slots=True)
class Walk:
    """What a walk has passed. `layers`: the hash of each layer's content, as a config lists
    it. `documents`: the JSON documents that describe the image."""

    layers: list[str] = field(default_factory=list)
    documents: list[Any] = field(default_factory=list)

    def steps(self, layers: tuple[str, ...]) -> dict[str, str]:
        """The build step of each layer, by the configuration that lists these layers."""
        for document in self.documents:
            if not isinstance(document, dict) or "history" not in document:
                continue
            if tuple((document.get("rootfs") or {}).get("diff_ids") or ()) == layers:
                made = [x for x in document["history"] if not x.get("empty_layer")]
                told = [str(x.get("created_by", "")) for x in made]
                return dict(zip(layers, told, strict=False))
        return {}


def walk(archive: IO[bytes], look: Callable[[int], Look], *, known: Collection[str] = ()) -> Walk:
    """Walk an image to the end of the stream. `look` is asked for each layer, by its number
    in the stream. Layers of the hashes in `known` are passed over where the
    stream names them so. Raises ImageError when the stream is not an image, or has a layer
    that cannot be read.
    """
    done = Walk()
    try:
        with opened(archive) as outer:
            for member in members(outer):
                content = outer.extractfile(member) if member.isfile() else None
                digest = f"sha256:{member.name.rpartition('/')[2]}"
                if not content or (digest in known and member.name.startswith("blobs/")):
                    continue
                if _is_document(member.name, content):
                    _read_document(content, done)
                else:
                    done.layers.append(_walk_layer(content, look(len(done.layers))))
        while archive.read(_BLOCK):  # to the end, or the sender would fail
            pass
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"the image's layers cannot be read: {error}"
        raise ImageError(message, fix="build or pull the image again") from error
    return done


def _is_document(name: str, content: IO[bytes]) -> bool:
    if name.endswith(("/layer.tar", ".tar")):
        return False
    start = _peek(content)[:1]
    return not name.startswith("blobs/") or start in (b"{", b"[")


def _read_document(content: IO[bytes], done: Walk) -> None:
    try:
        done.documents.append(json.loads(content.read(_LONGEST)))
    except (ValueError, RecursionError):  # VERSION and the like
        return


def _walk_layer(content: IO[bytes], look: Look) -> str:
    """Show each file of a layer; the hash of the layer, unpacked."""
    start = _peek(content)
    if start.startswith(_ZSTD):
        message = "the image has a layer that is packed with zstd, which cannot be looked into"
        raise ImageError(message, fix="push and build with gzip layers")
    raw = gzip.GzipFile(fileobj=content) if start.startswith(b"\x1f\x8b") else content
    hashed = _Hashed(raw)
    with opened(cast("IO[bytes]", hashed)) as layer:
        for member in members(layer):
            look(member.name, _names(member))
            show(parts(layer, member), member.name, look)
    while hashed.read(_BLOCK):
        pass
    return f"sha256:{hashed.digest.hexdigest()}"


def show(content: Iterable[bytes], path: str, look: Look) -> None:
    """Look at a file part by part, so that nothing is cut in two."""
    kept = b""
    for part in content:
        look(path, kept + part)
        kept = part[-OVERLAP:]


def _names(member: tarfile.TarInfo) -> bytes:
    """What is told of a file beside its content."""
    extra = member.pax_headers.values() if member.pax_headers else ()
    return "\n".join((member.name, member.linkname, *extra)).encode("utf-8", "surrogateescape")


def _peek(content: IO[bytes]) -> bytes:
    peek: Callable[[int], bytes] = content.peek  # type: ignore[attr-defined]
    return peek(4)


@dataclass(slots=True)
class _Hashed:
    """A stream that is hashed as it is read."""

    raw: IO[bytes] | gzip.GzipFile
    digest: Any = field(default_factory=hashlib.sha256)

    def read(self, size: int = -1) -> bytes:
        data = self.raw.read(size)
        self.digest.update(data)
        return data
