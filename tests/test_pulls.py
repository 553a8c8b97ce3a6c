"""Pulls: side by side, told how far they are, ended when something else fails."""

import contextlib
import io
import json
import os
import re
import signal
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pexpect
import pytest

from conftest import COMMAND, Ran, docker
from devpod_gen.cli.progress import ProgressLine
from devpod_gen.engine.command import TIMED_OUT
from devpod_gen.engine.model import Fetched
from devpod_gen.engine.pull import Layers
from devpod_gen.engine.terminal import watch
from devpod_gen.errors import ImageError
from devpod_gen.workspace.pulls import Progress, pulling

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine

Make = Callable[..., Path]
Command = Callable[..., Ran]

SHOWN = [
    "1: Pulling from team/base",
    "0123456789ab: Pulling fs layer",
    "ba9876543210: Pulling fs layer",
    "aaaaaaaaaaaa: Already exists",
    "ba9876543210: Waiting",
    "0123456789ab: Downloading  1.5kB/3.4MB",
    "0123456789ab: Downloading  3.4MB/3.4MB",
    "0123456789ab: Verifying Checksum",
    "0123456789ab: Extracting  1.1MB/3.4MB",
    "ba9876543210: Retrying in 3 seconds",
    "0123456789ab: Pull complete",
    "Digest: sha256:0123456789ab: nothing",
    "deadbeefdead: some other program",
]


def test_how_far_it_is_comes_from_what_is_shown() -> None:
    told: list[Fetched] = []
    layers = Layers("r", told.append)
    for text in SHOWN:
        layers(text)
    assert told[4] == Fetched("r", 3, 1, 1500)
    assert told[-1] == layers.fetched() == Fetched("r", 3, 2, 3_400_000)


@pytest.mark.parametrize("text", ["0123456789ab: ", "0123456789ab: Downloading", "", "\ufffd: x"])
def test_odd_words_are_nothing(text: str) -> None:
    layers = Layers("r", lambda _: None)
    layers(text)
    assert layers.fetched().size == 0


def test_a_program_is_shown_a_terminal() -> None:
    script = (
        "import os,sys; print('tty' if os.isatty(1) else 'no'); print('\\x1b[1Awhole\\x1b[K'); "
    )
    script += "sys.stderr.write('why'); sys.exit(3)"
    seen: list[str] = []
    result = watch([sys.executable, "-c", script], seen.append, timeout=20)
    assert (seen, result.code, result.errors) == (["tty", "whole"], 3, "why")


def test_it_is_ended_at_its_deadline_with_all_that_it_started() -> None:
    begun = time.monotonic()
    result = watch(["sh", "-c", "sleep 60 & sleep 60"], print, timeout=0.3)
    assert result.code == TIMED_OUT
    assert time.monotonic() - begun < 5  # who does not listen is killed after that


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    line = ProgressLine(stream)
    for number in range(1000):
        line.show(f"at {number}")
    assert stream.getvalue() == "\r\x1b[2Kat 0"  # the others came too soon
    line.clear()
    assert stream.getvalue().endswith("\r\x1b[2K")
    line.clear()
    assert stream.getvalue().count("\x1b") == 2


def test_elsewhere_a_line_comes_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("devpod_gen.cli.progress.time.monotonic", lambda: now)
    stream = io.StringIO()
    line = ProgressLine(stream)
    for step in range(1200):  # two minutes
        now = step / 10
        line.show(f"at {now:.0f}")
    line.clear()
    said = stream.getvalue().splitlines()
    assert said[:2] == ["at 5", "at 10"]
    assert len(said) == 23
    assert "\x1b" not in stream.getvalue()


