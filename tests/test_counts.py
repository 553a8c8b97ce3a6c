"""What a start asks the engine, and starts on the host: counted, since time depends on what a
machine does besides. Whoever makes a start do more sees it here, and may decide that it is
worth it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran, docker
from devpod_gen.workspace.identity import identify

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

WATCH = """
import json, os, re, sys
asked, started = [], []
def heard(event, told):
    if event == "subprocess.Popen":
        started.append(os.path.basename(told[1][0]))
sys.addaudithook(heard)
from devpod_gen.engine import plainhttp, wire
def watched(act, label):
    def wrapped(*given, **named):
        words = label(*given).split("?")[0]
        asked.append(re.sub(r"/v[0-9.]+|(?<=/)[0-9a-f]{64}|(?<=images/).*(?=/json)", "", words))
        return act(*given, **named)
    return wrapped
plainhttp.exchange = watched(plainhttp.exchange, lambda place, verb, path, *_: f"{verb} {path}")
wire.connected = watched(wire.connected, lambda path, _: f"POST {path}")
def leave(code):
    with open(os.environ["SEEN"], "w") as file:
        json.dump([asked, started], file)
    os.kill(os.getpid(), 9)
os._exit = leave
from devpod_gen.cli.app import main
main()
"""

PROFILE = """
name = "shop"
[hooks]
create = "true"
[caches]
x = ["/home/dev/.cache/x"]
[[probe]]
run = "true"
[[probe]]
run = "test -e /etc"
"""
FIRST = ["GET /_ping", "GET /images//json", "GET /containers/json"]
MADE = {
    *("POST /networks/create", "POST /volumes/create", "POST /containers/create"),
    "POST /containers//start",
}
LOOK = "GET /containers//json"
EXEC = ["POST /containers//exec", "POST /exec//start", "GET /exec//json"]


def test_one_exec_and_few_questions(
    make_repo: Callable[..., Path], command: Callable[..., Ran], tmp_path: Path
) -> None:
    repo = make_repo({"devpod.toml": PROFILE})
    container = f"{identify(repo, 'shop', '.devcontainer').project}-dev-1"

    def up() -> tuple[list[str], list[str]]:
        env = os.environ | {"SEEN": str(tmp_path / "seen")}
        words = [sys.executable, "-c", WATCH, "up", "-C", str(repo)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        assert "ready in" in done.stdout, done.stderr
        asked, started = json.loads((tmp_path / "seen").read_text())
        # How an exec ended is asked once more where it was asked too early.
        return [
            one for one, before in zip(asked, ["", *asked], strict=False) if one != before
        ], started

    try:
        up()  # the image is there, and Compose was asked for its hash
        command("down", "-C", repo)
        asked, started = up()
        assert asked[:3] == FIRST
        assert {one for one in asked if one.startswith("POST ")} == {*MADE, *EXEC[:2]}
        assert asked[-3:-1] == EXEC[:2]
        assert len(asked) <= 17
        assert len([one for one in asked if one in EXEC]) == 3
        assert sorted(started) == ["git", "sh", "ssh"]

        asked, started = up()
        assert asked == [*FIRST, LOOK, *EXEC]
        assert sorted(started) == ["git", "sh"]

        docker("stop", "--time=1", container)
        asked, started = up()
        assert asked == [*FIRST, LOOK, "POST /containers//start", *EXEC]
        assert sorted(started) == ["git", "sh"]
    finally:
        command("down", "--caches", "-C", repo)
