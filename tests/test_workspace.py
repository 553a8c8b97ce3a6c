"""up, shell, exec, down on a real engine: one workspace for every door."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pexpect
import pytest

from conftest import COMMAND, Ran, docker, left_of
from devpod_gen.errors import Busy
from devpod_gen.workspace.identity import identify
from devpod_gen.workspace.lock import held

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n[caches]\nx = ["/home/dev/.cache/x"]\n', "src/a.txt": "a\n"}


def up(command: Command, repo: Path) -> dict[str, object]:
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    found: dict[str, object] = json.loads(ran.out)["workspace"]
    return found


def client(*argv: str, repo: Path) -> str:
    """The reference client."""
    done = subprocess.run(
        ["devcontainer", argv[0], "--workspace-folder", str(repo), *argv[1:]],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return done.stdout


def test_up_twice_is_one_workspace(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN)
    first, second = up(command, repo), up(command, repo)
    assert second["container"] == first["container"]
    assert second["created"] is False


def test_many_at_once_make_one(make_repo: Make, command: Command) -> None:
    repo = make_repo(PLAIN)
    assert command("generate", "-C", repo).code == 0
    started = [
        subprocess.Popen(
            [str(COMMAND), "up", "--json", "-C", str(repo)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    answers = [json.loads(process.communicate(timeout=300)[0]) for process in started]
    assert [process.returncode for process in started] == [0] * 8
    assert len({answer["workspace"]["container"] for answer in answers}) == 1
    assert [answer["workspace"]["created"] for answer in answers].count(True) == 1
    assert command("down", "--caches", "-C", repo).code == 0


def test_any_path_will_do(make_repo: Make, command: Command) -> None:
    repo = make_repo(PLAIN, "My Repo $HOME 'q' \"d\" größe, a:b %h #x")
    try:
        ours = up(command, repo)["container"]
        assert command("exec", "-C", repo, "--", "cat", "src/a.txt").out == "a\n"
        assert json.loads(client("up", repo=repo))["containerId"] == ours
    finally:
        assert command("down", "--caches", "-C", repo).code == 0


def test_busy_names_the_holder(make_repo: Make) -> None:
    identity = identify(make_repo(PLAIN), "shop", ".devcontainer")
    with (
        held(identity, "up"),
        pytest.raises(Busy, match=f"by `devpod-gen up`, process {os.getpid()}"),
        held(identity, "down", patience=0.1),
    ):
        pass
    with held(identity, "down", patience=0.1):
        pass


def test_a_stopped_one_is_started_in_place(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN)
    before = str(up(command, repo)["container"])
    docker("stop", before)
    again = up(command, repo)
    assert (again["container"], again["created"]) == (before, False)
    assert command("exec", "-C", repo, "--", "true").code == 0


def test_a_changed_profile_makes_it_anew_an_ide_change_does_not(
    workspace: Make, command: Command
) -> None:
    repo = workspace(PLAIN)
    profile, before = repo / "devpod.toml", up(command, repo)["container"]
    profile.write_text(f'{PLAIN["devpod.toml"]}[ide.vscode]\nextensions = ["a.b"]\n')
    assert up(command, repo)["container"] == before
    profile.write_text(f'{PLAIN["devpod.toml"]}[env]\nCOLOUR = "green"\n')
    assert up(command, repo)["container"] != before
    assert command("exec", "-C", repo, "--", "printenv", "COLOUR").out == "green\n"


def test_down_removes_all_but_the_caches(make_repo: Make, command: Command) -> None:
    repo = make_repo(PLAIN)
    project = str(up(command, repo)["project"])
    command("exec", "-C", repo, "--", "touch", "/home/dev/.cache/x/kept")
    data = Path(os.environ["XDG_DATA_HOME"], "devpod-gen")
    assert list(data.iterdir())
    ran = command("down", "-C", repo)
    assert ran.out.startswith("removed container shop-")
    assert left_of([project]) == {f"volume {project}_cache-x"}
    assert not list(data.iterdir())

    up(command, repo)
    assert command("exec", "-C", repo, "--", "ls", "/home/dev/.cache/x").out == "kept\n"
    assert command("down", "-C", repo).code == 0
    assert command("down", "--caches", "-C", repo).out == f"removed volume {project}_cache-x\n"
    assert left_of([project]) == set()
    assert command("down", "-C", repo).out == "there was nothing to remove\n"


def test_down_and_exec_work_with_a_broken_profile(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN)
    (repo / "devpod.toml").write_text("nope = [")
    assert command("exec", "-C", repo, "--", "true").code == 0
    assert command("down", "--caches", "-C", repo).out.startswith("removed container")
    (repo / "devpod.toml").write_text(PLAIN["devpod.toml"])


def test_down_without_the_emitted_files(make_repo: Make, command: Command) -> None:
    """They were deleted, and a compose file of the repo's own is not taken for them."""
    own = "name: other\nservices:\n  dev:\n    image: x\n"
    repo = make_repo(PLAIN | {"compose.yaml": own})
    up(command, repo)
    shutil.rmtree(repo / ".devcontainer")
    ran = command("down", "--caches", "-C", repo, cwd=repo)
    assert [word.split("-")[0] for word in ran.out.split(", ")] == [
        "removed container shop",
        "network shop",
        "volume shop",
    ]


