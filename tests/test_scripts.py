"""scripts/engine and scripts/base-image: idempotent, quick, and others' engines stay alone."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from conftest import ROOT


def script(name: str, *argv: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / name), *argv],
        capture_output=True,
        text=True,
        env=os.environ | env,
        check=False,
        timeout=60,
    )


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("name", ["engine", "base-image"])
def test_nothing_to_do_is_quick(name: str) -> None:
    begun = time.monotonic()
    done = script(name)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - begun < 10  # to install takes longer


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_engine_says_which() -> None:
    done = script("engine", "--check")
    assert done.stderr.startswith("engine: ")
    assert "compose" in done.stderr
    assert "buildx" in done.stderr


def test_a_chosen_engine_that_is_down_is_not_replaced() -> None:
    done = script("engine", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 5
    assert "no engine answers at unix:///nowhere/docker.sock" in done.stderr
    assert "fix: start it, or unset DOCKER_HOST" in done.stderr


def test_no_client_and_nothing_to_install_with(tmp_path: Path) -> None:
    """As an ordinary user with no docker on PATH: what to install, and nothing done."""
    for tool in ("sh", "sed", "id", "uname", "timeout", "cut", "head", "grep"):
        (tmp_path / tool).symlink_to(f"/usr/bin/{tool}")
    done = script("engine", "--check", PATH=str(tmp_path), DOCKER_HOST="")
    assert done.returncode in (0, 5)  # 0 where the host has one in a usual place
    if done.returncode:
        assert "fix: " in done.stderr


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_an_image_that_cannot_be_had() -> None:
    done = script("base-image", "localhost/nobody/has:this")
    assert done.returncode == 6
    assert "localhost/nobody/has:this is not present and cannot be pulled" in done.stderr
