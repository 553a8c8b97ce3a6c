"""What takes a second engine: images for several platforms, and two builds of one from
nothing. It has the containerd store and a network of its own, with a registry on loopback."""

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import Ran, docker
from waiting import until

Make = Callable[..., Path]
Command = Callable[..., Ran]

NAMESPACE = "devpod-gen-test"
REGISTRY = "127.0.0.1:5055"
OWN, NEWER = "linux/amd64", "linux/amd64/v2"
"""Two that one machine can run."""
PLATFORM = ("os", "architecture", "variant")


@dataclass(frozen=True)
class Second:
    """The second engine: its socket, and the command that enters its network."""

    host: str
    inside: tuple[str, ...]

    def docker(self, *argv: str) -> str:
        words = [*self.inside, "docker", "--host", self.host, *argv]
        done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=300)
        return done.stdout.strip()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture(scope="module")
def second(
    engine: None,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Second]:
    """Its network is a port of the first engine's bridge, so steps of builds get out."""
    lacking = [name for name in ("dockerd", "docker-registry") if not shutil.which(name)]
    if os.geteuid() != 0 or lacking or not Path("/sys/class/net/docker0").exists():
        pytest.fail("root, dockerd, docker-registry and the bridge docker0 are required here")
    folder = tmp_path_factory.mktemp("second")
    settings = {
        "features": {"containerd-snapshotter": True},
        "data-root": f"{folder}/data",
        "exec-root": f"{folder}/exec",
        "pidfile": f"{folder}/pid",
        "hosts": [f"unix://{folder}/s"],
        "bip": "172.31.78.1/24",
    }
    (folder / "daemon.json").write_text(json.dumps(settings))
    (folder / "registry.yml").write_text(
        f"version: 0.1\nlog: {{level: error}}\nhttp: {{addr: {REGISTRY}}}\n"
        f"storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
    )
    inside = ("nsenter", f"--net=/var/run/netns/{NAMESPACE}")
    _ip("netns", "add", NAMESPACE)
    started: list[subprocess.Popen[bytes]] = []
    try:
        _ip("link", "add", "dgtest0", "type", "veth", "peer", "name", "dgtest1")
        _ip("link", "set", "dgtest1", "netns", NAMESPACE)
        _ip("link", "set", "dgtest0", "master", "docker0", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("link", "set", "dgtest1", "up"),
            ("addr", "add", "172.17.250.78/16", "dev", "dgtest1"),
            ("route", "add", "default", "via", "172.17.0.1"),
        ):
            _ip("-n", NAMESPACE, *words)
        for argv in (
            ("dockerd", "--config-file", f"{folder}/daemon.json"),
            ("docker-registry", "serve", f"{folder}/registry.yml"),
        ):
            with (folder / f"{argv[0]}.log").open("wb") as log:
                started.append(subprocess.Popen([*inside, *argv], stdout=log, stderr=log))
        found = Second(f"unix://{folder}/s", inside)
        version = ["docker", "--host", found.host, "version"]
        until(
            lambda: subprocess.run(version, capture_output=True, check=False).returncode == 0,
            30,
            f"dockerd did not start: {folder}/dockerd.log",
        )
        yield found
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(timeout=60)
        _ip("netns", "delete", NAMESPACE)
        # What the daemon has mounted would keep others from removing the folder.
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for place in sorted((one for one in mounts if one.startswith(f"{folder}/")), reverse=True):
            subprocess.run(["umount", "--lazy", place], check=True)
        shutil.rmtree(folder)


