"""A real registry on loopback: push, pull by digest, and every way in which it can fail."""

import hashlib
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from conftest import COMMAND, Ran, docker, free_port, need, tree
from devpod_gen.engine.docker import Docker
from devpod_gen.errors import ImageError, ImageMissing

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


def profile(registry: str, more: str = "") -> dict[str, str]:
    return {"devpod.toml": f'name = "hosted"\n[image]\nregistry = "{registry}/team"\n{more}'}


def image_of(repo: Path) -> str:
    (line,) = [
        line
        for line in (repo / ".devcontainer/compose.yaml").read_text().splitlines()
        if "image:" in line
    ]
    name = str(json.loads(line.split("image: ")[1]))
    # Of a locked one, the name by digest.
    return re.sub(r"^.*\$\{DEVPOD_LOADED_\w+-(.*)\}$", r"\1", name)


def test_round_trip(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    """Push, forget, and come up by the digest; a tampered tag changes nothing."""
    repo = make_repo(profile(registry))
    ran = command("build", "--push", "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    lock = json.loads((repo / "devpod.lock").read_text())["image"]
    platform = docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
    image_id = docker("image", "inspect", "-f", "{{.Id}}", lock["ref"])
    assert lock["platforms"] == {platform: {"digest": lock["digest"], "id": image_id}}
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
    assert docker("inspect", "-f", "{{.Image}}", container) == image_id
    assert command("down", "-C", repo).code == 0
    forget()


def test_a_digest_that_is_gone_is_not_replaced(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    repo = make_repo(profile(registry, "[env]\nX = 'gone'\n"))
    assert command("generate", "-C", repo).code == 0
    lock = {"ref": image_of(repo), "digest": f"sha256:{'1' * 64}", "platforms": {}}
    (repo / "devpod.lock").write_text(
        json.dumps(
            {"version": 2, "generator": "0", "image": lock, "tools": None, "files": {}},
        )
    )
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


@pytest.mark.parametrize(
    "name", ["team/429:500", "toomanyrequests/denied:503", "unauthorized/5:eof", "a/timeout:5.429"]
)
def test_a_name_is_no_cause(
    registry: str, logged_in: dict[str, str], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What the registry lacks is said to be missing, whatever its name, its tag or its port."""
    monkeypatch.setenv("DOCKER_CONFIG", logged_in["DOCKER_CONFIG"])
    for look in (Docker().hosted, lambda ref: Docker().pull(ref, lambda _: None)):
        with pytest.raises(ImageMissing, match="the registry does not have it"):
            look(f"{registry}/{name}")


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
        (401, "refuses the credentials"),
        (403, "refuses the credentials"),
    ],
)
def test_a_registry_that_fails(status: int, told: str, make_repo: Make, command: Command) -> None:
    with answering(status) as port:
        repo = make_repo(profile(f"127.0.0.1:{port}"))
        command("generate", "-C", repo)
        ran = command("up", "-C", repo)
    assert ran.code == 6
    assert told in ran.err
    assert "building" not in ran.err


def test_a_port_is_no_status() -> None:
    with answering(404, range(42900, 42999)) as port, pytest.raises(ImageMissing):
        Docker().hosted(f"127.0.0.1:{port}/team/base:1")


@contextmanager
def answering(status: int, ports: Iterable[int] = (0,)) -> Iterator[int]:
    """The port of what says that to every request: the first of these that is free."""

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    for port in ports:
        with suppress(OSError), HTTPServer(("127.0.0.1", port), Failing) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_address[1]
            server.shutdown()
            return
    pytest.fail("none of the ports is free")


def test_a_registry_that_is_not_there(make_repo: Make, command: Command) -> None:
    repo = make_repo(profile(f"127.0.0.1:{free_port()}"))
    command("generate", "-C", repo)
    ran = command("verify", "-C", repo)
    assert ran.code == 6
    assert "the registry cannot be reached" in ran.err


def test_push_needs_a_registry(make_repo: Make, command: Command) -> None:
    ran = command("build", "--push", "-C", make_repo({"devpod.toml": 'name = "x"\n'}))
    assert ran.code == 2
    assert "devpod.toml::image.registry: is needed to push" in ran.err


@pytest.mark.campaign
def test_every_command_of_the_workflow(
    registry: str, make_repo: Make, command: Command, tmp_path: Path
) -> None:
    """The jobs' own scripts, as they stand, in the shell that GitHub runs them in; not the
    actions, nor what installs programs that are here already."""
    need("jq", "jq")
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


def test_what_a_registry_has_for_each_platform(
    registry: str, logged_in: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A list of two images: the list's digest, and each one's digest and id."""
    monkeypatch.setenv("DOCKER_CONFIG", logged_in["DOCKER_CONFIG"])
    name, ids = f"{registry}/team/several", {}
    (tmp_path / "mark").write_text("x")
    subprocess.run(["tar", "cf", "x.tar", "mark"], cwd=tmp_path, check=True)
    for architecture in ("amd64", "arm64"):
        ref = f"{name}:{architecture}"
        docker("import", f"--platform=linux/{architecture}", str(tmp_path / "x.tar"), ref)
        docker("push", "--quiet", ref)
        ids[f"linux/{architecture}"] = docker("image", "inspect", "-f", "{{.Id}}", ref)
        docker("rmi", ref)
    refs = [f"{name}:{architecture}" for architecture in ("amd64", "arm64")]
    docker("buildx", "imagetools", "create", "--tag", f"{name}:1", *refs)
    raw = subprocess.run(
        ["docker", "buildx", "imagetools", "inspect", "--raw", f"{name}:1"],
        capture_output=True,
        check=True,
    ).stdout

    found = Docker().hosted(f"{name}:1")
    assert found.digest == f"sha256:{hashlib.sha256(raw).hexdigest()}"
    assert {one.platform: one.id for one in found.manifests} == ids
    one = Docker().hosted(f"{name}:amd64")
    assert one.manifests == found.manifests[:1]
    assert one.digest == found.manifests[0].digest
    with pytest.raises(ImageMissing, match="the registry does not have it"):
        Docker().hosted(f"{name}:none")
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "nobody"))
    with pytest.raises(ImageError, match="refuses the credentials"):
        Docker().hosted(f"{name}:1")


def image_with(flavour: str, ref: str, base: str, env: dict[str, str]) -> None:
    """Another image in the registry, under that tag."""
    recipe = f"FROM {base}\nRUN echo {flavour} >/etc/flavour\n"
    for argv in (["build", "--quiet", "--tag", ref, "-"], ["push", "--quiet", ref]):
        subprocess.run(
            ["docker", *argv],
            input=recipe,
            text=True,
            check=True,
            capture_output=True,
            env=os.environ | env,
        )


@pytest.mark.campaign
def test_lock_update_verifies_and_then_writes(
    registry: str, logged_in: dict[str, str], make_repo: Make, command: Command
) -> None:
    """An image of the user's own: the tag moves to one whose probe fails, and back."""
    plain = make_repo({"devpod.toml": 'name = "plain"\n'}, "plain")
    base = json.loads(command("build", "--json", "-C", plain).out)["image"]["ref"]
    ref = f"{registry}/team/own:1"
    probe = '[[probe]]\nrun = "cat /etc/flavour"\nexpect = "sweet"\n'
    tools = '[tools]\ngo = "1"\n'
    repo = make_repo({"devpod.toml": f'name = "own"\n[image]\nref = "{ref}"\n{probe}'})
    image_with("sweet", ref, base, logged_in)

    ran = command("lock", "--update", "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    first = json.loads((repo / "devpod.lock").read_text())
    digest = first["image"]["digest"]
    assert json.loads(ran.out)["image"]["digest"] == digest
    assert first["tools"] == {}
    assert image_of(repo) == f"{ref}@{digest}"
    assert command("lock", "-C", repo).code == 0
    assert command("verify", "--frozen", "-C", repo, env=logged_in).code == 0
    before = tree(repo)

    # The tag moves on: nothing changes until it is asked for, and then only what is proven.
    image_with("sour", ref, base, logged_in)
    assert command("lock", "-C", repo).code == 0
    ran = command("lock", "--update", "--json", "-C", repo, env=logged_in)
    assert ran.code == 1
    report = json.loads(ran.out)
    assert report["image"]["digest"] not in (None, digest)
    failed = {(check["door"], check["id"]) for check in report["checks"] if check["ok"] is False}
    assert failed == {(door, "probe:profile-1") for door in ("compose", "ssh", "devcontainer")}
    assert "the lock and the generated files are as they were" in ran.err
    assert tree(repo) == before

    # Neither does one that is not there, nor a tool that the image lacks, change a byte.
    for more, code, told in (
        (f"{tools}", 1, ""),
        ('user = "nobody-there"\n', 7, "the image has no user nobody-there"),
    ):
        changed = before["devpod.toml"].decode()
        (repo / "devpod.toml").write_text(more + changed if code == 7 else changed + more)
        ran = command("lock", "--update", "-C", repo, env=logged_in)
        assert ran.code == code, ran.err
        assert told in ran.err
        (repo / "devpod.toml").write_bytes(before["devpod.toml"])
        assert tree(repo) == before

    # Told to stop in the middle, it leaves everything as it was, too.
    process = subprocess.Popen(
        [str(COMMAND), "lock", "--update", "-C", str(repo)],
        env=os.environ | logged_in,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    for line in process.stderr:
        if line.startswith("opening by compose"):
            process.send_signal(signal.SIGTERM)
            break
    process.stderr.close()
    assert process.wait(timeout=60) == 143
    assert tree(repo) == before