def test_a_committed_env_file_is_not_believed(
    workspace: Make, make_repo: Make, command: Command
) -> None:
    """It could name the project of another repo, and `down` would remove that."""
    victim = workspace(PLAIN, "victim")
    theirs = up(command, victim)
    stranger = make_repo(
        PLAIN | {".devcontainer/.env": (victim / ".devcontainer/.env").read_text()}, "stranger"
    )
    assert command("exec", "-C", stranger, "--", "true").code == 7
    assert command("down", "--caches", "-C", stranger).out == "there was nothing to remove\n"
    assert up(command, victim)["container"] == theirs["container"]


def test_exec_passes_streams_arguments_and_codes(workspace: Make) -> None:
    repo = workspace(PLAIN)
    base = [str(COMMAND), "exec", "-C", str(repo), "--"]
    done = subprocess.run([*base, "cat"], input=b"\x00\xff\n", capture_output=True, check=True)
    assert done.stdout == b"\x00\xff\n"
    done = subprocess.run(
        [*base, "printf", "%s|", "a b", "$HOME", "*", ""], capture_output=True, check=True
    )
    assert done.stdout == b"a b|$HOME|*||"
    assert subprocess.run([*base, "sh", "-c", "exit 37"], check=False).returncode == 37
    missing = subprocess.run([*base, "no-such"], capture_output=True, check=False)
    assert missing.returncode in (126, 127)  # engines differ
    done = subprocess.run([*base, "pwd"], capture_output=True, check=True, cwd=repo / "src")
    assert done.stdout == b"/workspaces/shop/src\n"


def test_exec_without_a_workspace(make_repo: Make, command: Command) -> None:
    ran = command("exec", "-C", make_repo(PLAIN), "--", "true")
    assert ran.code == 7
    assert "fix: run `devpod-gen up`" in ran.err


def test_shell_in_a_real_terminal(workspace: Make) -> None:
    repo = workspace(PLAIN)
    shell = pexpect.spawn(
        str(COMMAND), ["shell", "-C", str(repo)], cwd=repo / "src", dimensions=(30, 99), timeout=30
    )
    shell.expect("shop")  # the prompt names the workspace
    shell.sendline("echo $0:$(pwd):$(stty size)")
    shell.expect("zsh:/workspaces/shop/src:30 99")
    shell.setwinsize(40, 120)
    shell.sendline("sleep 0.3; stty size")
    shell.expect("40 120")
    shell.sendline("sh -c 'echo begun; exec sleep 60'")
    shell.expect("begun\r")  # the echo of the command line has no line end there
    shell.sendintr()
    shell.sendline("echo back-$?")
    shell.expect("back-130")
    shell.sendline("exit 5")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 5


def test_shell_in_tmux_is_found_again(workspace: Make) -> None:
    """Colours, and the end of input, too."""
    repo = workspace(PLAIN)
    env = os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}

    def shell(*options: str) -> "pexpect.spawn[bytes]":
        argv = ["shell", *options, "-C", str(repo)]
        return pexpect.spawn(str(COMMAND), argv, dimensions=(30, 99), timeout=30, env=env)

    plain = shell()
    plain.expect("shop")
    plain.sendline("echo $COLORTERM-$(tput colors)")
    plain.expect("truecolor-256")
    plain.expect("shop")
    plain.sendeof()
    plain.expect(pexpect.EOF)

    first = shell("--tmux")
    first.expect("shop")
    first.sendline("kept=$((6 * 7)); stty size; echo $0")
    first.expect("29 99")  # a line of tmux's own
    first.expect("zsh")
    first.sendcontrol("b")
    first.send("d")
    first.expect("detached")
    first.expect(pexpect.EOF)
    again = shell("--tmux")
    again.sendline("echo still-$kept")
    again.expect("still-42")
    again.sendline("exit")
    again.expect("exited")
    again.expect(pexpect.EOF)


def test_the_reference_client_attaches_to_ours(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN)
    ours = up(command, repo)["container"]
    assert json.loads(client("up", repo=repo))["containerId"] == ours
    assert client("exec", "id", "-un", repo=repo).strip() == "dev"
    assert up(command, repo)["container"] == ours