class Slow:
    """An engine whose pulls last until they are told to stop."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def pull(
        self, ref: str, on_change: Callable[[Fetched], None], *, stop: threading.Event
    ) -> None:
        on_change(Fetched(ref, 2, 1, 1_500_000))
        if ref == "bad":
            message = "the registry does not have it"
            raise ImageError(message)
        assert stop.wait(20)
        self.stopped.append(ref)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ImageError("no room")])
def test_pulls_end_when_something_else_fails(error: BaseException | type[BaseException]) -> None:
    engine, said = Slow(), list[str]()

    def fail() -> None:
        with pulling(cast("Engine", engine), ("a", "b"), Progress(said.append)):
            raise error

    with pytest.raises(error if isinstance(error, type) else type(error)):
        fail()
    assert sorted(engine.stopped) == ["a", "b"]


def test_the_pull_that_fails_is_the_error() -> None:
    engine = Slow()
    with (
        pytest.raises(ImageError, match="does not have it"),
        pulling(cast("Engine", engine), ("bad",), Progress(lambda _: None)),
    ):
        pass


def test_all_pulls_are_one_line() -> None:
    said: list[str] = []
    progress = Progress(said.append, begun=time.monotonic() - 10)
    progress(Fetched("a:1", 4, 1, 10_000_000))
    assert said[-1].startswith("\rpulling a:1: 1 of 4 layers, 10.0 MB, 1.0 MB/s")
    progress(Fetched("b:1", 2, 2, 20_000_000))
    assert said[-1].startswith("\rpulling 2 images: 3 of 6 layers, 30.0 MB")


class Throttle(socketserver.ThreadingTCPServer):
    """A way to the registry on which every connection brings so many bytes a second."""

    daemon_threads = True

    def __init__(self, target: str, rate: int) -> None:
        host, _, port = target.partition(":")
        self.target, self.rate = (host, int(port)), rate
        super().__init__(("127.0.0.1", 0), _Way)
        self.place = f"127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Way(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = cast("Throttle", self.server)
        with socket.create_connection(server.target) as theirs:
            there = threading.Thread(target=_copy, args=(self.request, theirs, 0))
            there.start()
            _copy(theirs, self.request, server.rate)
            there.join()


def _copy(source: socket.socket, sink: socket.socket, rate: int) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(16384):
            sink.sendall(piece)
            if rate:
                time.sleep(len(piece) / rate)
    for one in (source, sink):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def throttled(
    registry: str, logged_in: dict[str, str], tmp_path: Path
) -> Iterator[Callable[[str, int], str]]:
    """Puts an image of ours, and so many bytes that nobody else has, into a registry that is
    slow to give; the reference. It is in no engine then."""
    throttle = Throttle(registry, rate=4_000_000)
    login = ["docker", "login", "--username", "ann", "--password-stdin", throttle.place]
    env = os.environ | logged_in
    subprocess.run(login, input=b"secret", check=True, capture_output=True, env=env)
    made: list[str] = []

    def put(name: str, size: int) -> str:
        ref = f"{throttle.place}/team/{name}:1"
        plain = f"{registry}/team/{name}:1"
        (tmp_path / "filler").write_bytes(os.urandom(size))
        base = docker("images", "--quiet", "localhost/devpod-gen/base").split()[0]
        container = docker("create", base)
        docker("cp", str(tmp_path / "filler"), f"{container}:/filler")
        docker("commit", "--change", 'CMD ["sleep", "infinity"]', container, plain)
        docker("rm", container)
        subprocess.run(["docker", "push", "-q", plain], check=True, capture_output=True, env=env)
        docker("rmi", plain)
        made.append(ref)
        return ref

    yield put
    for ref in made:
        subprocess.run(["docker", "rmi", "-f", ref], check=False, capture_output=True)
    throttle.shutdown()
    throttle.server_close()


@pytest.mark.engine
@pytest.mark.campaign
@pytest.mark.usefixtures("nothing_left")
def test_images_come_side_by_side_and_no_later_than_by_the_client(
    throttled: Callable[[str, int], str],
    logged_in: dict[str, str],
    make_repo: Make,
    command: Command,
) -> None:
    ours, theirs = throttled("ours", 24_000_000), throttled("service", 16_000_000)
    pull = ["docker", "pull", "--quiet"]
    env = os.environ | logged_in
    begun = time.monotonic()
    clients = [
        subprocess.Popen([*pull, ref], env=env, stdout=subprocess.DEVNULL) for ref in (ours, theirs)
    ]
    assert [client.wait(timeout=120) for client in clients] == [0, 0]
    at_once = time.monotonic() - begun  # the larger takes 6 s alone; one after the other it is 10
    docker("rmi", ours, theirs)
    profile = f'name = "cold"\n[image]\nref = "{ours}"\n[services.db]\nimage = "{theirs}"\n'
    repo = make_repo({"devpod.toml": profile})
    try:
        ran = command("up", "--json", "-C", repo, env=logged_in)
        assert ran.code == 0, ran.err
        (image,) = [s for s in json.loads(ran.out)["stages"] if s["name"] == "image"]
        assert image["note"] == "pulled"
        assert image["seconds"] < 1.1 * at_once + 0.5, (image, at_once)
        assert re.search(r"pulled \S+/ours:1: \d+ layers, 24\.\d MB in ", ran.err)
        assert "\x1b" not in ran.err
        steps = [line for line in ran.err.splitlines() if re.match(r"pulling .* layers", line)]
        assert len(steps) <= image["seconds"] / 5
    finally:
        command("down", "--caches", "-C", repo)


@pytest.mark.engine
@pytest.mark.campaign
@pytest.mark.usefixtures("nothing_left")
def test_a_terminal_sees_it_come_and_ctrl_c_ends_it(
    throttled: Callable[[str, int], str], logged_in: dict[str, str], make_repo: Make
) -> None:
    ref = throttled("shown", 12_000_000)
    repo = make_repo({"devpod.toml": f'name = "cold"\n[image]\nref = "{ref}"\n'})
    env = os.environ | logged_in | {"TERM": "xterm"}
    child = pexpect.spawn(
        str(COMMAND), ["build", "-C", str(repo)], env=env, encoding="utf-8", dimensions=(24, 100)
    )
    seen = r"\x1b\[2Kpulling \S+/shown:1: \d+ of \d+ layers, (\d+\.\d) MB, \d+\.\d MB/s"
    child.expect(seen, timeout=30)
    child.expect(r"layers, [2-9]\.\d MB", timeout=30)
    child.kill(signal.SIGINT)
    child.expect(r"\r\x1b\[2Kinterrupted\r\n", timeout=10)  # the line is taken away
    child.expect(pexpect.EOF, timeout=10)
    child.close()
    assert child.exitstatus == 130
    told = subprocess.run(["pgrep", "-f", f"docker pull {ref}"], capture_output=True, check=False)
    assert told.stdout == b""
