"""From a registry to a machine that has none: bundled, carried over, brought in, proven there.

That machine is an engine of its own, with nothing in it, in a network of its own that leads
nowhere; the command and the reference client run in that network, too.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conftest import COMMAND, Ran, docker, free_port, need, tree
from devpod_gen.cli.console import Console
from devpod_gen.cli.locked import write_lock
from devpod_gen.cli.options import Repo, plan_of
from devpod_gen.engine.command import Result
from devpod_gen.plan.lock import LockedImage
from devpod_gen.plan.model import PlatformImage
from devpod_gen.verify.offline import outside_check

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


SERVER = (
    "my $s = IO::Socket::INET->new(Listen => 5, LocalPort => 7000);"
    " while (my $c = $s->accept) { print $c qq(hi\\n); close $c }"
)


def checks(text: str, name: str) -> dict[str, Any]:
    """A report's checks of that name, by door."""
    return {c["door"]: c for c in json.loads(text)["checks"] if c["id"] == name}


def test_the_network_is_cut(make_repo: Make, command: Command) -> None:
    """A service is reached by its name, the outside is not."""
    profile = """
        name = "cut"
        [[ports]]
        port = 18090
        [services.echo]
        image = "localhost/devpod-gen/debian:trixie-slim"
        command = ["perl", "-MIO::Socket::INET", "-e", '%s']
        ports = [7000]
        [[probe]]
        run = "bash -c 'read x </dev/tcp/echo/7000 && echo $x'"
        expect = "hi"
    """
    repo = make_repo({"devpod.toml": profile % SERVER})
    assert command("generate", "-C", repo).code == 0
    assert command("build", "-C", repo).code == 0
    before = tree(repo)
    ran = command("verify", "--offline", "--json", "-C", repo)
    assert ran.code == 0, ran.err + ran.out
    assert json.loads(ran.out)["offline"] is True
    found = checks(ran.out, "offline")
    assert set(found) == {"compose", "ssh", "devcontainer"}
    assert {check["detail"] for check in found.values()} == {
        "no route leads outside, no name is resolved"
    }
    assert checks(ran.out, "ports")["compose"]["ok"] is None
    assert tree(repo) == before


def test_the_look_sees_an_outside(engine: None) -> None:  # noqa: ARG001 - it is needed
    """The same look fails in a network as usual: it can fail."""

    def inside(argv: list[str]) -> Result:
        image = "localhost/devpod-gen/debian:trixie-slim"
        done = subprocess.run(
            ["docker", "run", "--rm", image, *argv], capture_output=True, text=True, check=False
        )
        return Result(done.returncode, done.stdout, done.stderr)

    check = outside_check("compose", inside)
    assert check.ok is False
    assert "the outside can be reached: a default route by eth0;" in check.detail


def test_offline_gets_nothing(make_repo: Make, command: Command) -> None:
    port = free_port()
    repo = make_repo({"devpod.toml": f'name = "x"\n[image]\nregistry = "127.0.0.1:{port}/none"\n'})
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--offline", "-C", repo)
    assert ran.code == 6
    assert "is not here, and offline nothing is pulled or built" in ran.err
    assert "fix: load a bundle that has it (`devpod-gen bundle --load FILE`)" in ran.err
    assert "pulling" not in ran.err


@pytest.mark.parametrize(
    "value", ["evil", "/evil", "@sha256:" + "e" * 64, ":evil", " evil", "x/y:z", '"" evil']
)
def test_a_strangers_env_chooses_no_other_image(value: str, make_repo: Make) -> None:
    """A `.env` that came with a repo is read by IDEs before we are asked: it can spoil the
    image's name, and lead to no other."""
    repo = make_repo({"devpod.toml": 'name = "x"\n[image]\nregistry = "r.example.com/team"\n'})
    where, digest = Repo(repo, None), f"sha256:{'d' * 64}"
    platforms = (PlatformImage("linux/amd64", digest, f"sha256:{'1' * 64}"),)
    image = LockedImage(plan_of(where).image.ref, digest, platforms)
    write_lock(where, image, (), Console(as_json=False, verbose=False))
    (repo / ".devcontainer/.env").write_text(f"DEVPOD_LOADED_AMD64={value}\n")
    argv = ["docker", "compose", "-f", str(repo / ".devcontainer/compose.yaml"), "config"]
    done = subprocess.run([*argv, "--images"], capture_output=True, text=True, check=False)
    assert done.returncode != 0 or done.stdout.startswith(f"sha256:{'1' * 64}")


def test_each_platform_has_its_own_variable(make_repo: Make) -> None:
    repo = make_repo({"devpod.toml": 'name = "x"\n[image]\nregistry = "r.example.com/team"\n'})
    where, digest = Repo(repo, None), f"sha256:{'d' * 64}"
    names = {"linux/amd64": "1", "linux/arm/v7": "2", "linux/arm64": "3"}
    ids = {platform: f"sha256:{number * 64}" for platform, number in names.items()}
    platforms = tuple(PlatformImage(platform, digest, ids[platform]) for platform in sorted(ids))
    image = LockedImage(plan_of(where).image.ref, digest, platforms)
    write_lock(where, image, (), Console(as_json=False, verbose=False))
    for variable, expected in {
        "DEVPOD_LOADED_AMD64": ids["linux/amd64"],
        "DEVPOD_LOADED_ARM_V7": ids["linux/arm/v7"],
        "DEVPOD_LOADED_ARM64": ids["linux/arm64"],
        "DEVPOD_PROJECT": f"{image.ref}@{digest}",
    }.items():
        (repo / ".devcontainer/.env").write_text(f"{variable}=\n")
        file = str(repo / ".devcontainer/compose.yaml")
        assert docker("compose", "-f", file, "config", "--images") == expected


