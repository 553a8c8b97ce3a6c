"""Dotfiles: a real Makefile and GNU stow, a real git, and nothing of the user's lost."""

import http.server
import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, tree
from devpod_gen.engine.command import Result
from devpod_gen.errors import HostError
from devpod_gen.plan.dotfiles import resolve_dotfiles
from devpod_gen.profile.dotfiles import Dotfiles
from devpod_gen.workspace.archive import pack
from devpod_gen.workspace.dotfiles import folder_of, outcome
from test_environment import checks, happened, verified
from test_workspace import client

Make = Callable[..., Path]
Command = Callable[..., Ran]
Inside = Callable[[str], str]

PROFILE = {"devpod.toml": 'name = "dots"\n[[probe]]\nrun = "test -L ~/.zshrc"\n'}
PLAIN = {"devpod.toml": 'name = "dots"\n'}
FILES = {
    "Makefile": "apply:\n\techo run >>$(HOME)/runs\n\tstow --no-folding zsh git\n",
    "zsh/.zshrc": "alias hi='echo hi'\n",
    "git/.config/git/config": '[user]\n\tname = "Me"\n',
    ".git/config": "[core]\n",
}


@pytest.fixture
def dotfiles(tmp_path: Path) -> Path:
    """The user's folder of dotfiles on the host."""
    folder = tmp_path / "dotfiles"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.fixture
def own(policy: Path) -> Callable[[str], Path]:
    """The user's own config, with these lines under [dotfiles]."""
    path = policy.with_name("config.toml")

    def write(lines: str) -> Path:
        path.write_text(f"[dotfiles]\n{lines}\n")
        return path

    return write


def inside(command: Command, repo: Path) -> Inside:
    def run(script: str) -> str:
        ran = command("exec", "-C", repo, "--", "sh", "-c", script)
        assert ran.code == 0, ran.err
        return ran.out

    return run


def up(command: Command, repo: Path) -> tuple[dict[str, object], str]:
    """What `up` says of the dotfiles, as JSON and to people."""
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)["dotfiles"]
    return found, ran.err


def test_a_folder_is_packed_the_same_anywhere(dotfiles: Path, tmp_path: Path) -> None:
    (dotfiles / "link").symlink_to("/etc/shadow")
    first = pack(dotfiles)
    assert b"[core]" not in first  # .git stays at home
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(dotfiles), str(copy)], check=True)
    assert pack(copy) == first
    (copy / "zsh/.zshrc").write_text("other")
    assert pack(copy) != first


def test_a_profile_does_not_reach_for_the_host(tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    (repo / "in").mkdir(parents=True)
    (repo / "out").symlink_to(tmp_path)

    def of(path: str) -> Path:
        plan = resolve_dotfiles(Dotfiles(path=path), file="devpod.toml")
        assert plan
        return folder_of(plan, repo)

    assert of("in") == repo / "in"
    with pytest.raises(HostError, match="lead out of the repo"):
        of("out/dotfiles")


def test_a_branch_is_said_to_be_unpinned() -> None:
    dotfiles = Dotfiles(repo="https://h/r", ref="main")
    plan = resolve_dotfiles(dotfiles, file="config.toml")
    assert plan
    told = outcome(plan, Result(0, "devpod: commit 0123abc\n", ""))
    assert told.detail == "applied; not pinned, now at 0123abc"


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('path = "dotfiles"', "::dotfiles.path: must begin with / or ~/"),
        ('repo = "ssh://git@h/r"', "::dotfiles.repo: must be an https:// address without a user"),
        ('repo = "http://h/r"', "::dotfiles.repo: anyone on the way can change it"),
        ('path = "/x"\nref = "main"', "::dotfiles.ref: has no effect without repo"),
        ('path = "/x"\ncommand = true', "::dotfiles.command: must be a command, or false for none"),
        ('path = "/x"\n[tools]\ngo = "1"', "::tools: belongs in a profile"),
        ("path = ", "is not TOML"),
    ],
)
def test_an_own_config_that_is_wrong(
    own: Callable[[str], Path], make_repo: Make, cli: Command, lines: str, told: str
) -> None:
    path = own(lines)
    ran = cli("up", "-C", make_repo(PLAIN))
    assert ran.code == 2
    assert f"at {path}" in ran.err
    assert told in ran.err


