"""What every test may ask for: a repo, the command in this process or as a user runs it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devpod_gen.cli.app import app
from devpod_gen.cli.boundary import guard

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
            timeout=900,
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


@pytest.fixture(autouse=True)
def _own_data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test touches the user's own data folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but git's own, with its bytes."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def docker(*argv: str) -> str:
    """What the engine's own client says: an independent witness."""
    done = subprocess.run(
        ["docker", *argv], capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout.strip()


def everything() -> dict[str, set[str]]:
    """All that Compose has made in the engine, and all volumes."""
    composed = "--filter=label=com.docker.compose.project"
    return {
        "containers": set(docker("ps", "--all", "--quiet", composed).split()),
        "networks": set(docker("network", "ls", "--quiet", composed).split()),
        "volumes": set(docker("volume", "ls", "--quiet").split()),
    }


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
def nothing_left(engine: None) -> Iterator[None]:  # noqa: ARG001 - it has to be there
    """Whatever the test does, the engine's containers, networks and volumes are as before."""
    before = everything()
    yield
    assert everything() == before


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
