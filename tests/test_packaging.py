"""The wheel holds exactly what it should, from the sdist and directly, and works alone."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from conftest import ROOT


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A wheel built directly, and one built from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    for kinds in (["--wheel", "--outdir", str(out / "direct")], ["--outdir", str(out / "sdist")]):
        subprocess.run(
            [sys.executable, "-m", "build", "--no-isolation", *kinds, str(ROOT)],
            check=True,
            capture_output=True,
        )
    (direct,) = (out / "direct").glob("*.whl")
    (from_sdist,) = (out / "sdist").glob("*.whl")
    return direct, from_sdist


def expected() -> set[str]:
    """What git tracks of the three trees, at their places in the wheel."""
    listed = subprocess.run(
        ["git", "ls-files", "src", "templates", "images"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    return {
        path.removeprefix("src/") if path.startswith("src/") else f"devpod_gen/_data/{path}"
        for path in listed
    }


@pytest.mark.parametrize("which", [0, 1], ids=["direct", "from the sdist"])
def test_exact_files(wheels: tuple[Path, Path], which: int) -> None:
    with zipfile.ZipFile(wheels[which]) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert names == expected()


def test_it_works_in_a_fresh_environment(wheels: tuple[Path, Path], tmp_path: Path) -> None:
    """In an empty folder, with nothing of the checkout in reach; the same bytes come out."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    pip = [str(venv / "bin/pip"), "install", "--quiet"]
    locked = ["--require-hashes", "--requirement", str(ROOT / "requirements/runtime.txt")]
    subprocess.run([*pip, *locked], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", str(wheels[1])], check=True, capture_output=True)
    repo = tmp_path / "empty"
    repo.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}

    def run(program: Path, *argv: str) -> str:
        return subprocess.run(
            [str(program), *argv], cwd=repo, env=env, check=True, capture_output=True, text=True
        ).stdout

    installed = venv / "bin/devpod-gen"
    run(installed, "init")
    run(installed, "generate", "--check")
    assert run(installed, "schema") == run(Path(sys.executable).parent / "devpod-gen", "schema")
    # The checkout's command agrees with what the wheel's has written.
    run(Path(sys.executable).parent / "devpod-gen", "generate", "--check")
