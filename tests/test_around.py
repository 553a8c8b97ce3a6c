"""What lies around in a repo has no influence: programs beside PATH's own, and what its git
settings, attributes and hooks name. Each canary leaves a file when it runs; and each does run
when git is asked plainly, else it would prove nothing.
"""

import itertools
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran
from devpod_gen.engine import gitsettings
from devpod_gen.engine.connect import client
from devpod_gen.engine.git import git
from devpod_gen.errors import EngineError, GitError
from devpod_gen.workspace import unread, worktree

Make = Callable[..., Path]
Command = Callable[..., Ran]

ME = ("-c", "user.name=t", "-c", "user.email=t@example.com")
THEN = itertools.count(1000)
NAMES = ("clean", "smudge", "process", "ssh", "helper", "askpass", "fsmonitor", "hook")


class Trap:
    """A repo whose every setting is a canary, and where they leave their marks."""

    def __init__(self, folder: Path) -> None:
        self.repo, self.marks = folder / "shop", folder / "marks"
        self.marks.mkdir()
        subprocess.run(["git", "init", "--quiet", "--initial-branch=main", self.repo], check=True)
        (self.repo / ".gitattributes").write_text("*.txt filter=x\n*.bin filter=a=b\n")
        (self.repo / "a.txt").write_text("a\n")
        self.plainly("add", ".")
        self.plainly(*ME, "commit", "--quiet", "--message=first")
        self.plainly("branch", "other")

    def plainly(self, *argv: str, ok: bool = True) -> None:
        subprocess.run(["git", "-C", self.repo, *argv], check=ok, capture_output=True, timeout=20)

    def canary(self, name: str, then: str) -> str:
        return f"touch '{self.marks}/{name}'; {then}"

    def arm(self, *only: str) -> None:
        hooks = self.repo / ".git/evil"
        hooks.mkdir(exist_ok=True)
        for hook in (hooks / "post-checkout", self.repo / ".git/hooks/post-checkout"):
            hook.write_text(f"#!/bin/sh\n{self.canary('hook', ':')}\n")
            hook.chmod(0o755)
        settings = {
            "clean": ("filter.x.clean", self.canary("clean", "cat")),
            "smudge": ("filter.x.smudge", self.canary("smudge", "cat")),
            "process": ("filter.x.process", self.canary("process", "exit 1")),
            "ssh": ("core.sshCommand", self.canary("ssh", "false")),
            "helper": ("credential.helper", f"!{self.canary('helper', ':')}"),
            "askpass": ("core.askPass", f"{self.repo}/.git/ask"),
            "fsmonitor": ("core.fsmonitor", self.canary("fsmonitor", ":")),
            "hook": ("core.hooksPath", str(hooks)),
        }
        ask = self.repo / ".git/ask"
        ask.write_text(f"#!/bin/sh\n{self.canary('askpass', 'echo x')}\n")
        ask.chmod(0o755)
        for name in only or NAMES:
            self.plainly("config", *settings[name])

    @property
    def sprung(self) -> list[str]:
        return sorted(path.name for path in self.marks.iterdir())

    def clear(self) -> None:
        for path in self.marks.iterdir():
            path.unlink()


@pytest.fixture
def trap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trap:
    """Nobody's settings but the repo's; worktrees go to a folder of the test's."""
    mine = tmp_path / "gitconfig"
    mine.write_text("")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(mine))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.delenv(name, raising=False)
    return Trap(tmp_path)


def touch(file: Path) -> None:
    """git has to look into it again: it has another time, of long ago."""
    then = next(THEN)
    os.utime(file, (then, then))


def everything(trap: Trap, ask: Callable[..., object]) -> None:
    """What makes each setting run its program, asked by `ask`."""
    shutil.rmtree(trap.repo.parent / "new", ignore_errors=True)
    touch(trap.repo / "a.txt")
    ask("status", "--porcelain")
    ask("worktree", "prune")
    ask("worktree", "add", "--quiet", str(trap.repo.parent / "new"), "other")


@pytest.mark.parametrize("name", ["clean", "smudge", "process", "fsmonitor", "hook"])
def test_no_program_of_the_repos_runs_where_it_stands(trap: Trap, name: str) -> None:
    trap.arm(name)
    everything(trap, lambda *argv: git(trap.repo, *argv))
    assert trap.sprung == []
    everything(trap, lambda *argv: trap.plainly(*argv, ok=False))
    assert name in trap.sprung


def test_nor_with_all_of_them_and_a_filter_that_is_required(trap: Trap) -> None:
    trap.arm()
    trap.plainly("config", "filter.x.required", "true")
    folder = worktree.have(trap.repo, "other", print)
    unread.complete(folder)
    (folder / "a.txt").write_text("b\n")
    assert worktree.losses(folder, lambda _: False) == ("changed a.txt",)
    worktree.remove(folder)
    assert trap.sprung == []


def test_nor_where_it_fetches(trap: Trap) -> None:
    trap.arm("ssh")
    trap.plainly("config", "remote.origin.url", "ssh://localhost:1/x")
    with pytest.raises(GitError, match="ls-remote"):
        git(trap.repo, "ls-remote", "origin", remote=True)
    assert trap.sprung == []
    trap.plainly("ls-remote", "origin", ok=False)
    assert trap.sprung == ["ssh"]


