"""The real VS Code Server inside of real workspaces: it starts where Remote-SSH and Dev
Containers put it, as the user, says its commit over a forwarded port, and takes an extension.

Not run here: VS Code itself, its two extensions, their downloads. The server is fetched by
`scripts/vscode-server`.
"""

import json
import os
import shlex
import socket
import subprocess
import time
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Ran, docker, free_port

pytestmark = [pytest.mark.engine, pytest.mark.campaign, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = """
name = "shop"
[ide.vscode]
extensions = ["golang.go"]
settings = { "editor.formatOnSave" = true, "go.useLanguageServer" = "$HOME" }
"""
TOKEN = "not-a-secret"
STARTED = "Extension host agent listening on "


@dataclass(frozen=True)
class Server:
    """The server's archive, and the commit that it must say."""

    archive: Path
    commit: str


@pytest.fixture(scope="module")
def server() -> Server:
    script = ROOT / "scripts/vscode-server"
    done = subprocess.run([script], stdout=subprocess.PIPE, text=True, check=True)
    archive, commit = done.stdout.split()
    return Server(Path(archive), commit)


@pytest.fixture(scope="module")
def vsix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An extension, packed as `vsce` packs one."""
    path = tmp_path_factory.mktemp("vsix") / "hello.vsix"
    identity = {"name": "hello", "publisher": "shop", "version": "1.2.3"}
    package = identity | {"engines": {"vscode": "^1.90.0"}, "main": "./main.js"}
    manifest = (
        '<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0"'
        ' xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata>'
        '<Identity Language="en-US" Id="hello" Version="1.2.3" Publisher="shop"/>'
        "<DisplayName>Hello</DisplayName><Description>Hello</Description></Metadata>"
        '<Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation>'
        "<Dependencies/><Assets><Asset Type="
        '"Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json"'
        ' Addressable="true"/></Assets></PackageManifest>'
    )
    types = (
        '<?xml version="1.0" encoding="utf-8"?><Types xmlns='
        '"http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension=".json" ContentType="application/json"/>'
        '<Default Extension=".js" ContentType="application/javascript"/>'
        '<Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("extension.vsixmanifest", manifest)
        archive.writestr("extension/package.json", json.dumps(package))
        archive.writestr("extension/main.js", "exports.activate = () => {}\n")
    return path


@dataclass(frozen=True)
class Door:
    """A way to run a shell command in the workspace as its user."""

    argv: tuple[str, ...]

    def run(self, script: str, stdin: Path | None = None) -> str:
        with (stdin or Path(os.devnull)).open("rb") as stream:
            done = subprocess.run(
                [*self.argv, script],
                stdin=stream,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.strip()

    @contextmanager
    def started(self, place: str) -> Iterator[int]:
        """The server at `place`, until the block ends; its port inside."""
        options = f"--start-server --host 127.0.0.1 --port 0 --connection-token {TOKEN}"
        terms = "--accept-server-license-terms --server-data-dir ~/.vscode-server"
        command = f"echo $$; exec {place}/bin/code-server {options} {terms}"
        process = subprocess.Popen(
            [*self.argv, command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        inside = process.stdout.readline().strip()
        try:
            yield next(
                int(line.removeprefix(STARTED))
                for line in process.stdout
                if line.startswith(STARTED)
            )
            children = self.run(f"ps -o user:32=,args= --ppid {inside} --pid {inside}")
            assert "server-main.js" in children
            assert {line.split()[0] for line in children.splitlines()} == {"dev"}
        finally:
            self.run(f"pkill -P {inside}; kill {inside} 2>/dev/null; true")
            process.communicate(timeout=20)


def by_exec(container: str) -> Door:
    return Door(("docker", "exec", "-i", "-u", "dev", container, "sh", "-c"))


def ssh_of(command: Command, repo: Path) -> list[str]:
    return shlex.split(command("open", "ssh", "--print", "-C", repo).out)


def by_ssh(command: Command, repo: Path) -> Door:
    return Door((*ssh_of(command, repo), "-o", "BatchMode=yes"))


def unpack(door: Door, place: str, server: Server) -> str:
    door.run(f"mkdir -p {place} && tar xzf - --strip-components 1 -C {place}", server.archive)
    door.run(f"sh {place}/bin/helpers/check-requirements.sh")  # the server's own word
    return place


def over_forward(command: Command, repo: Path, port: int) -> str:
    """`/version` through `ssh -L`, as Remote-SSH reaches the server."""
    here = free_port()
    ssh = [*ssh_of(command, repo)[:-1], "-N", "-L", f"127.0.0.1:{here}:127.0.0.1:{port}"]
    process = subprocess.Popen([*ssh, ssh_of(command, repo)[-1]])
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", here), timeout=1).close()
                break
            except OSError:
                os.sched_yield()
        with urllib.request.urlopen(f"http://127.0.0.1:{here}/version", timeout=20) as answer:
            said: bytes = answer.read()
        return said.decode()
    finally:
        process.terminate()
        process.wait()


def over_exec(container: str, node: str, port: int) -> str:
    """`/version` through the streams of an exec and the server's own Node.js: so Dev
    Containers reaches it."""
    pipe = (
        f"const c=require('net').connect({port},'127.0.0.1');"
        "process.stdin.pipe(c,{end:false});c.pipe(process.stdout)"
    )
    done = subprocess.run(
        ["docker", "exec", "-i", "-u", "dev", container, "sh", "-c", f'exec {node} -e "{pipe}"'],
        input="GET /version HTTP/1.0\r\n\r\n",
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.rsplit("\n", 1)[-1]


def takes_extension(door: Door, place: str, vsix: Path) -> None:
    """A local one: no marketplace can be reached from here."""
    door.run("cat >/tmp/hello.vsix", vsix)
    program = f"{place}/bin/code-server --accept-server-license-terms"
    said = door.run(f"{program} --install-extension /tmp/hello.vsix")
    assert "successfully installed" in said
    assert "shop.hello@1.2.3" in door.run(f"{program} --list-extensions --show-versions")


def owned(repo: Path) -> Path:
    """By uid 1000, so that the user inside is no second root."""
    if os.geteuid() == 0:
        subprocess.run(["chown", "-R", "1000:1000", str(repo)], check=True)
    return repo


def configuration(repo: Path) -> dict[str, Any]:
    """What the reference client reads, and VS Code with it: of the container's label, too."""
    argv = ["devcontainer", "read-configuration", "--workspace-folder", str(repo)]
    done = subprocess.run(
        [*argv, "--include-merged-configuration"], capture_output=True, text=True, check=True
    )
    merged: dict[str, Any] = json.loads(done.stdout)["mergedConfiguration"]
    return merged


@pytest.mark.parametrize("starter", ["up", "reference client"])
def test_the_real_server(
    make_repo: Make, command: Command, server: Server, vsix: Path, starter: str
) -> None:
    repo = owned(make_repo({"devpod.toml": PROFILE}))
    try:
        assert command("generate", "-C", repo).code == 0
        if starter == "reference client":
            assert command("build", "-C", repo).code == 0
            argv = ["devcontainer", "up", "--workspace-folder", str(repo)]
            subprocess.run(argv, capture_output=True, check=True, timeout=300)
        up = json.loads(command("up", "--json", "-C", repo).out)["workspace"]
        assert up["created"] is (starter == "up")  # else it is the client's container
        container = up["container"]

        ssh = by_ssh(command, repo)
        place = unpack(ssh, f"~/.vscode-server/cli/servers/Stable-{server.commit}/server", server)
        with ssh.started(place) as port:
            assert over_forward(command, repo, port) == server.commit
        takes_extension(ssh, place, vsix)

        inside = by_exec(container)
        inside.run("rm -rf ~/.vscode-server")
        place = unpack(inside, f"~/.vscode-server/bin/{server.commit}", server)
        with inside.started(place) as port:
            assert over_exec(container, f"{place}/node", port) == server.commit
        takes_extension(inside, place, vsix)

        vscode = configuration(repo)["customizations"]["vscode"]
        assert ["golang.go"] in [part.get("extensions") for part in vscode]
        assert {"editor.formatOnSave": True, "go.useLanguageServer": "$HOME"} in [
            part.get("settings") for part in vscode
        ]
    finally:
        assert command("down", "--caches", "-C", repo).code == 0
        assert docker("ps", "--quiet", "--filter", f"label=devcontainer.local_folder={repo}") == ""
