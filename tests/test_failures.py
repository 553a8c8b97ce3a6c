"""What goes wrong: the right exit code, what, where and what to do, and nothing left behind."""

import json
import re
import shutil
import signal
import socket
import socketserver
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, free_port, trust
from test_trust import FILES
from waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


@pytest.fixture
def generated(make_repo: Make, command: Command) -> Callable[[str], Path]:
    """A repo with this profile, generated."""

    def make(profile: str) -> Path:
        repo = make_repo({"devpod.toml": profile})
        assert command("generate", "-C", repo).code == 0
        return repo

    return make


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_failing_probe(generated: Callable[[str], Path], command: Command) -> None:
    repo = generated('name = "p"\n[[probe]]\nrun = "echo nearly; exit 3"\n')
    ran = command("verify", "-C", repo)
    assert ran.code == 1
    assert "NOT READY" in ran.out
    assert "`echo nearly; exit 3` ended with 3: nearly" in ran.out

    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert "at probe profile-1" in ran.err
    assert "fix: look inside with `devpod-gen shell`" in ran.err
    assert command("exec", "-C", repo, "--", "true").code == 0  # one can look inside
    assert command("down", "-C", repo).code == 0


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        ('run = "sleep 99"\ntimeout = 1', "`sleep 99` took over 1 s"),
        ('run = "echo 1.2"\nexpect = "1.3"', "`echo 1.2` did not print '1.3', but: 1.2"),
        ('run = "no-such-program"', "ended with 127"),
    ],
)
def test_probes_say_why(
    generated: Callable[[str], Path], command: Command, probe: str, told: str
) -> None:
    ran = command("verify", "-C", generated(f'name = "p"\n[[probe]]\n{probe}\n'))
    assert ran.code == 1
    assert ran.out.count(told) == 3, ran.out  # through every door


def test_a_pin_that_an_own_image_lacks(
    generated: Callable[[str], Path], command: Command, make_repo: Make
) -> None:
    base = make_repo({"devpod.toml": 'name = "b"\nstacks = ["go"]\n'}, "base")
    built = json.loads(command("build", "--json", "-C", base).out)["image"]["ref"]
    repo = generated(
        f'name = "own"\nstacks = ["go"]\n[image]\nref = "{built}"\n[tools]\ngo = "1.22"\n'
    )
    ran = command("verify", "-C", repo)
    assert ran.code == 1
    assert "is 1.24.4 (login), the profile pins 1.22" in ran.out


def test_a_pin_that_cannot_be_had(generated: Callable[[str], Path], command: Command) -> None:
    """No such Go exists anywhere: the build fails, says which tool and why, and what there is."""
    repo = generated('name = "pin"\nstacks = ["go"]\n[tools]\ngo = "99.1"\n')
    ran = command("verify", "-C", repo)
    assert ran.code == 6
    assert "devpod: tool go@99.1 cannot be had" in ran.err
    assert "fix: pin a version that can be had without mise: 1.24.4, 1.25" in ran.err


def test_a_package_that_does_not_exist(generated: Callable[[str], Path], command: Command) -> None:
    ran = command(
        "build", "-C", generated('name = "k"\n[image]\npackages = ["no-such-package-x"]\n')
    )
    assert ran.code == 6
    assert "Unable to locate package no-such-package-x" in ran.err
    assert "fix: correct image.packages" in ran.err


def test_an_own_image_that_is_not_there(generated: Callable[[str], Path], command: Command) -> None:
    ran = command(
        "verify", "-C", generated('name = "i"\n[image]\nref = "localhost/nobody/has:this"\n')
    )
    assert ran.code == 6
    assert "the image localhost/nobody/has:this cannot be pulled" in ran.err


def test_a_taken_port(generated: Callable[[str], Path], command: Command, taken_port: int) -> None:
    repo = generated(f'name = "t"\n[[ports]]\nport = {taken_port}\n')
    for verb in ("verify", "up"):
        ran = command(verb, "-C", repo)
        assert ran.code == 7
        assert f"the port 127.0.0.1:{taken_port} is taken by another program" in ran.err
        assert "change [[ports]] in the profile" in ran.err


def test_a_folder_that_was_replaced(generated: Callable[[str], Path], command: Command) -> None:
    """Deleted and cloned anew at the same place, while its workspace ran."""
    repo = generated('name = "t"\n')
    assert command("up", "-C", repo).code == 0
    shutil.copytree(repo, repo.with_name("new"))
    shutil.rmtree(repo)
    repo.with_name("new").rename(repo)
    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert "the workspace has a folder that is gone" in ran.err
    assert "fix: run `devpod-gen down`, then `devpod-gen up`" in ran.err
    assert command("down", "-C", repo).code == 0
    assert command("up", "-C", repo).code == 0
    assert command("down", "-C", repo).code == 0


