"""What a container hands out is a stranger's: of any size, never ending, and not what it says.
Nothing of it may hang, fill the memory, or be a traceback."""

import io
import json
import tarfile
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import pytest

from conftest import docker
from devpod_gen.engine import command, execution, heard, looking, traces
from devpod_gen.engine.frames import ERRORS
from devpod_gen.engine.model import OVERLAP, Container
from devpod_gen.errors import EngineError, StartError
from devpod_gen.workspace import tarred
from devpod_gen.workspace.errand import _code
from devpod_gen.workspace.marks import Record
from devpod_gen.workspace.probe import login_of

MIB = 1 << 20


def test_a_command_that_never_ends_to_speak_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "MOST", MIB)
    begun = time.monotonic()
    for line in ("yes", "yes >&2"):
        done = command.run(["sh", "-c", line], timeout=60)
        assert (done.code, "stopped: it said over" in done.errors) == (1, True)
        assert len(done.output + done.errors) < 4 * MIB
    assert time.monotonic() - begun < 20


def test_what_is_told_and_said_at_once_is_whole() -> None:
    given = bytes(range(256)) * 4096 * 4
    done = command.run(["sh", "-c", "tee /dev/stderr"], timeout=60, stdin=given)
    assert (done.code, done.output) == (0, given.decode(errors="replace"))
    assert done.errors == done.output
    assert command.run(["sh", "-c", "exec <&-; sleep 0.1; echo a"], timeout=9, stdin=given).ok


def test_what_was_said_before_the_deadline_is_kept() -> None:
    begun = time.monotonic()
    # What it has started goes on speaking, out of reach.
    line = "echo first; setsid sh -c 'sleep 9' & exec sleep 9"
    done = command.run(["sh", "-c", line], timeout=0.5)
    assert (done.code, done.output) == (command.TIMED_OUT, "first\n")
    assert "stopped after 0.5 s" in done.errors
    assert time.monotonic() - begun < 5


def frame(data: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def test_of_what_never_ends_the_beginning_and_the_end_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execution, "_KEPT", MIB)
    told: list[int] = []
    said = execution._Said(lambda text: told.append(len(text)))
    said.take(frame(b"first"))
    for _ in range(1000):
        said.take(frame(b"x" * 32768) + frame(b"y" * 32768, ERRORS))
    said.take(frame(b"last"))
    assert bytes(said.output[:5] + said.output[-4:]) == b"firstlast"
    assert max(len(said.output), len(said.errors)) <= 3 * MIB
    assert max(told) <= 32768 + OVERLAP, "all of it each time would take minutes"


def header(kind: bytes, size: int, name: str = "a") -> bytes:
    made = tarfile.TarInfo(name)
    made.type, made.size = kind, size
    return made.tobuf(tarfile.GNU_FORMAT)


def sparse() -> bytes:
    """A file with a hole of four million terabytes."""
    made = tarfile.TarInfo("a")
    made.type, made.size = tarfile.GNUTYPE_SPARSE, 512
    data = bytearray(made.tobuf(tarfile.GNU_FORMAT))
    data[386:410] = b"%011o\0" % 0 + b"%011o\0" % 512
    data[483:495] = b"\x80" + (1 << 62).to_bytes(11, "big")
    data[148:156] = b" " * 8
    data[148:156] = b"%06o\0 " % sum(data)
    return bytes(data) + b"secret".ljust(512) + bytes(1024)


class Endless(io.RawIOBase):
    """Some bytes, and then as many zeros as anybody wants."""

    def __init__(self, first: bytes) -> None:
        self.first, self.given = first, 0

    def read(self, size: int = -1) -> bytes:
        part, self.first = self.first[:size], self.first[size:]
        self.given += size
        return part.ljust(size, b"x")


@pytest.mark.parametrize(
    "first",
    [
        *(header(kind, 1 << 33) for kind in (b"x", b"g", b"L", b"K", b"X")),
        header(b"0", -512),
        header(b"x", -512),
        b"".join(header(b"L", 2) + b"a\0".ljust(512, b"\0") for _ in range(5000)),
    ],
)
def test_an_archive_that_is_not_what_it_says(first: bytes) -> None:
    stream = Endless(first)
    tracemalloc.start()
    try:
        with pytest.raises(tarfile.TarError):
            for _ in tarred.members(tarred.opened(cast("IO[bytes]", stream))):
                pass
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()
    assert stream.given < 8 * MIB


def test_holes_are_passed_over() -> None:
    archive = tarred.opened(io.BytesIO(sparse()))
    (found,) = [b"".join(tarred.parts(archive, one)) for one in tarred.members(archive)]
    assert found == b"secret".ljust(512)


@pytest.mark.parametrize("words", ["", "x", "-1", "1 2", "9" * 5000, "\u0663"])
def test_what_is_no_exit_code_is_none_that_is_well(words: str) -> None:
    assert _code(Record(words, "")) == 1
    assert _code(Record("0", "")) == 0


@pytest.mark.parametrize("line", ["", "dev", "dev:x:1", "root:x:0:0::/:/bin/sh", "dev" + ":" * 9])
def test_a_user_of_no_use(line: str) -> None:
    container = Container("id", "shop-dev-1", "running", "i", {})
    with pytest.raises(StartError):
        login_of("dev", line, container)


@pytest.fixture(scope="module")
def hostile() -> Iterator[Callable[[str], str]]:
    """A container in which a line was run."""
    made: list[str] = []
    base = docker("images", "--format={{.Repository}}:{{.Tag}}", "localhost/devpod-gen/debian")

    def make(line: str) -> str:
        made.append(docker("run", "--detach", "--network=none", base, "sleep", "600"))
        docker("exec", made[-1], "sh", "-c", line)
        return made[-1]

    yield make
    for one in made:
        docker("rm", "--force", one)


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_a_file_inside_is_read_if_it_is_a_small_one(hostile: Callable[[str], str]) -> None:
    container = hostile(
        "mkdir /run/devpod /x /x/d && cd /x && truncate -s 20G huge && mkfifo fifo &&"
        " ln -s /etc/passwd link && mknod zero c 1 5 && truncate -s 20G d/huge && echo a >file"
    )
    begun = time.monotonic()
    tracemalloc.start()
    try:
        for name in ("huge", "fifo", "link", "zero", "d", "none"):
            assert looking.read(container, f"/x/{name}") is None, name
        assert tracemalloc.get_traced_memory()[1] < 32 * MIB
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begun < 10
    found = looking.read(container, "/x/file")
    assert found
    assert found.content == b"a\n"


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize(
    "line",
    [
        "truncate -s 9T /huge",
        "printf '#!/bin/sh\nexec yes >&2\n' >/usr/local/bin/tar && chmod +x /usr/local/bin/tar",
        "printf '#!/bin/sh\nexec sleep 99\n' >/usr/local/bin/tar && chmod +x /usr/local/bin/tar",
    ],
)
def test_files_that_never_end_are_not_read_for_ever(
    line: str, hostile: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(traces, "_DEADLINE", 2.0)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    container = hostile(line)
    begun = time.monotonic()

    def take(archive: object) -> None:
        opened = tarred.opened(archive)  # type: ignore[arg-type]
        for one in tarred.members(opened):
            for _ in tarred.parts(opened, one):
                pass

    with pytest.raises((EngineError, tarfile.TarError)):
        traces._archive(container, ["tar", "-c", "-f", "-", "/huge"], b"", take)
    assert time.monotonic() - begun < 15
    assert json.dumps([one.name for one in tmp_path.iterdir()]) == "[]"