@pytest.fixture
def tiny(tmp_path: Path, second: Second) -> Callable[..., Ran]:
    """The command, on the second engine, with recipes in the place of ours that say for which
    platform they were built."""
    for name in ("base", "workspace"):
        folder = tmp_path / "images" / name
        folder.mkdir(parents=True)
        for variant in ("", "v2"):
            (folder / f"is-{variant}").write_text(f"{name} {variant}\n")
    common = "ARG TARGETVARIANT\nCOPY is-${TARGETVARIANT} /%s\n"
    (tmp_path / "images/base/Dockerfile").write_text(f"FROM scratch\n{common % 'base'}")
    (tmp_path / "images/workspace/Dockerfile").write_text(
        f"ARG PARENT\nFROM ${{PARENT}}\n{common % 'workspace'}CMD ['none']\n"
    )
    program = (
        "import sys, pathlib\nfrom devpod_gen import resources\n"
        f"resources.images = lambda: pathlib.Path({str(tmp_path / 'images')!r})\n"
        "from devpod_gen.cli.app import main\nmain()\n"
    )

    def run(*argv: object) -> Ran:
        done = subprocess.run(
            [*second.inside, sys.executable, "-c", program, *map(str, argv)],
            capture_output=True,
            text=True,
            env=os.environ | {"DOCKER_HOST": second.host},
            check=False,
            timeout=300,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


PROFILE = {"devpod.toml": f'name = "many"\n[image]\nregistry = "{REGISTRY}/team"\n'}


@pytest.mark.campaign
def test_one_list_for_two_platforms(
    second: Second, make_repo: Make, tiny: Callable[..., Ran]
) -> None:
    repo = make_repo(PROFILE)
    words = ("--platform", f"{OWN},{NEWER}", "--json", "-C", repo)
    ran = tiny("build", "--push", *words)
    assert ran.code == 0, ran.err
    lock = json.loads((repo / "devpod.lock").read_text())["image"]
    exact = f"{lock['ref']}@{lock['digest']}"
    told = second.docker("buildx", "imagetools", "inspect", "--raw", exact)
    platforms = [
        "/".join(filter(None, (one["platform"].get(key) for key in PLATFORM)))
        for one in json.loads(told)["manifests"]
    ]
    assert sorted(platforms) == [OWN, NEWER]
    assert sorted(lock["platforms"]) == [OWN, NEWER]
    assert json.loads(ran.out)["image"]["digest"] == lock["digest"]
    # Nothing but the profile's own image went to a registry.
    catalog = ["curl", "--silent", f"http://{REGISTRY}/v2/_catalog"]
    listed = subprocess.run([*second.inside, *catalog], capture_output=True, check=True)
    assert json.loads(listed.stdout) == {"repositories": ["team/base"]}
    # Into the engine's store, which can hold it; and one that nobody can run is refused.
    assert tiny("build", *words).code == 0
    ran = tiny("build", "--platform", "linux/riscv64", "-C", repo)
    assert ran.code == 6
    assert "cannot run programs for linux/riscv64" in ran.err
    assert "building" not in [line.split()[0] for line in ran.err.splitlines()[1:] if line]


@pytest.mark.campaign
@pytest.mark.timeout(1500)
def test_two_builds_from_nothing_are_one_image(
    second: Second, make_repo: Make, command: Command, tmp_path: Path
) -> None:
    made = "localhost/devpod-gen/debian:trixie-slim"
    if subprocess.run(["docker", "inspect", made], capture_output=True, check=False).returncode:
        made = "debian:trixie-slim"
    docker("save", "--output", str(tmp_path / "debian.tar"), made)
    second.docker("load", "--input", str(tmp_path / "debian.tar"))
    repo = make_repo({"devpod.toml": 'name = "twice"\n'})
    told = json.loads(command("build", "--print", "--json", "-C", repo).out)["bake"]["target"]
    base = told["base"]["tags"][0]

    def build() -> tuple[str, dict[str, str]]:
        ran = command("build", "-C", repo, env={"DOCKER_HOST": second.host})
        assert ran.code == 0, ran.err
        second.docker("save", "--output", str(tmp_path / "image.tar"), base)
        found = second.docker("image", "inspect", "-f", "{{.Id}}", base)
        files = _files(tmp_path / "image.tar")
        second.docker("rmi", "--force", base, told["workspace"]["tags"][0])
        second.docker("builder", "prune", "--all", "--force")
        return found, files

    (one, before), (two, after) = build(), build()
    assert before == after, sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    assert one == two


def _files(archive: Path) -> dict[str, str]:
    """Every entry of every layer, with all that the layer says of it and its content."""
    found: dict[str, str] = {}
    with tarfile.open(archive) as image:
        (manifest,) = json.load(image.extractfile("manifest.json") or io.BytesIO(b"[]"))
        for number, name in enumerate(manifest["Layers"]):
            with tarfile.open(fileobj=image.extractfile(name)) as layer:
                for entry in layer:
                    content = layer.extractfile(entry) if entry.isreg() else None
                    digest = hashlib.sha256(content.read() if content else b"").hexdigest()
                    facts = (entry.mode, entry.uid, entry.gid, entry.mtime, entry.linkname)
                    found[f"{number}: {entry.name}"] = f"{facts} {digest}"
    return found


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_what_a_store_cannot_hold_is_said_before(make_repo: Make, command: Command) -> None:
    """The store of most engines, still; where it is the other one, the first test has it."""
    if "io.containerd.snapshotter" in docker("info", "--format", "{{.DriverStatus}}"):
        return
    for words in (("--push",), ()):
        ran = command("build", "--platform", "linux/arm64", *words, "-C", make_repo(PROFILE))
        assert ran.code == 6, ran.err
        assert "the engine's image store holds no image for linux/arm64" in ran.err
        assert "containerd image store" in ran.err
        assert "[base" not in ran.err
    own = docker("version", "--format", "{{.Server.Os}}/{{.Server.Arch}}")
    repo = make_repo({"devpod.toml": 'name = "own"\n'}, "own")
    assert command("build", "--platform", own, "-C", repo).code == 0
