"""What every test may ask for: a repo, the command in this process or as a user runs it."""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devpod_gen.cli.app import app
from devpod_gen.cli.boundary import guard
from devpod_gen.engine.docker import Docker
from devpod_gen.workspace import leftovers
from devpod_gen.workspace.leftovers import Leftover
from waiting import listens, until

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
COMMAND = Path(sys.executable).parent / "devpod-gen"

Files = dict[str, str]


@dataclass(frozen=True)
class Ran:
    """How a run of the command ended."""

    code: int
    out: str
    err: str


# A job in the background is started with Ctrl-C switched off, and hands that on to all that it
# starts: then no test of an interrupt could be one.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def cli(capfd: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """The command, in this process."""

    def run(*argv: object) -> Ran:
        capfd.readouterr()
        code = guard(app, [str(word) for word in argv])
        out, err = capfd.readouterr()
        return Ran(code, out, err)

    return run


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let gc, by `cli`, see these projects and ids alone: others run at the same time."""
    everything = leftovers.find

    def narrow(*names: str) -> None:
        def find(engine: Docker, *, caches: bool = False) -> tuple[Leftover, ...]:
            found = everything(engine, caches=caches)
            return tuple(one for one in found if any(name in one.name for name in names))

        monkeypatch.setattr(leftovers, "find", find)

    return narrow


@pytest.fixture
def command() -> Callable[..., Ran]:
    """The command as a user runs it: a process of its own."""

    def run(*argv: object, env: dict[str, str] | None = None, cwd: Path | None = None) -> Ran:
        done = subprocess.run(
            [str(COMMAND), *map(str, argv)],
            capture_output=True,
            text=True,
            env=os.environ | (env or {}),
            cwd=cwd,
            check=False,
            timeout=3600,
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def make_repo(tmp_path: Path) -> Callable[[Files], Path]:
    """A git repo with these files in it."""

    def make(files: Files, name: str = "shop") -> Path:
        repo = tmp_path / name
        for path, text in files.items():
            target = repo / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        repo.mkdir(exist_ok=True)
        subprocess.run(["git", "init", "--quiet", str(repo)], check=True)
        return repo

    return make


ALLOWED = ("image", "registry", "services", "hooks", "probes", "dotfiles", "clone", "caches")
"""What the tests' user allows for good, by a policy: trust is not what they are about."""


def allow(folder: Path) -> Path:
    """A policy of the tests' user, in this folder of configs."""
    path = folder / "devpod-gen" / "policy.toml"
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.write_text(f"allow = {json.dumps(ALLOWED)}\n")
    path.chmod(0o644)
    return path


@pytest.fixture(autouse=True, scope="session")
def _policy_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For what several tests share."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(allow(tmp_path_factory.mktemp("config")).parents[1]))
        yield


@pytest.fixture(autouse=True)
def policy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The user's policy, which a test may remove or replace."""
    path = allow(tmp_path_factory.mktemp("config"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(path.parents[1]))
        yield path


@pytest.fixture(autouse=True)
def _own_data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the user's own data folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but git's own, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def trust(command: Callable[..., Ran], repo: Path) -> None:
    """As a user does who has read what is asked for."""
    ran = command("trust", "-C", repo, "--json")
    error = json.loads(ran.out)["error"]
    found = re.search(r"--yes ([0-9a-f]+)", error["fix"])
    assert found
    assert command("trust", "-C", repo, "--yes", found[1]).code == 0


def docker(*argv: str) -> str:
    """What the engine's own client says: an independent witness."""
    done = subprocess.run(
        ["docker", *argv], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def left_of(projects: Iterable[str]) -> set[str]:
    """What the engine still has of these Compose projects, volumes among it."""
    return {
        f"{kind} {name}"
        for project in projects
        for kind, listing in (
            ("container", ("ps", "--all", "--format", "{{.Names}}")),
            ("network", ("network", "ls", "--format", "{{.Name}}")),
            ("volume", ("volume", "ls", "--format", "{{.Name}}")),
        )
        for name in docker(*listing, f"--filter=label=com.docker.compose.project={project}").split()
    }


def projects_made(folder: Path, since: float) -> set[str]:
    """The Compose projects that were made from files below `folder`: others may use the
    engine at the same time. By its record, which is short; by what is there now; and by
    the names that the repos were given."""
    window = (f"--since={since:.6f}", f"--until={time.time():.6f}")
    chosen = ("--filter=type=container", "--filter=event=create")
    told = docker("events", *window, *chosen, "--format", "{{json .Actor.Attributes}}")
    made = [json.loads(line) for line in told.splitlines()]
    files, project = "com.docker.compose.project.working_dir", "com.docker.compose.project"
    row = f'[{{{{json (.Label "{project}")}}}},{{{{json (.Label "{files}")}}}}]'
    there = [json.loads(line) for line in docker("ps", "--all", "--format", row).splitlines()]
    return (
        {attributes[project] for attributes in made if str(folder) in attributes.get(files, "")}
        | {name for name, paths in there if str(folder) in paths}
        | {
            name
            for env in folder.rglob(".env")
            for name in re.findall(r"^DEVPOD_PROJECT=(.+)$", env.read_text(), re.MULTILINE)
        }
    )


@pytest.fixture(scope="session")
def engine() -> None:
    """A container engine and the base image. Without one the test fails: it is required."""
    for script in ("engine", "base-image"):
        done = subprocess.run(
            [str(ROOT / "scripts" / script)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            pytest.fail(f"a container engine is required, run `make engine`:\n{done.stderr}")


@pytest.fixture
def nothing_left(engine: None, tmp_path: Path) -> Iterator[None]:  # noqa: ARG001 - it is needed
    """Whatever the test does, nothing that Compose made of its repos is left."""
    since = time.time()
    yield
    assert left_of(projects_made(tmp_path, since)) == set()


@pytest.fixture
def workspace(
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
    nothing_left: None,  # noqa: ARG001
) -> Iterator[Callable[..., Path]]:
    """A repo whose workspace is up; it is taken down afterwards, with its caches."""
    made: list[Path] = []

    def make(files: Files, name: str = "shop") -> Path:
        repo = make_repo(files, name)
        made.append(repo)
        ran = command("up", "-C", repo)
        assert ran.code == 0, ran.err
        return repo

    yield make
    for repo in made:
        assert command("down", "--caches", "-C", repo).code == 0


def free_port() -> int:
    """A port of loopback that nothing listens on: one that no system hands out by itself, so that
    whoever asks for any port meanwhile, as other tests do, gets another."""
    while True:
        port = random.randrange(10_240, 32_768)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def need(program: str, package: str) -> str:
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
        pytest.fail(f"{program} itself is required here: install the package {package}")
    return found


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's registry, with a password: its host and port."""
    folder, port = tmp_path_factory.mktemp("registry"), free_port()
    program = need("docker-registry", "docker-registry")
    htpasswd = need("htpasswd", "apache2-utils")
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
        [program, "serve", str(folder / "config.yml")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: listens(port), 20, "the registry does not listen")
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
