"""The walk through the archive of an image, in both layouts of `docker save`."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from typing import IO, Any

import pytest

from devpod_gen.errors import ImageError
from devpod_gen.workspace import layers, tarred
from devpod_gen.workspace.layers import Walk, walk

Entries = dict[str, bytes]


def tar(entries: Entries, links: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return out.getvalue()


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def config(*contents: bytes) -> bytes:
    history = [{"created_by": "ENV A=1", "empty_layer": True}]
    history += [{"created_by": f"RUN step {number}"} for number in range(len(contents))]
    ids = [f"sha256:{digest(content)}" for content in contents]
    return json.dumps({"rootfs": {"diff_ids": ids}, "history": history}).encode()


def legacy(*contents: bytes) -> bytes:
    entries: Entries = {}
    for number, content in enumerate(contents):
        entries[f"id{number}/VERSION"] = b"1.0"
        entries[f"id{number}/json"] = b'{"id": "x"}'
        entries[f"id{number}/layer.tar"] = content
    entries |= {"aabbcc.json": config(*contents), "manifest.json": b"[{}]"}
    return tar(entries, {"id9/layer.tar": "../id0/layer.tar"})


def oci(*contents: bytes, pack: Callable[[bytes], bytes] = bytes) -> bytes:
    blobs = [pack(content) for content in contents]
    entries = {f"blobs/sha256/{digest(blob)}": blob for blob in blobs}
    entries[f"blobs/sha256/{digest(config(*contents))}"] = config(*contents)
    return tar(entries | {"index.json": b"{}", "oci-layout": b"{}", "manifest.json": b"[]"})


def seen(archive: bytes, **options: Any) -> tuple[Walk, list[tuple[int, str, bytes]]]:
    shown: list[tuple[int, str, bytes]] = []

    def look(number: int) -> layers.Look:
        return lambda path, text: shown.append((number, path, text))

    return walk(io.BytesIO(archive), look, **options), shown


FIRST = tar({"a": b"one", "deleted": b"canary"}, {"link": "target"})
SECOND = tar({".wh.deleted": b"", "b/c": b"two"})


@pytest.mark.parametrize(
    "archive",
    [
        legacy(FIRST, SECOND),
        oci(FIRST, SECOND),
        oci(FIRST, SECOND, pack=gzip.compress),
    ],
    ids=["legacy", "oci", "oci, gzip"],
)
def test_every_layer_is_walked_for_itself(archive: bytes) -> None:
    done, shown = seen(archive)
    contents = {(path, text) for _, path, text in shown}
    assert {("a", b"one"), ("deleted", b"canary"), ("b/c", b"two")} <= contents
    assert ("link", b"link\ntarget") in contents
    ids = tuple(f"sha256:{digest(layer)}" for layer in (FIRST, SECOND))
    assert sorted(done.layers) == sorted(ids)
    assert done.steps(ids) == {ids[0]: "RUN step 0", ids[1]: "RUN step 1"}
    (where,) = {number for number, path, _ in shown if path == "deleted"}
    assert done.layers[where] == ids[0]


def test_known_layers_are_passed_over() -> None:
    first = f"sha256:{digest(FIRST)}"
    done, shown = seen(oci(FIRST, SECOND), known={first})
    assert done.layers == [f"sha256:{digest(SECOND)}"]
    assert {path for _, path, _ in shown} == {".wh.deleted", "b/c"}


def test_a_name_is_no_proof_of_a_layer() -> None:
    """Of a layer that is read, the content's own hash counts, whatever it is called."""
    entries = {"blobs/sha256/" + "0" * 64: FIRST}
    assert seen(tar(entries))[0].layers == [f"sha256:{digest(FIRST)}"]


def test_a_large_file_is_shown_in_parts_that_overlap() -> None:
    marker = b"MARKER" * 100
    content = bytes(tarred.PART - 300) + marker + bytes(tarred.PART)
    _, shown = seen(oci(tar({"big": content})))
    parts = [text for _, path, text in shown if path == "big"]
    assert any(marker in part for part in parts)
    assert max(map(len, parts)) <= tarred.PART + layers.OVERLAP


def test_it_is_read_in_small_pieces() -> None:
    """The archive is a stream: nothing seeks in it, and no read asks for all."""
    asked: list[int] = []

    class Stream(io.RawIOBase):
        def __init__(self, data: bytes) -> None:
            self.inner: IO[bytes] = io.BytesIO(data)

        def read(self, size: int = -1) -> bytes:
            asked.append(size)
            return self.inner.read(size)

        def seekable(self) -> bool:
            return False

    walk(Stream(oci(tar({"big": bytes(8 << 20)}))), lambda _: lambda *_: None)  # type: ignore[arg-type]
    assert min(asked) > 0
    assert max(asked) <= 1 << 20


@pytest.mark.parametrize(
    "archive",
    [
        oci(FIRST)[:3000],
        b"no archive at all",
        b"",
        oci(FIRST, pack=lambda _: b"garbage" * 500),
        oci(FIRST, pack=lambda data: gzip.compress(data)[:-200]),
        oci(FIRST, pack=lambda data: b"\x28\xb5\x2f\xfd" + data),
    ],
    ids=["cut off", "text", "nothing", "garbage", "gzip cut off", "zstd"],
)
def test_what_cannot_be_read_is_an_error(archive: bytes) -> None:
    with pytest.raises(ImageError):
        seen(archive)
