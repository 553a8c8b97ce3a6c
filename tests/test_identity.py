"""Which workspace is whose, on a real engine: clones, worktrees, copies, any path."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from conftest import Ran, docker

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n', "a.txt": "a\n"}
COMMIT = ("-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "--quiet")


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *argv], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def up(command: Command, repo: Path, *argv: str) -> dict[str, object]:
    ran = command("up", "--json", "-C", repo, *argv)
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)["workspace"]
    return found


def client(repo: Path) -> str:
    """The container that the reference client comes to."""
    argv = ["devcontainer", "up", "--workspace-folder", str(repo)]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=300)
    return str(json.loads(done.stdout)["containerId"])


@pytest.fixture
def gone(command: Command) -> Iterator[Callable[[Path], Path]]:
    """Whatever the test does, these clones' workspaces are removed after it."""
    repos: list[Path] = []

    def remember(repo: Path) -> Path:
        repos.append(repo)
        return repo

    yield remember
    for repo in repos:
        if repo.exists():
            assert command("down", "--caches", "-C", repo).code == 0


@pytest.mark.campaign
def test_sixteen_repos_of_one_name(
    make_repo: Make, command: Command, gone: Callable[[Path], Path]
) -> None:
    repos = [gone(make_repo(PLAIN, f"{number}/shop")) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda repo: up(command, repo), repos))
    for key in ("id", "container", "project", "ssh_host"):
        assert len({one[key] for one in made}) == 16
    assert "shop.devpod-gen" in {one["ssh_host"] for one in made}
    for repo, one in zip(repos, made, strict=True):
        source = docker(
            "inspect",
            "-f",
            '{{range .Mounts}}{{if eq .Destination "/workspaces/shop"}}{{.Source}}{{end}}{{end}}',
            str(one["container"]),
        )
        assert source == str(repo)


@pytest.mark.parametrize("name", ["main 'q' \"d\" $x größe, a:b", "new\nline"])
def test_git_works_in_a_worktree(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path, name: str
) -> None:
    repo = gone(make_repo(PLAIN, name))
    git(repo, "add", ".")
    git(repo, *COMMIT, "--message=first")
    tree = gone(tmp_path / f"{name} tree")
    git(repo, "worktree", "add", "--quiet", "-b", "feature/x", str(tree))
    ran = command("generate", "-C", tree)
    assert ran.code == 0, ran.err
    theirs = client(tree)  # by an IDE, before any `up`
    ours = up(command, tree)
    assert ours["container"] == theirs
    assert command("exec", "-C", tree, "--", "git", "branch", "--show-current").out == "feature/x\n"
    inside = command("exec", "-C", tree, "--", "git", *COMMIT, "--allow-empty", "--message=within")
    assert inside.code == 0, inside.err
    assert git(tree, "log", "-1", "--format=%s") == "within"
    other = up(command, repo)
    assert other["container"] != theirs
    ran = command("verify", "--json", "-C", tree)
    checks = [c for c in json.loads(ran.out)["checks"] if c["id"] == "git"]
    assert [check["ok"] for check in checks] == [True, True, True], checks


def test_a_stranger_cannot_name_a_folder_to_mount(
    command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    """`.git` is a file of the repo's: only the git folder's own word counts."""
    private = tmp_path / "private"
    (private / "worktrees" / "x").mkdir(parents=True)
    (private / "worktrees" / "x" / "commondir").write_text("../..\n")
    (private / "worktrees" / "x" / "gitdir").write_text(f"{tmp_path}/elsewhere/.git\n")
    repo = tmp_path / "evil"
    repo.mkdir()
    (repo / "devpod.toml").write_text('name = "evil"\n')
    (repo / ".git").write_text(f"gitdir: {private}/worktrees/x\n")
    container = str(up(command, gone(repo))["container"])
    mounts = json.loads(docker("inspect", "-f", "{{json .Mounts}}", container))
    assert {m["Source"] for m in mounts} == {str(repo), "/dev/null"}


def test_a_copied_clone_is_another_one(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    """With the `.env` of the first, which names the first one's project."""
    one = gone(make_repo(PLAIN, "one/shop"))
    first = up(command, one)
    two = gone(tmp_path / "two/shop")
    shutil.copytree(one, two)
    assert command("exec", "-C", two, "--", "true").code == 7
    second = up(command, two)
    assert second["container"] != first["container"]
    assert client(one) == first["container"]
    assert client(two) == second["container"]


def test_a_client_in_a_copy_takes_the_name_and_is_found_out(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    one = gone(make_repo(PLAIN, "one/shop"))
    assert command("generate", "-C", one).code == 0
    two = gone(tmp_path / "two/shop")
    shutil.copytree(one, two)
    theirs = client(two)  # no `up` and no `generate` there: Compose believes the .env
    assert command("exec", "-C", one, "--", "true").code == 7
    ran = command("up", "-C", one)
    assert ran.code == 7
    assert f"at {two}/.devcontainer" in ran.err
    assert command("down", "--caches", "-C", one).out == "there was nothing to remove\n"
    assert up(command, two)["container"] == theirs
    assert command("down", "-C", two).code == 0
    assert up(command, one)["container"] != up(command, two)["container"]


def test_generate_mends_a_copy_for_other_clients(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    one = gone(make_repo(PLAIN, "one/shop"))
    first = up(command, one)["container"]
    two = gone(tmp_path / "two/shop")
    shutil.copytree(one, two)
    assert command("generate", "-C", two).code == 0
    theirs = client(two)
    assert theirs != first
    assert up(command, two)["container"] == theirs
    assert client(one) == first


def test_a_moved_clone(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    old = make_repo(PLAIN, "old")
    before = up(command, old)
    new = gone(old.rename(tmp_path / "new"))
    after = up(command, new)
    assert after["id"] != before["id"]
    assert after["container"] != before["container"]
    assert command("exec", "-C", new, "--", "cat", "a.txt").out == "a\n"
    docker("rm", "--force", str(before["container"]))
    docker("network", "rm", f"{before['project']}_default")


def test_two_profiles_of_one_repo(
    make_repo: Make, command: Command, gone: Callable[[Path], Path]
) -> None:
    repo = gone(make_repo(PLAIN | {".devpod/ci.toml": 'name = "shop"\n'}))
    plain, named = up(command, repo), up(command, repo, "--profile", "ci")
    try:
        assert plain["container"] != named["container"]
        assert client(repo) == plain["container"]
        assert up(command, repo, "--profile", "ci")["container"] == named["container"]
    finally:
        assert command("down", "--caches", "--profile", "ci", "-C", repo).code == 0
    assert command("exec", "-C", repo, "--", "true").code == 0


def test_a_link_to_the_clone_is_the_clone(
    make_repo: Make, command: Command, gone: Callable[[Path], Path], tmp_path: Path
) -> None:
    repo = gone(make_repo(PLAIN))
    link = tmp_path / "link"
    link.symlink_to(repo)
    assert command("generate", "-C", repo).code == 0
    theirs = client(link)
    assert up(command, repo)["container"] == theirs
    assert up(command, link)["container"] == theirs


def test_data_is_for_its_owner_only(
    make_repo: Make, command: Command, gone: Callable[[Path], Path]
) -> None:
    up(command, gone(make_repo(PLAIN)))
    for path in Path(os.environ["XDG_DATA_HOME"], "devpod-gen").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0 or path.suffix == ".lock", path