def test_a_taken_name(generated: Callable[[str], Path], command: Command) -> None:
    """A container that nobody's labels tell of; it stays, and the way is free without it."""
    repo = generated('name = "t"\n')
    assert command("up", "-C", repo).code == 0
    (workspace,) = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    name = docker("inspect", "-f", "{{.Name}}", workspace["container"]).removeprefix("/")
    assert command("down", "-C", repo).code == 0
    other = docker("create", "--name", name, workspace["image"], "true")
    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert f"a container that is not this workspace's is called {name}" in ran.err
    assert f"fix: look at it with `docker inspect {name}`" in ran.err
    docker("rm", other)  # it is still there
    assert command("up", "-C", repo).code == 0
    assert command("down", "-C", repo).code == 0


@pytest.mark.parametrize("verb", ["verify", "up", "down", "build", "shell", "exec"])
def test_no_engine(generated: Callable[[str], Path], command: Command, verb: str) -> None:
    repo = generated('name = "n"\n')
    begun = time.monotonic()
    rest = ["--", "true"] if verb == "exec" else []
    ran = command(verb, "-C", repo, *rest, env={"DOCKER_HOST": "unix:///nowhere/docker.sock"})
    assert ran.code == 5
    assert ran.err.splitlines()[:2] == [
        "error: no container engine answers",
        "  at unix:///nowhere/docker.sock",
    ]
    assert "fix: start Docker or Colima" in ran.err
    assert time.monotonic() - begun < 5


def test_an_engine_that_hangs(
    generated: Callable[[str], Path], command: Command, tmp_path: Path
) -> None:
    """It accepts, and never answers: there is a deadline."""
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        begun = time.monotonic()
        ran = command(
            "verify", "-C", generated('name = "h"\n'), env={"DOCKER_HOST": f"unix://{path}"}
        )
    assert ran.code == 5
    assert time.monotonic() - begun < 30


def test_drift(generated: Callable[[str], Path], command: Command) -> None:
    repo = generated('name = "d"\n')
    (repo / "devpod.toml").write_text('name = "d"\n[env]\nA = "1"\n')
    for argv, fix in (
        (["verify"], "run `devpod-gen generate`"),
        (["up", "--frozen"], "run `devpod-gen lock --update`"),
    ):
        ran = command(*argv, "-C", repo)
        assert (ran.code, f"fix: {fix}" in ran.err) == (1, True), ran.err


def test_an_own_image_that_ends_at_once(
    generated: Callable[[str], Path], command: Command, make_repo: Make
) -> None:
    base = make_repo({"devpod.toml": 'name = "b"\n'}, "base")
    built = json.loads(command("build", "--json", "-C", base).out)["image"]["ref"]
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", "localhost/devpod-gen-test/ends:1", "-"],
        input=f'FROM {built}\nENTRYPOINT ["sh", "-c", "echo goodbye >&2; exit 4"]\n',
        text=True,
        check=True,
        capture_output=True,
    )
    try:
        repo = generated('name = "ends"\n[image]\nref = "localhost/devpod-gen-test/ends:1"\n')
        ran = command("verify", "-C", repo)
        assert ran.code == 7
        assert "it ended while starting" in ran.err
        assert "exited, exit code 4" in ran.err
        assert "goodbye" in ran.err
    finally:
        docker("rmi", "localhost/devpod-gen-test/ends:1")