def test_ours_attaches_to_the_reference_clients(make_repo: Make, command: Command) -> None:
    """In a fresh clone, where nothing has written the machine-local .env yet, the client is
    told what to do: by a name of all such clones it would come to another one's container."""
    repo = make_repo(PLAIN)
    assert command("generate", "-C", repo).code == 0
    env_file = repo / ".devcontainer/.env"
    text = env_file.read_text()
    env_file.unlink()
    with pytest.raises(subprocess.CalledProcessError) as refused:
        client("up", repo=repo)
    assert "this clone has no workspace yet, run devpod-gen up" in refused.value.stderr
    env_file.write_text(text)
    theirs = json.loads(client("up", repo=repo))["containerId"]
    try:
        assert up(command, repo)["container"] == theirs
        assert command("exec", "-C", repo, "--", "pwd").out == "/workspaces/shop\n"
    finally:
        assert command("down", "--caches", "-C", repo).code == 0


def test_two_clones_have_two_workspaces(workspace: Make, command: Command, tmp_path: Path) -> None:
    one = workspace(PLAIN, "one/shop")
    two = workspace(PLAIN, "two/shop")
    first, second = up(command, one), up(command, two)
    assert first["container"] != second["container"]
    assert first["ssh_host"] != second["ssh_host"]
    command("exec", "-C", one, "--", "touch", "mark")
    assert (tmp_path / "one/shop/mark").exists()
    assert not (tmp_path / "two/shop/mark").exists()


def test_the_repos_own_files_do_not_steer_compose(make_repo: Make, command: Command) -> None:
    evil = "services:\n  dev:\n    privileged: true\n"
    repo = make_repo(
        PLAIN
        | {
            ".env": "COMPOSE_FILE=evil.yaml\nCOMPOSE_PROJECT_NAME=evil\n",
            "evil.yaml": evil,
            "compose.override.yaml": evil,
            ".devcontainer/compose.override.yaml": evil,
            "docker": "#!/bin/sh\ntouch stolen\n",
        }
    )
    (repo / "docker").chmod(0o755)
    env = {"COMPOSE_FILE": str(repo / "evil.yaml"), "PATH": f".:{os.environ['PATH']}"}
    ran = command("up", "--json", "-C", repo, env=env, cwd=repo)
    try:
        container = json.loads(ran.out)["workspace"]["container"]
        assert docker("inspect", "-f", "{{.HostConfig.Privileged}}", container) == "false"
        assert not (repo / "stolen").exists()
    finally:
        command("down", "--caches", "-C", repo)


def test_what_the_profile_asks_for_is_what_runs(workspace: Make, command: Command) -> None:
    profile = (
        'name = "shop"\nshell = "bash"\n[env]\nTRICKY = "a$b ${HOME} \'q\' \\"d\\" \\\\"\n'
        '[resources]\ncpus = 0.5\nmemory = "256m"\npids = 200\nshm = "32m"\n'
        "[[ports]]\nport = 18081\n"
    )
    repo = workspace({"devpod.toml": profile})
    container = str(up(command, repo)["container"])
    told = docker(
        "inspect",
        "-f",
        "{{with .HostConfig}}{{.NanoCpus}} {{.Memory}} {{.PidsLimit}} {{.ShmSize}} "
        "{{json .PortBindings}}{{end}}",
        container,
    )
    ports = '{"18081/tcp":[{"HostIp":"127.0.0.1","HostPort":"18081"}]}'
    assert told == f"500000000 268435456 200 33554432 {ports}"
    assert command("exec", "-C", repo, "--", "printenv", "TRICKY").out == (
        "a$b ${HOME} 'q' \"d\" \\\n"
    )
    assert command("exec", "-C", repo, "--", "sh", "-c", "getent passwd dev").out.endswith(
        ":/bin/bash\n"
    )


def test_ssh(workspace: Make, command: Command, tmp_path: Path) -> None:
    """OpenSSH through the engine's exec: no port, the host's key pinned, keys for one life."""
    tricky = """a 'b' "c" $d \\ `e`"""
    profile = f"{PLAIN['devpod.toml']}[env]\nTRICKY = {json.dumps(tricky)}\n"
    repo = workspace(PLAIN | {"devpod.toml": profile})
    host = str(up(command, repo)["ssh_host"])
    (config,) = Path(os.environ["XDG_DATA_HOME"]).glob("devpod-gen/*/ssh_config")
    ssh = ["ssh", "-F", str(config), "-o", "BatchMode=yes", host]
    done = subprocess.run([*ssh, "echo $HOME; exit 9"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (9, "/home/dev\n", "")
    done = subprocess.run([*ssh, "printenv TRICKY"], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tricky}\n"
    for file in config.parent.rglob("*"):
        assert file.stat().st_mode & 0o077 == 0, file

    other = tmp_path / "other"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(other)], check=True)
    key = " ".join(other.with_suffix(".pub").read_text().split()[:2])
    (config.parent / "ssh/known_hosts").write_text(f"{host} {key}\n")
    done = subprocess.run([*ssh, "true"], capture_output=True, text=True, check=False)
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr
    container = str(up(command, repo)["container"])
    assert docker("port", container) == ""