class Island:
    """An engine that has nothing and reaches nobody, and commands beside it."""

    def __init__(self, folder: Path, network: str) -> None:
        self.host = f"unix://{folder}/docker.sock"
        self.enter = ["nsenter", f"--net=/var/run/netns/{network}"]

    def run(self, *argv: object) -> Ran:
        done = subprocess.run(
            [*self.enter, *map(str, argv)],
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
            env=os.environ | {"DOCKER_HOST": self.host},
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def devpod(self, *argv: object) -> Ran:
        return self.run(COMMAND, *argv)


@pytest.fixture
def island() -> Iterator[Island]:
    """A second dockerd, stopped by its process id; its bridge is in its own network."""
    if os.geteuid() != 0:
        pytest.fail("a second engine in a network of its own needs root")
    ip, program = need("ip", "iproute2"), need("dockerd", "docker.io")
    folder = Path(tempfile.mkdtemp(prefix="devpod-island-"))
    network = folder.name
    paths = {"data-root": "data", "exec-root": "exec", "pidfile": "pid"}
    settings = {key: str(folder / name) for key, name in paths.items()}
    hosts = [f"unix://{folder}/docker.sock"]
    (folder / "daemon.json").write_text(json.dumps(settings | {"hosts": hosts}))
    subprocess.run([ip, "netns", "add", network], check=True)
    found = Island(folder, network)
    found.run(ip, "link", "set", "lo", "up")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*found.enter, program, "--config-file", str(folder / "daemon.json")],
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 60
        while found.run("docker", "version").code:
            assert process.poll() is None, (folder / "log").read_text()[-2000:]
            assert time.monotonic() < deadline, "the second engine did not answer within 60 s"
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        subprocess.run([ip, "netns", "delete", network], check=True)
        shutil.rmtree(folder)


@contextmanager
def tampered(target: Path, place: int) -> Iterator[None]:
    """One bit of a file is another."""

    def flip() -> None:
        with target.open("r+b") as stream:
            stream.seek(place)
            byte = stream.read(1)
            stream.seek(place)
            stream.write(bytes([byte[0] ^ 1]))

    flip()
    yield
    flip()


@pytest.mark.campaign
def test_carried_to_an_island(
    registry: str,
    logged_in: dict[str, str],
    make_repo: Make,
    command: Command,
    island: Island,
    tmp_path: Path,
) -> None:
    profile = (
        f'name = "carried"\n[image]\nregistry = "{registry}/team"\n'
        '[caches]\nx = ["/home/dev/.cache/x"]\n[[probe]]\nrun = "git --version"\n'
    )
    repo = make_repo({"devpod.toml": profile})
    assert command("build", "--push", "-C", repo, env=logged_in).code == 0
    target = tmp_path / "carried.bundle.tar"
    ran = command("bundle", "-o", target, "--json", "-C", repo, env=logged_in)
    assert ran.code == 0, ran.err
    held = json.loads(ran.out)["bundle"]
    image_id, size = held["image"]["id"], held["size"]
    layers = int(docker("image", "inspect", "-f", "{{.Size}}", image_id))
    assert size == target.stat().st_size < layers * 1.1 + 1e6

    there = tmp_path / "there"
    subprocess.run(["git", "init", "--quiet", str(there)], check=True)
    empty = tree(there)

    # One byte of the image is another: nothing is written, nothing is loaded.
    with tampered(target, size // 2):
        ran = island.devpod("bundle", "--load", target, "-C", there)
    assert ran.code == 2
    assert "this is no whole bundle: image.tar is not what was written" in ran.err
    assert tree(there) == empty
    assert island.run("docker", "images", "--quiet").out == ""

    ran = island.devpod("bundle", "--load", target, "--json", "-C", there)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["image"]["id"] == image_id
    assert image_id in island.run("docker", "images", "--no-trunc").out
    env = ".devcontainer/.env"
    assert {k: v for k, v in tree(there).items() if k != env} == {
        k: v for k, v in tree(repo).items() if k != env
    }

    # "Reopen in Container" before anything else: the client finds the image by the .env.
    ran = island.run("devcontainer", "up", "--workspace-folder", there)
    assert ran.code == 0, ran.err
    container = json.loads(ran.out.splitlines()[-1])["containerId"]
    assert island.run("docker", "inspect", "-f", "{{.Image}}", container).out.strip() == image_id

    ran = island.devpod("up", "--frozen", "--json", "-C", there)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["workspace"]["container"] == container
    assert island.devpod("exec", "-C", there, "--", "id", "-un").out == "dev\n"

    ran = island.devpod("verify", "--offline", "--json", "-C", there)
    assert ran.code == 0, ran.err + ran.out
    report = json.loads(ran.out)
    assert report["image"]["id"] == image_id
    assert report["image"]["digest"] == held["image"]["digest"]
    assert all(check["ok"] for check in checks(ran.out, "offline").values())
    assert checks(ran.out, "start")["devcontainer"]["detail"] == f"no build; runs {image_id}"

    brought_in_again(island, target, there)
    assert island.devpod("down", "--caches", "-C", there).code == 0


def brought_in_again(island: Island, target: Path, there: Path) -> None:
    """It finds all as it should be; and what is the user's stays."""
    assert island.devpod("bundle", "--load", target, "-C", there).code == 0
    (there / "devpod.toml").write_text('name = "mine"\n')
    assert island.devpod("bundle", "--load", target, "-C", there).code == 2
    assert (there / "devpod.toml").read_text() == 'name = "mine"\n'
    ran = island.devpod("bundle", "--load", target, "--force", "-C", there)
    assert ran.code == 0, ran.err
    assert (there / "devpod.toml.bak").read_text() == 'name = "mine"\n'