def test_budget(generated: Callable[[str], Path], command: Command) -> None:
    repo = generated('name = "b"\n')
    ran = command("verify", "--budget", "1ms", "-C", repo)
    assert ran.code == 1
    assert "the budget is 0.001 s" in ran.out


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_verification_leaves_nothing(
    generated: Callable[[str], Path], sent: signal.Signals, code: int
) -> None:
    repo = generated('name = "c"\n[[probe]]\nrun = "touch started; sleep 60"\n')
    process = subprocess.Popen(
        [str(COMMAND), "verify", "-C", str(repo)],
        stderr=subprocess.PIPE,
        text=True,
        # Of a shell's background jobs, and so of ours, SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    until((repo / "started").exists, 60, "the probe did not begin")
    process.send_signal(sent)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err


ANSWERS = {
    "nothing": b"",
    "no HTTP": b"SSH-2.0-x\r\n",
    "a page": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>hello</html>",
    "no body": b"HTTP/1.0 200 OK\r\nApi-Version: 1.44\r\n\r\n",
    "a half": b'HTTP/1.0 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 99\r\n\r\n[{"Id":',
    "half a head": b"HTTP/1.0 200 OK\r\nApi-Version: 1.4",
    "a fault": b'HTTP/1.0 500 X\r\nApi-Version: 1.44\r\n\r\n{"message":"no space left on device"}',
}


@pytest.mark.parametrize(
    ("answer", "told", "fix"),
    [
        ("nothing", "it hung up without an answer", "start Docker"),
        ("no HTTP", "what answers is no container engine", "start Docker"),
        ("a page", "what answers is no container engine", "start Docker"),
        ("no body", "what answers is no container engine", "start Docker"),
        ("a half", "it hung up in the middle of its answer", "start Docker"),
        ("half a head", "it hung up in the middle of its answer", "start Docker"),
        ("a fault", "the engine refused: no space left on device", "see to what it says"),
    ],
)
@pytest.mark.parametrize("verb", ["up", "status"])
def test_an_engine_that_answers_wrongly(
    generated: Callable[[str], Path],
    command: Command,
    tmp_path: Path,
    answer: str,
    told: str,
    fix: str,
    verb: str,
) -> None:
    class Wrong(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(ANSWERS[answer])

    repo, place = generated('name = "w"\n'), tmp_path / "s"
    with socketserver.ThreadingUnixStreamServer(str(place), Wrong) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        ran = command(verb, "-C", repo, env={"DOCKER_HOST": f"unix://{place}"})
        server.shutdown()
    assert ran.code == 5, ran.err
    assert told in ran.err
    assert f"  at unix://{place}" in ran.err.splitlines()
    assert f"  fix: {fix}" in ran.err


def test_what_is_done_behind_our_back(
    workspace: Callable[..., Path], command: Command, make_repo: Make
) -> None:
    """Paused, with its network pruned, a cache in use, the port wanted by another clone."""
    port = free_port()
    profile = f'name = "b"\n[caches]\nx = ["/home/dev/c"]\n[[ports]]\nport = {port}\n'
    repo = workspace({"devpod.toml": profile})
    container, project = container_of(command, repo), project_of(repo)

    docker("pause", container)
    assert "fix: run `devpod-gen up`" in command("exec", "-C", repo, "--", "true").err
    assert command("up", "-C", repo).code == 0
    assert container_of(command, repo) == container
    docker("pause", container)  # and Compose has to make it anew
    (repo / "devpod.toml").write_text(f'{profile}[env]\nA = "b"\n')
    ran = command("up", "-C", repo)
    assert ran.code == 0, ran.err

    other = make_repo({"devpod.toml": profile}, "other")
    ran = command("up", "-C", other)
    assert ran.code == 7
    assert f"the port 127.0.0.1:{port} is taken by the container {project}-dev-1" in ran.err
    assert f"fix: stop that with `devpod-gen down -C {repo}`" in ran.err

    docker("stop", "--time", "1", container_of(command, repo))
    docker("network", "rm", f"{project}_default")
    ran = command("up", "-C", repo)
    assert ran.code == 0, ran.err
    assert command("down", "-C", other).code == 0

    image = json.loads(command("status", "--json", "-C", repo).out)["workspaces"][0]["image"]
    user = docker("create", "--volume", f"{project}_cache-x:/x", image, "true")
    ran = command("down", "--caches", "-C", repo)
    docker("rm", user)
    assert ran.code == 5
    assert f"the volume {project}_cache-x is used by a container" in ran.err


def test_a_step_that_speaks_as_an_engine_does(make_repo: Make, command: Command) -> None:
    """What a repo's own stack says is not taken for the client's words, nor for our recipe's."""
    words = "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"
    step = f'echo "{words}"; echo "E: Unable to locate package x"; exit 3'
    recipe = f"ARG PARENT\nFROM ${{PARENT}}\nRUN {step}\n"
    repo = make_repo(FILES | {".devpod/stacks/toy/Dockerfile": recipe})
    trust(command, repo)
    ran = command("build", "-C", repo)
    assert ran.code == 6, ran.err
    assert f"  at {repo}/.devpod/stacks/toy" in ran.err.splitlines()
    assert "fix: correct its Dockerfile" in ran.err


def container_of(command: Command, repo: Path) -> str:
    (found,) = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    return str(found["container"])


def project_of(repo: Path) -> str:
    text = (repo / ".devcontainer/.env").read_text()
    found = re.search(r"^DEVPOD_PROJECT=(.+)$", text, re.MULTILINE)
    assert found
    return found[1]
