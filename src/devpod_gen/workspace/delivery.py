"""What a bundle brings: an image into the engine, under no name but ours."""

import hashlib
import io
import json
import os
import tarfile
from typing import IO, Any, BinaryIO, cast

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import ImageInfo
from devpod_gen.errors import DevpodError, ImageError, ProfileError
from devpod_gen.plan.image import REPOSITORY
from devpod_gen.plan.lock import Lock, parse
from devpod_gen.workspace.reader import Archive, refused

_LARGEST = 8 * 1024 * 1024  # of a document in the image's archive
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")


class _Window(io.RawIOBase):
    """A part of a file, as a file."""

    def __init__(self, stream: BinaryIO, start: int, size: int) -> None:
        self._stream, self._start, self._size, self._at = stream, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._stream.seek(self._start + self._at)
        count = max(0, min(len(buffer), self._size - self._at))
        piece = self._stream.read(count)
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def image_stream(archive: Archive) -> BinaryIO:
    """The image's own archive, from its start."""
    window = _Window(archive.stream, archive.start, archive.size)
    return cast("BinaryIO", io.BufferedReader(window, 1024 * 1024))


def require_sound(archive: Archive, *, where: str) -> Lock:
    """The bundle's lock. Raises ProfileError unless lock, files and image are of one another:

    the files are those that the lock has hashes of, the image is the one that the manifest
    and the lock name, and its archive would give no other image a name.
    """
    lock = _lock(archive, where)
    emitted = {
        path: f"sha256:{hashlib.sha256(content).hexdigest()}"
        for path, content in archive.files.items()
        if path.startswith(".devcontainer/")
    }
    facts, ids = archive.facts, {one.platform: one.id for one in lock.image.platforms}
    if emitted != dict(lock.files):
        raise refused(where, "the generated files are not those of the lock")
    if (facts.ref, facts.digest) != (lock.image.ref, lock.image.digest):
        raise refused(where, "the image is not the one of the lock")
    if ids and ids.get(facts.platform) != facts.id:
        raise refused(where, f"the image is not the lock's for {facts.platform}")
    if not ids and not facts.ref.startswith(f"{REPOSITORY}/"):
        raise refused(where, "the image is of no registry, and has no name of ours")
    try:
        with tarfile.open(fileobj=image_stream(archive), mode="r:") as inner:
            _require_image(inner, facts.id, where)
    except tarfile.TarError as error:
        raise refused(where, "the image is no archive of an image") from error
    return lock


def require_text(name: str, content: bytes) -> str:
    """The text of a file. Raises ProfileError for one that is none."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        message = "a bundle holds text files only, beside the image"
        raise ProfileError(message, where=name, fix="move it elsewhere") from error


def take_in(engine: Engine, archive: Archive) -> ImageInfo:
    """Have the bundle's image in the engine. Raises EngineError, ImageError.

    One that comes from a registry gets a name of ours, which only keeps it from being pruned:
    a registry's name would speak for what that registry has never been asked for.
    """
    facts = archive.facts
    if not engine.image(facts.id):
        engine.load(image_stream(archive))
    found = engine.image(facts.id)
    if not found:
        message = f"the engine took the image in, but does not know it by {facts.id}"
        fix = "engines that use the containerd image store name images otherwise: pull it there"
        raise ImageError(message, where=facts.ref, fix=fix)
    name = facts.ref if facts.digest is None else f"{REPOSITORY}/loaded:{facts.id[7:23]}"
    named = engine.image(name)
    if not named or named.id != facts.id:
        engine.tag(facts.id, name)
    return found


def _lock(archive: Archive, where: str) -> Lock:
    profile = archive.facts.profile
    name = profile.removesuffix(".toml") + ".lock"
    if profile not in archive.files or name not in archive.files:
        raise refused(where, "the profile or the lock is not there")
    try:
        return parse(archive.files[name], file=name)
    except DevpodError as error:
        raise refused(where, "the lock is not one that this version reads") from error


def _require_image(inner: tarfile.TarFile, wanted: str, where: str) -> None:
    """One image, of that id, and no name: `docker load` would give names to whatever says so.
    The layers need no look: the engine holds them against the configuration's hashes."""
    names = inner.getnames()
    if "repositories" in names or len(names) != len(set(names)):
        raise refused(where, "the image's archive would name images")
    try:
        (entry,) = _document(inner, "manifest.json")
        config = _bytes(inner, entry["Config"])
        index = _document(inner, "index.json") if "index.json" in names else {}
        annotated = [entry.get("annotations") or {} for entry in index.get("manifests", ())]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise refused(where, "the image's archive is not one image") from error
    if entry.get("RepoTags") or any(name in one for one in annotated for name in _NAMES):
        raise refused(where, "the image's archive would name images")
    if f"sha256:{hashlib.sha256(config).hexdigest()}" != wanted:
        raise refused(where, "the image is not the one that the manifest names")


def _document(inner: tarfile.TarFile, name: str) -> Any:
    return json.loads(_bytes(inner, name))


def _bytes(inner: tarfile.TarFile, name: str) -> bytes:
    member: IO[bytes] | None = inner.extractfile(name)
    if member is None:
        message = f"{name} is no file"
        raise ValueError(message)
    return member.read(_LARGEST)
