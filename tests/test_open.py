"""`open`: the links that VS Code reads, what opens them, and what is said where nothing can."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pexpect
import pytest

from conftest import COMMAND, Ran, docker
from devpod_gen.emit import vscode
from devpod_gen.engine import connect

Make = Callable[..., Path]
Cli = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n'}
HOME = vscode.HostFolder("/home/me/proj", "/home/me/proj/.devcontainer/devcontainer.json")


def unhex(link: str) -> str:
    """What the authority of a link says."""
    authority = link.removeprefix("vscode://vscode-remote/").split("/", 1)[0]
    return bytes.fromhex(authority.split("+", 1)[1]).decode()


def test_the_plain_authority_is_the_folder() -> None:
    authority = vscode.dev_container(HOME, None, only_config=True)
    assert authority == "dev-container+2f686f6d652f6d652f70726f6a"
    uri = vscode.folder_uri(authority, "/workspaces/a b")
    assert uri == f"vscode-remote://{authority}/workspaces/a%20b"


def test_a_folder_that_is_no_utf_8_keeps_its_bytes() -> None:
    place = vscode.HostFolder(os.fsdecode(b"/srv/caf\xe9"), "/x")
    assert vscode.dev_container(place, None, only_config=True).endswith(b"/srv/caf\xe9".hex())


def told(place: vscode.HostFolder, engine: vscode.Engine = None) -> Any:
    return json.loads(unhex(vscode.dev_container(place, engine, only_config=False)))


def test_one_of_several_configurations_is_named() -> None:
    config = "/home/me/a b/.devcontainer/review/devcontainer.json"
    assert told(vscode.HostFolder("/home/me/a b", config)) == {
        "hostPath": "/home/me/a b",
        "localDocker": False,
        "configFile": {
            "$mid": 1,
            "fsPath": config,
            "external": "file:///home/me/a%20b/.devcontainer/review/devcontainer.json",
            "path": config,
            "scheme": "file",
        },
    }


def test_another_engine_is_named() -> None:
    """A program that a desktop starts does not have DOCKER_HOST."""
    assert told(HOME, ("host", "ssh://me@box"))["settings"] == {"host": "ssh://me@box"}
    assert told(HOME, ("context", "colima"))["settings"] == {"context": "colima"}


def test_windows() -> None:
    place = vscode.HostFolder(
        r"c:\Users\Me\my proj", r"C:\Users\Me\my proj\.devcontainer\devcontainer.json"
    )
    plain = vscode.dev_container(place, None, only_config=True)
    assert unhex(plain) == r"c:\Users\Me\my proj"
    assert told(place)["configFile"] == {
        "$mid": 1,
        "fsPath": r"c:\Users\Me\my proj\.devcontainer\devcontainer.json",
        "_sep": 1,
        "external": "file:///c%3A/Users/Me/my%20proj/.devcontainer/devcontainer.json",
        "path": "/c:/Users/Me/my proj/.devcontainer/devcontainer.json",
        "scheme": "file",
    }


def test_wsl() -> None:
    """Windows' own name of the folder, and the configuration's in that Linux."""
    place = vscode.HostFolder(HOME.folder, HOME.config, "Ubuntu-24.04")
    found = unhex(vscode.dev_container(place, None, only_config=True))
    assert found == (
        r'{"hostPath":"\\\\wsl.localhost\\Ubuntu-24.04\\home\\me\\proj","localDocker":false,'
        r'"configFile":{"$mid":1,"path":"/home/me/proj/.devcontainer/devcontainer.json",'
        r'"scheme":"vscode-fileHost"}}'
    )


def test_attached() -> None:
    assert vscode.attached("demo-dev-1", None) == (
        "attached-container+7b22636f6e7461696e65724e616d65223a222f64656d6f2d6465762d31227d"
    )


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Path]]:
    """A PATH with docker, git, ssh and these programs, each of which writes down its arguments."""
    folder, said = tmp_path / "desk", tmp_path / "said"
    folder.mkdir()
    for real in ("docker", "git", "ssh"):
        (folder / real).symlink_to(shutil.which(real) or "/nowhere")
    monkeypatch.setenv("PATH", str(folder))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)

    def put(name: str, code: int = 0) -> Path:
        program = folder / name
        program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$0" "$@" >>"{said}"\nexit {code}\n')
        program.chmod(0o755)
        return said

    connect.client.cache_clear()
    yield put
    connect.client.cache_clear()


def test_print_opens_nothing(make_repo: Make, cli: Cli, desk: Callable[..., Path]) -> None:
    said, repo = desk("code"), make_repo(PLAIN)
    ran = cli("open", "vscode", "--print", "-C", repo)
    assert ran.code == 0
    assert unhex(ran.out.strip()) == str(repo)
    ran = cli("open", "vscode", "--ssh", "--print", "--json", "-C", repo)
    assert json.loads(ran.out)["link"] == (
        "vscode://vscode-remote/ssh-remote+shop.devpod-gen/workspaces/shop"
    )
    assert cli("open", "-C", repo).code == 0
    assert not said.exists()


def test_a_link_to_nowhere_is_not_opened(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "vscode", "--json", "-C", make_repo(PLAIN))
    assert (ran.code, json.loads(ran.out)["error"]["fix"]) == (7, "run `devpod-gen up`")
    ran = cli("open", "ssh", "-C", make_repo(PLAIN))
    assert (ran.code, "run `devpod-gen up`" in ran.err) == (7, True)


def test_every_door_is_listed(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "--json", "-C", make_repo(PLAIN))
    found = json.loads(ran.out)
    doors = {door["door"]: door["link"] for door in found["doors"]}
    assert doors["vscode"].startswith("vscode://vscode-remote/dev-container+")
    assert doors["vscode --ssh"].startswith("vscode://vscode-remote/ssh-remote+")
    assert found["ssh"].endswith("ssh_config shop.devpod-gen")
    assert found["ssh_host"] == {"name": "shop.devpod-gen", "known": False}
    assert "after `devpod-gen ssh-config install`" in cli("open", "-C", make_repo(PLAIN)).out


@pytest.mark.parametrize(
    ("told", "links"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
    ids=["a terminal", "NO_COLOR", "dumb"],
)
def test_a_terminal_gets_links(make_repo: Make, told: dict[str, str], *, links: bool) -> None:
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    argv = ["open", "vscode", "--ssh", "--print", "-C", str(make_repo(PLAIN))]
    child = pexpect.spawn(
        str(COMMAND), argv, env=env | {"TERM": "xterm"} | told, encoding="utf-8", timeout=30
    )
    child.expect(pexpect.EOF)
    href = "vscode://vscode-remote/ssh-remote+shop.devpod-gen/workspaces/shop"
    linked = f"\033]8;;{href}\033\\{href}\033]8;;\033\\"
    assert child.before == (linked if links else href) + "\r\n"


@pytest.mark.engine
def test_a_running_workspace(workspace: Make, cli: Cli, desk: Callable[..., Path]) -> None:
    """What is handed to VS Code, and to a desktop; what is said where there is neither. The
    authority is the container's label, to the byte."""
    repo = workspace(PLAIN)
    chosen = f"label=com.docker.compose.project.working_dir={repo}/.devcontainer"
    label = docker("ps", "--filter", chosen, "--format", '{{.Label "devcontainer.local_folder"}}')
    link = cli("open", "vscode", "--print", "-C", repo).out.strip()
    assert unhex(link) == label == str(repo)

    ran = cli("open", "vscode", "--json", "-C", repo)
    error = json.loads(ran.out)["error"]
    assert (ran.code, error["where"]) == (4, link)

    desk("xdg-open")
    assert cli("open", "vscode", "-C", repo).code == 4  # there is no display
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DISPLAY", ":7")
        said = desk("xdg-open")
        assert cli("open", "vscode", "-C", repo).code == 0
        assert said.read_text().splitlines()[1:] == [link]
        desk("xdg-open", code=3)
        assert "ended with 3" in cli("open", "vscode", "-C", repo).err

    said.unlink()
    desk("code")
    assert cli("open", "vscode", "-C", repo).code == 0
    uri = link.replace("vscode://vscode-remote/", "vscode-remote://")
    assert said.read_text().splitlines()[1:] == ["--folder-uri", uri]

    said.unlink()  # the user's own ssh_config does not have the host
    ran = cli("open", "vscode", "--ssh", "-C", repo)
    assert (ran.code, "ssh-config install" in ran.err) == (4, True)
    assert not said.exists()


@pytest.mark.engine
def test_by_ssh(workspace: Make, command: Cli) -> None:
    """`open ssh` is OpenSSH with the workspace's own ssh_config, as --print says."""
    repo = workspace(PLAIN)
    printed = command("open", "ssh", "--print", "-C", repo).out.split()
    for argv in (printed, [str(COMMAND), "open", "ssh", "-C", str(repo)]):
        done = subprocess.run(
            argv, input="id -un; exit 7\n", capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout.splitlines()[-1]) == (7, "dev"), done.stderr
