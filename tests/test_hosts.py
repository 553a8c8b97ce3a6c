"""What is emitted for hosts that were not there to run on: golden files, one a host."""

import hashlib
import json
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from devpod_gen.emit import vscode
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.engine import connect
from devpod_gen.engine.docker import Docker
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.workspace.ssh import SSHD

HOSTS = {
    "linux": ("/usr/bin/docker", "/home/me", {}),
    "macos-docker-desktop": (
        "/usr/local/bin/docker",
        "/Users/me",
        {"DOCKER_CONTEXT": "desktop-linux"},
    ),
    "macos-colima": ("/opt/homebrew/bin/docker", "/Users/me", {"DOCKER_CONTEXT": "colima"}),
    "macos-a-path-with-spaces": (
        "/Applications/Docker Desktop/100%/docker",
        "/Users/me/My Things",
        {},
    ),
    "linux-remote-engine": ("/usr/bin/docker", "/home/me", {"DOCKER_HOST": "ssh://me@box:2200"}),
    "windows": (
        r"C:\Program Files\Docker\Docker\resources\bin\docker.exe",
        r"c:\Users\Me",
        {"DOCKER_CONTEXT": "desktop-linux"},
    ),
}


class _Text(SingleFileSnapshotExtension):
    file_extension = "txt"
    _write_mode = WriteMode.TEXT


def plan() -> Plan:
    return resolve(parse(b'name = "shop"\n', "devpod.toml"), stacks.known(), folder_name="shop")


@pytest.mark.parametrize("host", HOSTS)
def test_ssh_and_vscode(
    host: str, snapshot: SnapshotAssertion, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, home, told = HOSTS[host]
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", "/nowhere")
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(connect, "client", lambda: program)
    path = PureWindowsPath(home) if "\\" in home else PurePosixPath(home)
    data = path / "devpod-gen" / "0123456789ab" / "ssh"
    files = SshFiles(
        "shop.devpod-gen",
        str(data / "id_ed25519"),
        str(data / "known_hosts"),
        tuple(Docker().stdio_command("c0ffee", list(SSHD), user="dev")),
    )
    repo = path / "shop"
    place = vscode.HostFolder(str(repo), str(repo / ".devcontainer" / "devcontainer.json"))
    engine = connect.chosen()
    where = (engine[0].removeprefix("--"), engine[1]) if engine else None
    authority = vscode.dev_container(place, where, only_config=True)
    decoded = bytes.fromhex(authority.partition("+")[2]).decode()
    shown = [ssh_config(plan(), files), vscode.folder_uri(authority, "/workspaces/shop"), decoded]
    assert "\n".join([*shown, ""]) == snapshot(extension_class=_Text)


@pytest.mark.parametrize(
    ("url", "machine"),
    [
        ("unix:///var/run/docker.sock", None),
        ("unix:///Users/me/.colima/default/docker.sock", None),
        ("npipe:////./pipe/docker_engine", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://localhost:2375", None),
        ("ssh://core@127.0.0.1:50123/run/user/501/podman.sock", None),
        ("tcp://[::1]:2375", None),
        ("ssh://me@box", "box"),
        ("ssh://me@box:2200", "box"),
        ("tcp://192.0.2.7:2376", "192.0.2.7"),
        ("tcp://build.example.com:2376", "build.example.com"),
    ],
)
def test_which_engines_are_on_another_machine(
    url: str, machine: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DOCKER_HOST", url)
    assert connect.other_machine() == machine
    monkeypatch.delenv("DOCKER_HOST")  # the same by a context
    monkeypatch.delenv("DOCKER_CONTEXT", raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"far").hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    meta.write_text(json.dumps({"Name": "far", "Endpoints": {"docker": {"Host": url}}}))
    (tmp_path / "config.json").write_text('{"currentContext": "far"}')
    assert connect.other_machine() == machine