def test_emitted_files_do_not_know_the_users(
    own: Callable[[str], Path], make_repo: Make, cli: Command
) -> None:
    repo = make_repo(PLAIN)
    assert cli("generate", "-C", repo).code == 0
    before = tree(repo)
    own('path = "~/secret-place"')
    assert cli("generate", "-C", repo).code == 0
    assert tree(repo) == before


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_folder_of_the_host(
    own: Callable[[str], Path], dotfiles: Path, workspace: Make, command: Command
) -> None:
    own(f'path = "{dotfiles}"')
    repo = workspace(PROFILE)  # its probe holds: they were applied before
    run = inside(command, repo)
    assert run("readlink ~/.zshrc ~/.config/git/config; cat ~/runs; git config user.name") == (
        ".dotfiles/zsh/.zshrc\n../../.dotfiles/git/.config/git/config\nrun\nMe\n"
    )
    assert up(command, repo)[0] == {"ok": True, "detail": "applied already"}
    assert run("cat ~/runs") == "run\n"

    # A change on the host, and one inside that would be lost by it.
    (dotfiles / "zsh/.zshrc").write_text("alias ho='echo ho'\n")
    run("echo '# mine' >>~/.dotfiles/git/.config/git/config")
    told, err = up(command, repo)
    assert told == {"ok": True, "detail": "applied\nkept /home/dev/.dotfiles.old1"}
    assert "kept /home/dev/.dotfiles.old1" in err
    assert run("cat ~/runs ~/.zshrc; tail -n 1 ~/.dotfiles.old1/git/.config/git/config") == (
        "run\nrun\nalias ho='echo ho'\n# mine\n"
    )
    # One more on the host alone: nothing is kept, since nothing would be lost.
    (dotfiles / "zsh/.zshrc").write_text("alias hu='echo hu'\n")
    assert up(command, repo)[0] == {"ok": True, "detail": "applied"}
    assert run("ls -d ~/.dotfiles*") == "/home/dev/.dotfiles\n/home/dev/.dotfiles.old1\n"


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_what_stands_in_the_way(
    own: Callable[[str], Path], dotfiles: Path, workspace: Make, command: Command
) -> None:
    """It is named and stays, the workspace can be entered, and the next `up` tries again."""
    config = own(f'path = "{dotfiles}"')
    hidden = config.rename(config.with_suffix(".off"))
    repo = workspace(PLAIN)
    run = inside(command, repo)
    run("echo precious >~/.zshrc")
    hidden.rename(config)
    told, err = up(command, repo)
    assert told["ok"] is False
    assert str(told["detail"]).startswith("in the way, and left as it is: ~/.zshrc\n")
    assert "warning: the dotfiles are not applied: in the way" in err
    assert run("cat ~/.zshrc; test ! -e ~/.config/git/config") == "precious\n"

    run("rm ~/.zshrc")
    shell = subprocess.run(
        [str(COMMAND), "shell", "-C", str(repo)],
        input="readlink ~/.zshrc\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == ".dotfiles/zsh/.zshrc\n"

    (dotfiles / "Makefile").write_text("apply:\n\techo broken >&2; sleep 60\n")
    own(f'path = "{dotfiles}"\ntimeout = 2')
    told, _ = up(command, repo)
    assert told["ok"] is False
    assert str(told["detail"]).startswith("they took over 2 s")


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_of_a_container_that_the_client_started(
    own: Callable[[str], Path], dotfiles: Path, make_repo: Make, command: Command
) -> None:
    """The next shell has them. In verify they are a check."""
    repo = make_repo(PLAIN)
    own(f'path = "{dotfiles}"')
    assert command("generate", "-C", repo).code == 0
    try:
        client("up", repo=repo)
        shell = [str(COMMAND), "shell", "-C", str(repo)]
        said = subprocess.run(shell, input=b"readlink ~/.zshrc\n", capture_output=True, check=True)
        assert said.stdout == b".dotfiles/zsh/.zshrc\n"
    finally:
        assert command("down", "--caches", "-C", repo).code == 0
    report = verified(command, repo)
    assert checks(report, "compose")["dotfiles"]["detail"] == "applied; 2 links into ~/.dotfiles"
    assert happened(report)["dotfiles"] > 0
    (dotfiles / "Makefile").write_text("other:\n")
    report = verified(command, repo, code=1)
    assert "`make apply` ended with 2" in checks(report, "compose")["dotfiles"]["detail"]


@pytest.fixture
def served(tmp_path: Path, engine: None) -> Iterator[tuple[str, str, str]]:  # noqa: ARG001
    """A git repo on the web, as a container sees this host; its first and last commit."""
    work, bare = tmp_path / "work", tmp_path / "web" / "dots.git"
    git = ["git", "-C", str(work), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(work)], check=True)
    commits = []
    for text in ("alias one=1\n", "alias two=2\n"):
        for name, content in (FILES | {"zsh/.zshrc": text}).items():
            if not name.startswith(".git/"):
                (work / name).parent.mkdir(parents=True, exist_ok=True)
                (work / name).write_text(content)
        subprocess.run([*git, "add", "--all"], check=True)
        subprocess.run([*git, "commit", "--quiet", "--message=x"], check=True)
        told = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, check=True)
        commits.append(told.stdout.decode().strip())
    subprocess.run(["git", "clone", "--quiet", "--bare", str(work), str(bare)], check=True)
    subprocess.run(["git", "-C", str(bare), "update-server-info"], check=True)
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(bare.parent))
    gateway = docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
    with http.server.ThreadingHTTPServer((gateway, 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{gateway}:{server.server_port}/dots.git", commits[0], commits[1]
        server.shutdown()


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_git_repo_at_a_commit(
    own: Callable[[str], Path],
    served: tuple[str, str, str],
    workspace: Make,
    command: Command,
) -> None:
    url, first, last = served
    own(f'repo = "{url}"\nref = "{first}"')
    repo = workspace(PLAIN)
    run = inside(command, repo)
    assert run("cat ~/.zshrc; git -C ~/.dotfiles rev-parse HEAD") == f"alias one=1\n{first}\n"
    own(f'repo = "{url}"\nref = "{last}"')
    assert up(command, repo)[0] == {"ok": True, "detail": "applied"}
    assert run("cat ~/.zshrc; git -C ~/.dotfiles rev-parse HEAD") == f"alias two=2\n{last}\n"
    missing = "0" * 40
    own(f'repo = "{url}"\nref = "{missing}"')
    assert up(command, repo)[0] == {"ok": False, "detail": f"{url} has no {missing}"}
    assert run("cat ~/.zshrc") == "alias two=2\n"  # what was applied stays
    nowhere = url.replace("dots.git", "nowhere.git")
    own(f'repo = "{nowhere}"\nref = "{last}"')
    told, _ = up(command, repo)
    assert str(told["detail"]).startswith(f"git cannot clone {nowhere}")


def test_a_profiles_repo_needs_trust(make_repo: Make, cli: Command, policy: Path) -> None:
    """A repo's profile does not choose anyone's dotfiles unasked."""
    policy.unlink()
    repo = make_repo({"devpod.toml": '[dotfiles]\nrepo = "https://example.com/d.git"\n'})
    ran = cli("up", "-C", repo)
    assert ran.code == 3
    assert "https://example.com/d.git is cloned inside, and its code runs there" in ran.err
