"""An engine on another machine, by a real SSH server on loopback under another name: mounts
of this machine's folders are refused, and a clone in a volume works through every way in."""

import json
import os
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

import pytest

from conftest import Ran, docker, free_port, need, tree

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


@dataclass(frozen=True)
class Far:
    """The engine's machine: what the docker client has to be told, and a repo's URL there."""

    env: dict[str, str]
    url: str


@pytest.fixture
def far(tmp_path: Path) -> Iterator[Far]:
    """sshd, under the name `box` that only this test's ssh knows; and git's own server."""
    folder, port, git_port = tmp_path / "box", free_port(), free_port()
    folder.mkdir()
    for name in ("key", "host"):
        argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(argv, check=True)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    told = {
        "Port": port,
        "ListenAddress": "127.0.0.1",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "key.pub",
        "StrictModes": "no",
        "UsePAM": "no",
        "PidFile": "none",
        "MaxStartups": "100",
    }
    (folder / "sshd_config").write_text("".join(f"{key} {told[key]}\n" for key in told))
    (folder / "config").write_text(
        f"Host box\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {folder}/key\n"
        f"  UserKnownHostsFile {folder}/known\n  StrictHostKeyChecking accept-new\n"
        "  LogLevel ERROR\n"
    )
    ssh = folder / "bin" / "ssh"
    ssh.parent.mkdir()
    # Whatever has a configuration of its own keeps it: `open ssh` does.
    ssh.write_text(
        '#!/bin/sh\n[ "$1" = -F ] || set -- -F ' + f'{folder}/config "$@"\nexec {need_ssh()} "$@"\n'
    )
    ssh.chmod(0o755)
    gateway = docker(
        "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}"
    )
    daemon = ["git", "daemon", "--reuseaddr", "--export-all", f"--base-path={tmp_path}"]
    processes = [
        subprocess.Popen([need("sshd", "openssh-server"), "-D", "-f", str(folder / "sshd_config")]),
        subprocess.Popen([*daemon, f"--listen={gateway}", f"--port={git_port}"]),
    ]
    path = f"{ssh.parent}:{os.environ['PATH']}"
    try:
        await_answer([str(ssh), f"{getuser()}@box", "true"])
        await_answer(["git", "ls-remote", f"git://{gateway}:{git_port}/"], code=128)
        env = {"PATH": path, "DOCKER_HOST": f"ssh://{getuser()}@box"}
        yield Far(env, f"git://{gateway}:{git_port}/origin.git")
    finally:
        for process in processes:
            process.terminate()
            process.wait(timeout=20)


def need_ssh() -> str:
    return need("ssh", "openssh-client")


def await_answer(argv: list[str], code: int = 0) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if subprocess.run(argv, capture_output=True, check=False).returncode == code:
            return
    pytest.fail(f"{argv} is never answered")


def test_folders_of_this_machine_are_refused(
    make_repo: Make, command: Command, far: Far, policy: Path
) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    for argv in (["up"], ["verify"]):
        ran = command(*argv, "--json", "-C", repo, env=far.env)
        error = json.loads(ran.out)["error"]
        assert (ran.code, error["where"]) == (4, far.env["DOCKER_HOST"])
        assert error["message"] == (
            f"the engine is on box, which cannot mount {repo} of this machine"
        )
        assert 'mode = "volume"' in error["fix"]
    (repo / "devpod.toml").write_text('name = "shop"\nworkspace = { mode = "volume" }\n')
    ran = command("up", "-C", repo, env=far.env)  # its origin is a folder here, too
    assert (ran.code, f"cannot mount {repo}/.git" in ran.err) == (4, True)
    policy.write_text('allow = ["clone", "mounts"]\n')
    profile = f'name = "shop"\nworkspace = {{ mode = "volume", clone = "{far.url}" }}\n'
    (repo / "devpod.toml").write_text(f'{profile}[[mounts]]\nsource = "."\ntarget = "/x"\n')
    error = json.loads(command("up", "--json", "-C", repo, env=far.env).out)["error"]
    assert f"cannot mount {repo} of this machine" in error["message"]
    assert error["fix"].startswith("take mounts[0] out of the profile, or choose an engine")


@pytest.mark.campaign
def test_a_clone_in_a_volume(make_repo: Make, command: Command, far: Far, tmp_path: Path) -> None:
    profile = f'name = "shop"\nworkspace = {{ mode = "volume", clone = "{far.url}" }}\n'
    repo = make_repo({"devpod.toml": profile})
    named = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    git = ["git", "-C", str(repo), *named]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "first"], check=True)
    origin = tmp_path / "origin.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(repo), str(origin)], check=True)

    def run(*argv: str) -> Ran:
        ran = command(argv[0], "-C", repo, *argv[1:], env=far.env)
        assert ran.code == 0, ran.err
        return ran

    try:
        run("up")
        assert run("exec", "git", "log", "--format=%s").out == "first\n"
        # A program of the desktop has no DOCKER_HOST, only what the files and links say.
        ssh = shlex.split(command("open", "ssh", "--print", "-C", repo, env=far.env).out)
        config = Path(ssh[2]).read_text()
        assert f"--host {far.env['DOCKER_HOST']} exec -i" in config
        bare = {**os.environ, "PATH": far.env["PATH"]}
        done = subprocess.run(
            [*ssh, "id -un"], env=bare, capture_output=True, text=True, check=False
        )
        assert done.stdout == "dev\n", done.stderr
        link = command("open", "vscode", "--print", "-C", repo, env=far.env).out
        told = json.loads(bytes.fromhex(link.split("+")[1].split("/")[0]))
        assert told["settings"] == {"host": far.env["DOCKER_HOST"]}
        before = tree(repo)
        assert json.loads(run("status", "--json").out)["workspaces"][0]["mode"] == "volume"
        assert tree(repo) == before
    finally:
        run("down", "--caches", "--discard")