def test_nor_for_credentials_and_the_users_own_are_asked(trap: Trap, tmp_path: Path) -> None:
    trap.arm("helper", "askpass")
    query = tmp_path / "query"
    query.write_text("protocol=https\nhost=example.com\n\n")
    trap.plainly("config", "alias.ask", f"!git credential fill < {query}")
    with pytest.raises(GitError):
        git(trap.repo, "ask")
    assert trap.sprung == []
    trap.plainly("ask", ok=False)
    assert trap.sprung == ["askpass", "helper"]
    trap.clear()
    own = "!echo username=me; echo password=mine; :"
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f'[credential]\n\thelper = "{own}"\n')
    assert "password=mine" in git(trap.repo, "ask")
    assert trap.sprung == []


def test_the_users_own_filter_runs(trap: Trap) -> None:
    """As git-lfs does, whose settings are the user's."""
    trap.arm("smudge")
    own = trap.canary("own", "cat")
    Path(os.environ["GIT_CONFIG_GLOBAL"]).write_text(f'[filter "x"]\n\tsmudge = "{own}"\n')
    everything(trap, lambda *argv: git(trap.repo, *argv))
    assert trap.sprung == ["own"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("filter.a=b.smudge", "x"),
        ("core.gitProxy", "x"),
        ("remote.origin.vcs", "x"),
        ("remote.origin.uploadpack", "x"),
    ],
)
def test_what_cannot_be_left_out_is_refused(trap: Trap, key: str, value: str) -> None:
    trap.plainly("config", key, value)
    with pytest.raises(GitError, match="name programs") as caught:
        git(trap.repo, "status")
    assert key.lower() in caught.value.message


def test_settings_of_a_worktree_and_of_an_included_file_are_the_repos(trap: Trap) -> None:
    included = trap.repo / ".git/more"
    included.write_text("[core]\n\tsshCommand = evil\n")
    trap.plainly("config", "include.path", str(included))
    trap.plainly("config", "extensions.worktreeConfig", "true")
    trap.plainly("config", "--worktree", "filter.y.clean", "evil")
    told = subprocess.run(
        ["git", "-C", trap.repo, "config", "--list", "--show-scope", "-z"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = gitsettings.overrides(gitsettings.read(told.stdout))
    assert found == ("core.sshcommand=ssh", "filter.y.clean=")


def test_a_submodules_settings_run_nothing_and_its_work_is_seen(trap: Trap, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    subprocess.run(["git", "clone", "--quiet", trap.repo, inner], check=True)
    allowed = ("-c", "protocol.file.allow=always")
    trap.plainly(*allowed, "submodule", "add", "--quiet", str(inner), "sub")
    trap.plainly(*ME, "commit", "--quiet", "--message=sub")
    sub = trap.repo / "sub"
    settings = {"filter.x.clean": trap.canary("clean", "cat"), "core.fsmonitor": "false"}
    for key, value in settings.items():
        subprocess.run(["git", "-C", sub, "config", key, value], check=True)
    touch(sub / "a.txt")
    assert worktree.losses(trap.repo, lambda _: False) == ()
    assert trap.sprung == []
    (sub / "a.txt").write_text("b\n")  # of the same size: it has to be read
    assert worktree.losses(trap.repo, lambda _: False) == ("changed a.txt (in sub)",)
    assert trap.sprung == []
    touch(sub / "a.txt")
    trap.plainly("status")
    assert trap.sprung == ["clean"]


@pytest.mark.parametrize("entry", [".", "", "bin", "./bin"])
def test_a_docker_that_lies_in_the_repo_is_not_the_client(
    entry: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in (tmp_path, tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / "docker").write_text("#!/bin/sh\n")
        (folder / "docker").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", entry)
    assert shutil.which("docker") or not entry  # a plain search finds it
    client.cache_clear()
    with pytest.raises(EngineError):
        client()
    monkeypatch.setenv("PATH", os.pathsep.join((entry, str(tmp_path / "bin"))))
    assert client() == str(tmp_path / "bin/docker")
    client.cache_clear()


@pytest.mark.parametrize("entry", [".", "", "bin"])
def test_nor_is_any_other_program_of_ours(entry: str, make_repo: Make, command: Command) -> None:
    """`status` asks git; one that a search takes from the repo would leave its mark."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    for folder in (repo, repo / "bin"):
        folder.mkdir(exist_ok=True)
        for name in ("git", "docker", "ssh", "docker-compose", "op"):
            (folder / name).write_text(f"#!/bin/sh\ntouch '{repo}/stolen-{name}'\n")
            (folder / name).chmod(0o755)
    path = f"{entry}{os.pathsep}{os.environ['PATH']}"
    for argv in (("generate",), ("status", "--json"), ("down", "--branch", "x")):
        command(*argv, "-C", repo, env={"PATH": path}, cwd=repo)
    assert list(repo.glob("stolen-*")) == []
    subprocess.run(["git", "status"], cwd=repo, env=os.environ | {"PATH": path}, check=True)
    assert [path.name for path in repo.glob("stolen-*")] == ["stolen-git"]
