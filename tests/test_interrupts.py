"""Ctrl-C, SIGTERM and SIGKILL at any moment of `up`: nothing that cannot be found again."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, left_of
from waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n[caches]\nx = ["/home/dev/.cache/x"]\n'}


def begin(repo: Path, *argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(COMMAND), *argv, "-C", str(repo)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Of a shell's background jobs, and so of ours, SIGINT is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )


def state() -> set[str]:
    """Our state folder, item by item."""
    home = Path(os.environ["XDG_DATA_HOME"])
    return {str(path.relative_to(home)) for path in home.rglob("*")} - {"devpod-gen"}


LOADING = """
import os, sys
from devpod_gen.cli import app
class Finder:
    def find_spec(self, name, *_):
        if name == "devpod_gen.cli.boundary":
            os.kill(os.getpid(), NUMBER)
sys.meta_path.insert(0, Finder())
app.main()
"""
LEAVING = """
import os, signal, threading
from devpod_gen.cli import app, boundary
begun, leave = threading.Event(), boundary.leave
def strike():
    begun.wait()
    while signal.getsignal(signal.SIGTERM) != signal.SIG_DFL:  # it has been put back by then
        os.sched_yield()
    os.kill(os.getpid(), NUMBER)
    threading.Event().wait()  # whoever leaves waits for this one
def leaving(code):
    begun.set()
    leave(code)
boundary.leave = leaving
threading.Thread(target=strike).start()
app.main()
"""


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("script", [LOADING, LEAVING], ids=["while it loads", "while it leaves"])
def test_before_anything_is_begun_and_when_all_is_done(sent: signal.Signals, script: str) -> None:
    """The signal ends the process, and Python says nothing of it."""
    done = subprocess.run(
        [sys.executable, "-c", script.replace("NUMBER", str(int(sent))), "schema"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (-sent, "")


@pytest.mark.campaign
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_up_at_any_moment(make_repo: Make, command: Command, sent: signal.Signals) -> None:
    repo = make_repo(PLAIN)
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    project = json.loads(ran.out)["workspace"]["project"]
    seconds = json.loads(ran.out)["seconds_to_shell"]
    assert command("down", "--caches", "-C", repo).code == 0
    files = {path for path in repo.rglob("*") if ".git" not in path.parts}

    for moment in range(6):
        assert state() == set()
        process = begin(repo, "up")
        time.sleep((moment + 0.5) / 6 * (seconds + 0.3))
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
        assert process.returncode in (128 + sent, -sent, 0), err
        assert "Traceback" not in err
        ran = command("up", "-C", repo)
        assert ran.code == 0, f"after {moment}: {ran.err}"
        assert command("exec", "-C", repo, "--", "true").code == 0
        assert command("down", "--caches", "-C", repo).code == 0
        assert left_of([project]) == set()
        assert {path for path in repo.rglob("*") if ".git" not in path.parts} == files


@pytest.mark.campaign
def test_down_alone_clears_up_after_a_killed_up(make_repo: Make, command: Command) -> None:
    repo = make_repo(PLAIN)
    assert command("generate", "-C", repo).code == 0
    project = (repo / ".devcontainer/.env").read_text().strip().rpartition("=")[2]
    for delay in (0.2, 0.4, 0.6, 0.8, 1.2):
        process = begin(repo, "up")
        time.sleep(delay)
        process.kill()
        process.communicate(timeout=60)
        assert command("down", "--caches", "-C", repo).code == 0
        assert left_of([project]) == set()
        assert state() == set()


def test_what_a_killed_up_has_started_keeps_the_lock(make_repo: Make, command: Command) -> None:
    probe = '[[probe]]\nrun = "echo >began; sleep 3"\n'
    repo = make_repo({"devpod.toml": f'name = "shop"\n{probe}'})
    process = begin(repo, "up")
    until((repo / "began").exists, 120, "the probe did not begin")
    process.kill()
    process.communicate(timeout=60)
    ran = command("down", "--caches", "-C", repo)
    assert ran.code == 0
    assert f"waiting for `devpod-gen up`, process {process.pid}" in ran.err


@pytest.mark.campaign
def test_thirty_two_at_once_make_one(make_repo: Make, command: Command) -> None:
    repo = make_repo(PLAIN)
    processes = [begin(repo, "up", "--json") for _ in range(32)]
    answers = []
    for process in processes:
        out, err = process.communicate(timeout=500)
        assert process.returncode == 0, err
        answers.append(json.loads(out)["workspace"])
    assert len({answer["container"] for answer in answers}) == 1
    assert [answer["created"] for answer in answers].count(True) == 1
    assert command("down", "--caches", "-C", repo).code == 0
    assert state() == set()


@pytest.mark.campaign
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGKILL])
def test_while_the_image_is_built(make_repo: Make, command: Command, sent: signal.Signals) -> None:
    folder = f"/home/dev/.cache/{secrets.token_hex(8)}"  # no image is for that yet
    repo = make_repo({"devpod.toml": f'name = "shop"\n[caches]\nx = ["{folder}"]\n'})
    process = begin(repo, "up", "--verbose")
    assert process.stderr
    for line in process.stderr:
        if line.startswith("#"):  # BuildKit's
            break
    process.send_signal(sent)
    process.communicate(timeout=60)
    assert process.returncode in (128 + sent, -sent)
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    image = docker(
        "inspect", "-f", "{{.Config.Image}}", json.loads(ran.out)["workspace"]["container"]
    )
    try:
        assert command("exec", "-C", repo, "--", "test", "-w", folder).code == 0
    finally:
        assert command("down", "--caches", "-C", repo).code == 0
        docker("rmi", image)
    assert state() == set()


def test_an_interrupt_is_told(make_repo: Make, tmp_path: Path) -> None:
    """Of a command that waits for an engine which never answers."""
    repo = make_repo(PLAIN)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_HOST", f"unix://{tmp_path}/s")
            process = begin(repo, "build")
        server.settimeout(60)
        with server.accept()[0]:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, "", "interrupted\n")
