"""A workspace that is a clone in a volume, on a real engine: no work of it is lost."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Ran, docker, left_of

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = """name = "shop"
workspace = { path = "/work", mode = "volume" }
[caches]
x = ["/home/dev/.cache/x"]
"""
IDENTITY = ("-c", "user.name=t", "-c", "user.email=t@example.com")


def git(folder: Path, *argv: str) -> str:
    argv = ("git", "-C", str(folder), *IDENTITY, *argv)
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repo(make_repo: Make, command: Command, tmp_path: Path) -> Iterator[Path]:
    """A repo whose origin is a folder of this machine, with two branches."""
    repo = make_repo({"devpod.toml": PROFILE, "a.txt": "a\n", ".gitignore": "*.o\n"})
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message=first")
    git(repo, "branch", "other")
    origin = tmp_path / "origin 'q'.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repo), str(origin)], check=True)
    git(repo, "remote", "add", "origin", str(origin))
    yield repo
    for branch in ([], ["--branch", "other"]):
        command("down", "--caches", "--discard", *branch, "-C", repo)
    assert list(Path(os.environ["XDG_DATA_HOME"], "devpod-gen").glob("*")) == []


def up(command: Command, repo: Path, *argv: str) -> dict[str, object]:
    ran = command("up", "--json", "-C", repo, *argv)
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)["workspace"]
    return found


def test_down_loses_no_work(repo: Path, command: Command) -> None:
    made = up(command, repo)
    volume = f"{made['project']}_workspace"

    def inside(script: str) -> str:
        ran = command("exec", "-C", repo, "--", "sh", "-euc", script)
        assert ran.code == 0, ran.err
        return ran.out

    identity = " ".join(IDENTITY)
    assert inside("pwd; cat a.txt; stat -c %U a.txt .git; git status --porcelain") == (
        "/work\na\ndev\ndev\n"
    )
    inside("echo b >mine.txt")
    assert not (repo / "mine.txt").exists()
    inside(f"echo changed >a.txt; git {identity} stash --quiet; echo again >>a.txt; touch x.o")
    inside(f"git checkout --quiet -b work; git {identity} commit --quiet --allow-empty -m mine")
    docker("stop", str(made["container"]))
    ran = command("down", "-C", repo)
    assert ran.code == 2
    assert f"at volume {volume}" in ran.err
    lines = [line.strip().removeprefix("| ") for line in ran.err.splitlines()]
    assert "changed a.txt" in lines
    assert "new file mine.txt" in lines
    assert any(line.startswith("stash: ") for line in lines)
    assert any(line.startswith("commit ") and line.endswith(" mine") for line in lines)
    assert not any("x.o" in line for line in lines)  # it is ignored: made anew by a build

    docker("rm", str(made["container"]))  # by hand: the volume is still looked into
    assert command("down", "-C", repo).code == 2
    assert up(command, repo)["created"] is True
    assert inside("cat mine.txt") == "b\n"
    assert command("down", "--discard", "-C", repo).code == 0
    assert left_of([str(made["project"])]) == {f"volume {made['project']}_cache-x"}


def test_clean_one_goes_without_a_question(repo: Path, command: Command) -> None:
    project = str(up(command, repo)["project"])
    ran = command("down", "--caches", "-C", repo)
    assert (ran.code, left_of([project])) == (0, set())
    assert f"volume {project}_workspace" in ran.out


def test_a_branch_has_its_own_clone(repo: Path, command: Command) -> None:
    one, other = up(command, repo), up(command, repo, "--branch", "other")
    assert one["container"] != other["container"]
    ran = command("exec", "--branch", "other", "-C", repo, "--", "git", "branch", "--show-current")
    assert ran.out == "other\n"
    told = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    assert {(w["mode"], w["branch"]) for w in told} == {("volume", None), ("volume", "other")}
    assert command("down", "--caches", "--branch", "other", "-C", repo).code == 0
    assert command("exec", "-C", repo, "--", "true").code == 0


def test_the_reference_client_clones_too(repo: Path, command: Command) -> None:
    assert command("build", "-C", repo).code == 0
    assert command("generate", "-C", repo).code == 0
    argv = ["devcontainer", "up", "--workspace-folder", str(repo)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert up(command, repo)["container"] == json.loads(done.stdout)["containerId"]
    assert command("exec", "-C", repo, "--", "cat", "a.txt").out == "a\n"


def test_verify_of_a_volume(repo: Path, command: Command) -> None:
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--json", "-C", repo)
    assert ran.code == 0, ran.out
    checks = [c for c in json.loads(ran.out)["checks"] if c["id"] in ("repo", "git")]
    assert len(checks) == 6
    assert all(check["ok"] for check in checks), checks


def test_what_cannot_be_cloned(make_repo: Make, command: Command) -> None:
    bad = 'clone = "https://127.0.0.1:1/nobody/none.git"'
    repo = make_repo({"devpod.toml": PROFILE.replace('mode = "volume"', f'mode = "volume", {bad}')})
    try:
        ran = command("up", "-C", repo)
        assert ran.code == 7
        assert "cannot clone https://127.0.0.1:1/nobody/none.git" in ran.err
    finally:
        assert command("down", "--caches", "-C", repo).code == 0  # nothing is in it
