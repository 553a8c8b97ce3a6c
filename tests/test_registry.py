"""A real registry on loopback: push, pull by digest, and every way in which it can fail."""

import json
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from conftest import COMMAND, Ran, docker

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _need(program: str, package: str) -> str:
    """The program; on Debian and Ubuntu, as root, installed where it is not there."""
    if not shutil.which(program) and os.geteuid() == 0 and shutil.which("apt-get"):
        quietly = {
            "env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
            "capture_output": True,
        }
        install = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", package]
        if subprocess.run(install, check=False, **quietly).returncode:  # type: ignore[call-overload]
            subprocess.run(["apt-get", "-qq", "update"], check=True, **quietly)  # type: ignore[call-overload]
            subprocess.run(install, check=True, **quietly)  # type: ignore[call-overload]
    found = shutil.which(program)
    if not found:
        pytest.fail(f"the real registry is required here: install the package {package}")
    return found


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's registry, with a password: its host and port."""
    folder, port = tmp_path_factory.mktemp("registry"), _free_port()
    program = _need("docker-registry", "docker-registry")
    htpasswd = _need("htpasswd", "apache2-utils")
    line = subprocess.run(
        [htpasswd, "-nbB", "ann", "secret"], check=True, capture_output=True, text=True
    ).stdout.strip()
    (folder / "users").write_text(f"{line}\n")
    (folder / "config.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/data}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\n"
        f"auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}\n"
    )
    process = subprocess.Popen(
        [program, "serve", str(folder / "config.yml")], stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            os.sched_yield()
    yield f"127.0.0.1:{port}"
    process.terminate()
    process.wait()


@pytest.fixture
def logged_in(registry: str, tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose docker client knows the password."""
    env = {"DOCKER_CONFIG": str(tmp_path / "docker-config")}
    subprocess.run(
        ["docker", "login", "--username", "ann", "--password-stdin", registry],
        input="secret",
        text=True,
        check=True,
        capture_output=True,
        env=os.environ | env,
    )
    return env


def profile(registry: str, more: str = "") -> dict[str, str]:
    return {"devpod.toml": f'name = "hosted"\n[image]\nregistry = "{registry}/team"\n{more}'}


def image_of(repo: Path) -> str:
    (line,) = [
        line
        for line in (repo / ".devcontainer/compose.yaml").read_text().splitlines()
        if "image:" in line
    ]
    return str(json.loads(line.split("image: ")[1]))


def test_round_trip(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    """Push, forget, and come up by the digest; a tampered tag changes nothing."""
    repo = make_repo(profile(registry))
    ran = command("build", "--push", "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    lock = json.loads((repo / "devpod.lock").read_text())["image"]
    assert lock["platforms"] == [docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")]
    assert image_of(repo) == f"{lock['ref']}@{lock['digest']}"
    assert json.loads(ran.out)["image"]["digest"] == lock["digest"]
    assert command("generate", "--check", "-C", repo).code == 0

    def forget() -> None:
        for name in (lock["ref"], f"{lock['ref'].rpartition(':')[0]}@{lock['digest']}"):
            subprocess.run(["docker", "rmi", name], capture_output=True, check=False)
        assert subprocess.run(
            ["docker", "inspect", image_of(repo)], capture_output=True, check=False
        ).returncode

    forget()
    ran = command("verify", "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["image"]["digest"] == lock["digest"]
    assert "building" not in ran.err

    # Somebody moves the tag to another image.
    forget()
    docker("tag", "localhost/devpod-gen/debian:trixie-slim", lock["ref"])
    subprocess.run(
        ["docker", "push", "--quiet", lock["ref"]],
        check=True,
        capture_output=True,
        env=os.environ | logged_in,
    )
    docker("rmi", lock["ref"])
    ran = command("up", "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    container = json.loads(ran.out)["workspace"]["container"]
    assert docker("inspect", "-f", "{{.Config.Image}}", container) == image_of(repo)
    assert command("down", "-C", repo).code == 0
    forget()


def test_a_digest_that_is_gone_is_not_replaced(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    repo = make_repo(profile(registry, "[env]\nX = 'gone'\n"))
    assert command("generate", "-C", repo).code == 0
    lock = {"ref": image_of(repo), "digest": f"sha256:{'1' * 64}", "platforms": []}
    (repo / "devpod.lock").write_text(json.dumps({"version": 1, "image": lock}))
    assert command("generate", "-C", repo).code == 0
    ran = command("up", "-C", repo, env=logged_in)
    assert ran.code == 6
    assert "the registry does not have it" in ran.err
    assert "building" not in ran.err


def test_what_the_registry_lacks_is_built_unless_never(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    repo = make_repo(profile(registry, 'packages = ["bc"]\n'), "missing")
    command("generate", "-C", repo)
    ran = command("build", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    assert "the registry does not have it: building" in ran.err
    docker("rmi", image_of(repo))

    repo = make_repo(profile(registry, 'build = "never"\npackages = ["bc"]\n'), "never")
    ran = command("build", "-C", repo, env=logged_in)
    assert ran.code == 6
    assert "the registry does not have it" in ran.err


@pytest.mark.parametrize("verb", ["up", "build --push"])
def test_wrong_credentials(
    registry: str, make_repo: Make, command: Command, tmp_path: Path, verb: str
) -> None:
    repo = make_repo(profile(registry))
    command("generate", "-C", repo)
    ran = command(*verb.split(), "-C", repo, env={"DOCKER_CONFIG": str(tmp_path / "nobody")})
    assert ran.code == 6
    assert "the registry refuses the credentials" in ran.err
    assert "fix: run `docker login`" in ran.err
    assert not (repo / "devpod.lock").exists()


@pytest.mark.parametrize(
    ("status", "told"),
    [
        (500, "has an error of its own"),
        (503, "has an error of its own"),
        (429, "too many requests"),
        (403, "refuses the credentials"),
    ],
)
def test_a_registry_that_fails(status: int, told: str, make_repo: Make, command: Command) -> None:
    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Failing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        repo = make_repo(profile(f"127.0.0.1:{server.server_address[1]}"))
        command("generate", "-C", repo)
        ran = command("up", "-C", repo)
        server.shutdown()
    assert ran.code == 6
    assert told in ran.err
    assert "building" not in ran.err


def test_a_registry_that_is_not_there(make_repo: Make, command: Command) -> None:
    repo = make_repo(profile(f"127.0.0.1:{_free_port()}"))
    command("generate", "-C", repo)
    ran = command("verify", "-C", repo)
    assert ran.code == 6
    assert "the registry cannot be reached" in ran.err


def test_push_needs_a_registry(make_repo: Make, command: Command) -> None:
    ran = command("build", "--push", "-C", make_repo({"devpod.toml": 'name = "x"\n'}))
    assert ran.code == 2
    assert "devpod.toml::image.registry: is needed to push" in ran.err


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"version": 2}', '{"version": 1, "image": {"ref": "x", "digest": "y"}}'],
)
def test_a_broken_lock(text: str, make_repo: Make, command: Command) -> None:
    ran = command("generate", "-C", make_repo({"devpod.toml": 'name = "x"\n', "devpod.lock": text}))
    assert ran.code == 2
    assert "at devpod.lock: " in ran.err


@pytest.mark.campaign
def test_every_command_of_the_workflow(
    registry: str, make_repo: Make, command: Command, tmp_path: Path
) -> None:
    """The jobs' own scripts, as they stand, in the shell that GitHub runs them in; not the
    actions, nor what installs programs that are here already."""
    _need("jq", "jq")
    repo = make_repo(profile(registry))
    assert command("generate", "--ci", "github", "-C", repo).code == 0
    subprocess.run(["git", "add", "--all"], cwd=repo, check=True)
    commit = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "-m", "x"]
    subprocess.run(commit, cwd=repo, check=True)
    jobs = yaml.safe_load((repo / ".github/workflows/devpod.yml").read_text())["jobs"]
    env = {
        "DOCKER_CONFIG": str(tmp_path / "docker-config"),
        "PATH": f"{COMMAND.parent}:{os.environ['PATH']}",
        "REGISTRY": registry,
        "REGISTRY_USER": "ann",
        "REGISTRY_PASSWORD": "secret",
        **{name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")},
    }

    def run(job: str) -> None:
        for step in jobs[job]["steps"]:
            if "run" in step and " install " not in step["run"]:
                done = subprocess.run(
                    ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
                    cwd=repo,
                    env=os.environ | env,
                    capture_output=True,
                    text=True,
                    check=False,
                )
                assert done.returncode == 0, f"{step['name']}:\n{done.stdout}\n{done.stderr}"

    run("verify")
    report = json.loads((repo / "devpod-report.json").read_text())
    summary = (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    assert summary.startswith("### hosted: verified, a shell in ")
    assert summary.count("\n| ok | ") == sum(check["ok"] is True for check in report["checks"])
    run("push")
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "locked=true\n"
    for line in jobs["push"]["steps"][-1]["with"]["path"].split():
        assert (repo / line).is_file(), f"{line} is to be handed back"
    assert "@sha256:" in image_of(repo)
    assert "?? devpod.lock" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    run("push")
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "locked=true\n", "it was pushed again"
    assert "is locked and in its registry" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
