"""Limits, held by the engine and read back from inside; caches, alone and shared."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran, docker
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse
from devpod_gen.verify.limits import limits
from devpod_gen.workspace.batch import Timed

Make = Callable[..., Path]
Command = Callable[..., Ran]

LIMITED = """\
name = "small"
[resources]
cpus = 1.5
memory = "256m"
pids = 200
shm = "128m"
"""


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_limits_are_read_back_through_every_door(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": LIMITED})
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--json", "-C", repo)
    found = {(c["door"], c["id"]): (c["ok"], c["detail"]) for c in json.loads(ran.out)["checks"]}
    for door in ("compose", "ssh", "devcontainer"):
        assert found[door, "limit:cpus"] == (True, "1.5")
        assert found[door, "limit:memory"] == (True, "268435456")
        assert found[door, "limit:pids"] == (True, "200")
        assert found[door, "limit:shm"] == (True, "134217728")


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_workspace_that_was_killed_for_memory_says_so(workspace: Make, command: Command) -> None:
    repo = workspace({"devpod.toml": 'name = "small"\n[resources]\nmemory = "64m"\n'})
    container = json.loads(command("status", "--json", "-C", repo).out)["workspaces"][0]
    eater = "perl -e '$x .= \"x\" x 1e6 while 1'"
    # As the workspace's own command: with it the workspace ends, and so may whoever says so.
    words = ["docker", "exec", "-u", "root", container["container"], "sh", "-c", f"{eater}; kill 1"]
    subprocess.run(words, check=False, capture_output=True)
    docker("wait", container["container"])
    ran = command("exec", "-C", repo, "--", "true")
    assert (ran.code, "it was killed for memory" in ran.err) == (7, True), ran.err
    assert "killed for memory" in command("status", "-C", repo).out


@pytest.mark.parametrize(
    ("said", "verdicts"),
    [
        ("", {None}),  # no such file: that is no pass
        ("max", {False}),
        ("-1", {False}),
        ("max 100000", {False}),
        ("-1 100000", {False}),
        ("9223372036854771712", {False}),  # version 1, without a limit
    ],
)
def test_a_limit_that_is_not_held_is_found(said: str, verdicts: set[bool | None]) -> None:
    plan = resolve(parse(LIMITED.encode(), "devpod.toml"), (), folder_name="small")
    judged = [look.judge([Timed(0, said, 0.0)])[0] for look in limits(plan)]
    assert len(judged) == 4
    assert set(judged) == verdicts


def test_limits_of_both_versions_are_understood() -> None:
    plan = resolve(parse(LIMITED.encode(), "devpod.toml"), (), folder_name="small")
    said = ("150000 100000", "268435456", "200", "134217728")
    for look, text in zip(limits(plan), said, strict=True):
        assert look.judge([Timed(0, f"{text}\n", 0.0)])[0] is True


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_gpu_that_is_not_there(make_repo: Make, command: Command) -> None:
    """No machine that builds this has one: that one is given is not proven."""
    repo = make_repo({"devpod.toml": 'name = "gpu"\n[resources]\ngpus = 1\n'})
    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert "error: the engine has no GPU to give" in ran.err


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_what_a_cache_holds_is_said_before_it_goes(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": 'name = "full"\n[caches]\nx = ["/home/dev/.cache/x"]\n'})
    assert command("up", "-C", repo).code == 0
    fill = "head -c 5000000 /dev/urandom >/home/dev/.cache/x/f"
    assert command("exec", "-C", repo, "--", "sh", "-c", fill).code == 0
    ran = command("down", "--caches", "-C", repo)
    assert "_cache-x: 5.0 MB\n" in ran.err
    assert "_cache-x" in ran.out


@pytest.mark.engine
def test_a_shared_cache_is_one_and_outlives_its_users(make_repo: Make, command: Command) -> None:
    volume = "devpod-gen-cache-test-shared"
    profile = '[caches]\ntest-shared = { folders = ["/home/dev/.cache/s"], shared = true }\n'
    one, two = (make_repo({"devpod.toml": profile}, name) for name in ("one", "two"))
    try:
        assert command("up", "-C", one).code == 0
        assert command("exec", "-C", one, "--", "touch", "/home/dev/.cache/s/kept").code == 0
        # verify starts and removes workspaces of its own beside it.
        assert command("verify", "-C", one).code == 0
        assert command("down", "--caches", "-C", one).code == 0
        ran = command("up", "-C", two)
        assert ran.code == 0, ran.err
        assert command("exec", "-C", two, "--", "ls", "/home/dev/.cache/s").out == "kept\n"
        assert command("exec", "-C", two, "--", "touch", "/home/dev/.cache/s/ours").code == 0
        assert command("down", "--caches", "-C", two).code == 0
        assert docker("volume", "ls", "-q", "--filter", f"name={volume}") == volume
        # gc knows it: no workspace is left that shares it.
        found = json.loads(command("gc", "--caches", "--dry-run", "--json").out)["leftovers"]
        assert [one["why"] for one in found if one["name"] == volume] == ["no container shares it"]
    finally:
        docker("volume", "rm", volume)
