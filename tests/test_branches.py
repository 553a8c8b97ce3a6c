"""up --branch and --pr on a real engine: a workspace a branch, and no work lost."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import Ran, left_of

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

COMMIT = ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet")


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *argv], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repo(make_repo: Make, command: Command) -> Iterator[Path]:
    """A repo with a commit, whose branches' workspaces are removed afterwards."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n', "a.txt": "a\n"})
    git(repo, "add", ".")
    git(repo, *COMMIT, "--message=first")
    yield repo
    for one in json.loads(command("status", "--json", "-C", repo).out)["workspaces"]:
        assert command("down", "--caches", "--discard", "-C", one["folder"]).code == 0
    assert list(Path(os.environ["XDG_DATA_HOME"], "devpod-gen").glob("*")) == []


def up(command: Command, repo: Path, *argv: str) -> dict[str, object]:
    ran = command("up", "--json", "-C", repo, *argv)
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)["workspace"]
    return found


def test_a_branch_has_a_workspace_beside_the_repos(repo: Path, command: Command) -> None:
    hook = repo / ".git/hooks/post-checkout"
    hook.write_text(f"#!/bin/sh\ntouch {repo}/hooked\n")
    hook.chmod(0o755)
    git(repo, "branch", "feature/x")
    main, feature = up(command, repo), up(command, repo, "--branch", "feature/x")
    assert main["container"] != feature["container"]
    assert not (repo / "hooked").exists()
    told = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    assert {one["branch"]: one["worktree"] for one in told} == {
        git(repo, "branch", "--show-current"): False,
        "feature/x": True,
    }

    def inside(*argv: str) -> Ran:
        return command("exec", "--branch", "feature/x", "-C", repo, "--", *argv)

    assert inside("git", "branch", "--show-current").out == "feature/x\n"
    assert inside("sh", "-c", "echo b >b.txt; echo more >>a.txt").code == 0
    assert not (repo / "b.txt").exists()
    assert command("logs", "--branch", "feature/x", "-C", repo).code == 0

    ran = command("down", "--branch", "feature/x", "-C", repo)
    assert ran.code == 2
    assert "there is work that would be lost: 2 in all" in ran.err
    assert "  | changed a.txt\n  | new file b.txt\n" in ran.err
    assert "fix: commit and push it, or `devpod-gen down --discard`" in ran.err
    assert inside("true").code == 0

    assert inside("git", "add", ".").code == 0
    assert inside("git", *COMMIT, "--message=second").code == 0
    ran = command("down", "--branch", "feature/x", "-C", repo)
    assert ran.code == 0, ran.err
    assert left_of([str(feature["project"])]) == set()
    assert git(repo, "log", "-1", "--format=%s", "feature/x") == "second"  # the branch stays
    assert git(repo, "worktree", "list").count("\n") == 0
    assert command("exec", "--branch", "feature/x", "-C", repo, "--", "true").code == 7
    assert command("exec", "-C", repo, "--", "true").code == 0


def test_commits_of_no_branch_and_discard(repo: Path, command: Command) -> None:
    up(command, repo, "--branch", "x")
    inside = ("exec", "--branch", "x", "-C", repo, "--", "git")
    assert command(*inside, "checkout", "--quiet", "--detach").code == 0
    # On no branch now: the worktree is asked by its folder.
    (one,) = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    folder = one["folder"]
    assert command("exec", "-C", folder, "--", "git", *COMMIT, "--allow-empty", "-m", "l").code == 0
    ran = command("down", "-C", folder)
    assert ran.code == 2
    assert "of no branch" in ran.err
    assert command("down", "--discard", "-C", folder).code == 0
    assert not Path(folder).exists()


def test_the_branch_that_is_checked_out_is_the_repos_own(repo: Path, command: Command) -> None:
    current = git(repo, "branch", "--show-current")
    assert up(command, repo)["container"] == up(command, repo, "--branch", current)["container"]
    assert command("down", "--branch", current, "-C", repo).code == 0
    assert repo.exists()


@pytest.mark.parametrize(
    "name", ["-x", "--upload-pack=x", "a..b", "refs/heads/x", "a b", "@", "x\n"]
)
def test_what_is_no_branch(repo: Path, command: Command, name: str) -> None:
    ran = command("up", f"--branch={name}", "-C", repo)
    assert ran.code == 2, ran.err


@pytest.mark.parametrize("ref", ["refs/pull/12/head", "refs/merge-requests/12/head"])
def test_a_pull_request(repo: Path, command: Command, tmp_path: Path, ref: str) -> None:
    """A forge is a bare repo with such a ref."""
    forge = tmp_path / "forge.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repo), str(forge)], check=True)
    git(repo, "checkout", "--quiet", "-b", "theirs")
    (repo / "theirs.txt").write_text("t\n")
    git(repo, "add", ".")
    git(repo, *COMMIT, "--message=theirs")
    git(repo, "remote", "add", "origin", str(forge))
    git(repo, "push", "--quiet", "origin", f"HEAD:{ref}")
    git(repo, "checkout", "--quiet", "-")
    git(repo, "branch", "--quiet", "-D", "theirs")
    up(command, repo, "--pr", "12")
    ran = command("exec", "--branch", "pr/12", "-C", repo, "--", "cat", "theirs.txt")
    assert ran.out == "t\n"
    assert command("up", "--pr", "13", "-C", repo).code == 2
    assert up(command, repo, "--pr", "12")["created"] is False
    assert command("down", "--branch", "pr/12", "-C", repo).code == 0


@pytest.mark.campaign
def test_ten_branches_at_once(repo: Path, command: Command) -> None:
    names = [f"feature/{number}" for number in range(10)]
    with ThreadPoolExecutor(10) as pool:
        made = list(pool.map(lambda name: up(command, repo, "--branch", name), names))
    for key in ("id", "container", "project", "ssh_host"):
        assert len({one[key] for one in made}) == 10
    told = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    assert sorted(one["branch"] for one in told) == names
    assert {one["state"] for one in told} == {"running"}


def test_a_branch_without_a_profile(repo: Path, command: Command) -> None:
    tree = git(repo, "hash-object", "-t", "tree", "-w", "/dev/null")
    git(repo, "branch", "empty", git(repo, *COMMIT[:4], "commit-tree", "-m", "none", tree))
    ran = command("up", "--branch", "empty", "-C", repo)
    assert ran.code == 2
    assert "the branch empty has no profile" in ran.err
    assert git(repo, "worktree", "list").count("\n") == 0
