"""The watch inside: it stops a workspace that nobody uses, and never one that is used.

The clock is shortened: a look every second, three seconds until it stops.
"""

import json
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pexpect
import pytest

from conftest import COMMAND, Ran, docker
from devpod_gen.engine.docker import Docker
from devpod_gen.workspace.idle import Awake, why_awake

pytestmark = pytest.mark.engine

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = 'name = "lazy"\n[idle]\ntimeout = "3s"\n'
LISTENER = (
    "use IO::Socket::INET; exit if fork;"
    "my $s = IO::Socket::INET->new(LocalPort => 8000, Listen => 5) or die;"
    "my @c; while (my $c = $s->accept) { $c->send('x'); push @c, $c }"
)


def state(container: str) -> str:
    return docker("inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", container)


def stopped(container: str, *, within: float) -> bool:
    """Whether it ends by itself, with 0, in time: the engine tells when."""
    try:
        subprocess.run(["docker", "wait", container], check=True, timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return state(container) == "exited 0"


def awake(container: str) -> Awake:
    return why_awake(Docker(), container, "lazy")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory, engine: None) -> str:  # noqa: ARG001
    repo = tmp_path_factory.mktemp("lazy")
    (repo / "devpod.toml").write_text(PROFILE)
    argv = [str(COMMAND), "build", "--json", "-C", str(repo)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return str(json.loads(done.stdout)["image"]["ref"])


@contextmanager
def lazy(image: str, *options: str, seconds: int = 3) -> Iterator[str]:
    """A container of the image with a short patience, and nothing but it."""
    argv = ("run", "--detach", "--init", f"--env=DEVPOD_IDLE={seconds}", *options, image)
    container = docker(*argv)
    try:
        yield container
    finally:
        docker("rm", "--force", "--volumes", container)


@pytest.mark.usefixtures("nothing_left")
def test_it_stops_says_why_and_is_started_in_place(workspace: Make, command: Command) -> None:
    repo = workspace({"devpod.toml": PROFILE})
    told = json.loads(command("up", "--json", "-C", repo).out)["workspace"]
    container = told["container"]
    assert stopped(container, within=15)
    assert "nobody used this workspace for 3 s" in docker("logs", container)
    ran = command("exec", "-C", repo, "--", "true")
    assert (ran.code, "fix: run `devpod-gen up`" in ran.err) == (7, True)

    again = json.loads(command("up", "--json", "-C", repo).out)["workspace"]
    assert (again["container"], again["created"]) == (container, False)
    status = json.loads(command("status", "--why-awake", "--json", "-C", repo).out)
    assert status["workspaces"][0]["awake"]["timeout"] == 3
    assert command("up", "-C", repo).code == 0  # to ask is no use of it
    assert "  stops after 3 s without use, " in command("status", "--why-awake", "-C", repo).out
    config = Path(os.environ["XDG_DATA_HOME"], "devpod-gen", told["id"], "ssh_config")
    over = ["ssh", "-F", str(config), told["ssh_host"], "sleep 6; echo ended"]
    assert subprocess.run(over, capture_output=True, check=True).stdout == b"ended\n"
    assert stopped(container, within=15)


def test_a_stop_from_outside_is_as_quick_as_without_a_watch(image: str) -> None:
    with lazy(image, seconds=60) as container:
        begun = time.monotonic()
        docker("stop", container)
        assert time.monotonic() - begun < 6  # who does not listen is killed after 10
        assert state(container) == "exited 143"


def test_why_awake_names_each_use(image: str) -> None:
    with lazy(image, "--publish=127.0.0.1::8000", seconds=60) as container:
        docker("exec", "--detach", container, "perl", "-e", LISTENER)
        assert awake(container).reasons == ()
        assert awake(container).timeout == 60

        with connected(container):
            assert awake(container).reasons == ("connection: from outside to port 8000",)

        docker("exec", "--detach", container, "sleep", "60")
        (session,) = awake(container).reasons
        assert session.startswith("session: sleep 60, process ")
        docker("exec", container, "pkill", "-f", "^sleep 60")

        docker("exec", container, "sh", "-c", "yes >/dev/null & exit 0")
        (cpu,) = [r for r in awake(container).reasons if r.startswith("cpu")]
        assert cpu.endswith("of one processor, idle is below 5 %")


def test_a_shell_whose_window_was_closed_is_forgotten_in_the_end(image: str) -> None:
    """Engines leave it behind. A command in one, and a shell that was used, are not."""
    with lazy(image, seconds=60) as container:
        shells = [
            pexpect.spawn("docker", ["exec", "-it", "-u", "dev", container, "bash"], timeout=20)
            for _ in range(2)
        ]
        for shell in shells:
            shell.expect(r"\$ ")
        shells[1].sendline("sleep 50")
        shells[1].expect("sleep 50")
        for shell in shells:
            shell.kill(signal.SIGKILL)
        assert len(awake(container).reasons) == 2
        docker("exec", container, "touch", "-d", "13 hours ago", "/dev/pts/0", "/dev/pts/1")
        (left,) = awake(container).reasons
        assert left.startswith("session: bash")


def session(container: str, *argv: str) -> None:
    """By the engine's exec, for up to seven seconds."""
    command = ["docker", "exec", container, *argv]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            process.wait(7)
        except subprocess.TimeoutExpired:
            process.kill()


def short_sessions(container: str) -> None:
    for _ in range(5):
        session(container, "sleep", "1.3")


def burn(container: str) -> None:
    docker("exec", container, "sh", "-c", "timeout 8 yes >/dev/null & exit 0")
    time.sleep(7)  # the use itself


@contextmanager
def connected(container: str) -> Iterator[None]:
    """A connection that the listener inside has taken: the engine's proxy takes any."""
    port = int(docker("port", container, "8000/tcp").rpartition(":")[2])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            if client.recv(1) == b"x":
                yield
                return
    pytest.fail("nothing listens inside")


def connect(container: str) -> None:
    docker("exec", "--detach", container, "perl", "-e", LISTENER)
    with connected(container):
        time.sleep(7)  # the use itself


@pytest.mark.campaign
def test_a_hundred_busy_ones_stay_and_a_hundred_idle_ones_stop(image: str) -> None:
    uses: list[Callable[[str], None]] = [
        lambda container: session(container, "sleep", "7"),
        lambda container: session(container, "cat", "/dev/zero"),
        short_sessions,
        burn,
        connect,
    ]

    def busy(number: int) -> bool:
        with lazy(image, "--publish=127.0.0.1::8000") as container:
            uses[number % len(uses)](container)
            return state(container).startswith("running")

    def idle(_: int) -> bool:
        with lazy(image) as container:
            return stopped(container, within=60)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(busy, range(100))) == [True] * 100
        assert list(pool.map(idle, range(100))) == [True] * 100


@pytest.mark.campaign
def test_a_session_that_comes_at_the_last_moment_is_not_cut(image: str) -> None:
    """What has begun runs to its end; or the engine refused it: the workspace had stopped."""

    def late(number: int) -> str:
        with lazy(image) as container:
            time.sleep(3 + random.Random(number).random() * 2.5)  # when, is what is tried
            argv = ["docker", "exec", container, "sh", "-c", "echo begun; sleep 4; echo ended"]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            return done.stdout

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(late, range(100)))
    begun = [text for text in said if text.startswith("begun")]
    assert begun == ["begun\nended\n"] * len(begun)
    assert 10 < len(begun) < 100, "the moments were not around the stop"
