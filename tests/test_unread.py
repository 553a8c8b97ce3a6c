"""`up --branch` and `--pr`: of a branch, only its profile is there before that is trusted."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran
from devpod_gen.workspace import unread, worktree

Make = Callable[..., Path]
Command = Callable[..., Ran]

ME = ("-c", "user.name=t", "-c", "user.email=t@example.com")
ASKS = 'name = "shop"\n[hooks]\ncreate = "make evil"\n'


def git(folder: Path, *argv: str) -> str:
    done = subprocess.run(
        ["git", *ME, "-C", str(folder), *argv], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture
def repo(make_repo: Make, tmp_path: Path, policy: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repo whose branch `new` asks for more, has a large file by the user's own filter, a
    link in the place of a profile's file, and a submodule."""
    policy.unlink()
    mine = tmp_path / "gitconfig"
    mine.write_text(f'[filter "lfs"]\n\tsmudge = "touch {tmp_path}/smudged; cat"\n')
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(mine))
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    git(repo, "add", ".")
    git(repo, "commit", "--quiet", "--message=first")
    git(repo, "switch", "--quiet", "--create", "new")
    files = {"devpod.toml": ASKS, ".gitattributes": "*.bin filter=lfs\n", "big.bin": "x\n"}
    for name, text in files.items():
        (repo / name).write_text(text)
    (repo / ".devpod").mkdir()
    (repo / ".devpod/x.toml").symlink_to("/etc/passwd")
    (repo / ".devpod/other.toml").write_text('name = "other"\n')
    (repo / ".lfsconfig").write_text("[lfs]\n\turl = https://evil.example\n")
    git(repo, "add", ".")
    git(repo, "update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},.devpod/sub")
    git(repo, "commit", "--quiet", "--message=second")
    git(repo, "switch", "--quiet", "--force", "-")
    (tmp_path / "smudged").unlink(missing_ok=True)
    return repo


def there(folder: Path) -> set[str]:
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if not p.is_dir()}


def test_it_asks_before_it_checks_out(repo: Path, cli: Command, tmp_path: Path) -> None:
    ran = cli("up", "--json", "--branch", "new", "-C", repo)
    assert ran.code == 3, ran.err
    folder = worktree.place(repo, "new")
    assert there(folder) == {".git", "devpod.toml", ".devpod/other.toml"}
    assert not (tmp_path / "smudged").exists()
    fix = json.loads(ran.out)["error"]["fix"]
    assert "make evil" in ran.out
    command = fix.split("`")[1].split()
    assert command[:3] == ["devpod-gen", "trust", "--yes"]
    assert command[-2:] == ["-C", str(folder)]
    assert cli("up", "--branch", "new", "-C", repo).code == 3  # and asks again
    assert cli(*command[1:]).code == 0
    unread.complete(folder)
    assert {"big.bin", "devpod.toml", ".devpod/x.toml"} <= there(folder)
    assert (tmp_path / "smudged").exists()
    assert not unread.is_unread(folder)
    assert worktree.losses(folder, lambda _: False) == ()


def test_the_data_folder_may_be_a_link(
    repo: Path, cli: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A repo is known by its folder with links resolved, and so is a worktree of ours."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "link"))
    assert cli("up", "--branch", "new", "-C", repo).code == 3
    folder = worktree.place(repo, "new")
    assert folder == folder.resolve()
    assert unread.is_unread(folder)
    assert worktree.is_ours(folder)


def test_what_was_refused_leaves_no_work_behind(repo: Path, cli: Command) -> None:
    assert cli("up", "--branch", "new", "-C", repo).code == 3
    folder = worktree.place(repo, "new")
    assert worktree.losses(folder, lambda _: False) == ()
    worktree.remove(folder)
    assert list(Path(os.environ["XDG_DATA_HOME"]).rglob("*")) == []


def test_a_repo_of_the_users_is_never_taken_for_one(repo: Path) -> None:
    (repo.parent / "not-checked-out").touch()
    assert not unread.is_unread(repo)


@pytest.mark.parametrize("name", ["../x", ".devpod/.git/config", ".devpod/.GIT/config", "a/../b"])
def test_names_that_git_itself_would_not_check_out(name: str) -> None:
    assert not unread._is_plain(name)
