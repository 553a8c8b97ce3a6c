"""The runner of hooks, by itself: once, side by side, with a deadline, and saying why."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import ROOT
from devpod_gen.plan.hook import KEPT, runner_as_text

Runner = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["dash", "bash"])
def runner(request: pytest.FixtureRequest, tmp_path: Path) -> Runner:
    """The runner, on this machine, with its marks in a folder of the test's own."""
    text = runner_as_text()[2].replace(KEPT, str(tmp_path / "kept"))

    def run(*words: str, **hooks: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [request.param, "-c", text, "hook", *words],
            env={"PATH": os.environ["PATH"], **hooks},
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            timeout=60,
        )

    return run


def test_the_runner_holds_no_single_quote() -> None:
    """The text goes into devcontainer.json, and a client corrupts labels that hold one."""
    assert "'" not in (ROOT / "images/base/rootfs/usr/local/lib/devpod/hook").read_text()


def test_once(runner: Runner, tmp_path: Path) -> None:
    for _ in range(2):
        assert runner("create", DEVPOD_HOOK_CREATE="echo x >>ran").returncode == 0
        assert runner("attach", DEVPOD_HOOK_ATTACH="echo a >>ran").returncode == 0
    assert (tmp_path / "ran").read_text().split() == ["x", "a", "a"]
    assert runner("start").returncode == 0  # there is none


def test_warm_is_once_a_lock_and_a_cache(runner: Runner, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()

    def times(line: str = "echo x >>ran") -> int:
        found = {"DEVPOD_CACHES": f"{one}:{two}", "DEVPOD_HOOK_LOCKS": "go.sum missing.lock"}
        assert runner("warm", DEVPOD_HOOK_WARM=line, **found).returncode == 0
        return len((tmp_path / "ran").read_text().split())

    assert (times(), times()) == (1, 1)
    (tmp_path / "go.sum").write_text("a v1\n")
    assert (times(), times()) == (2, 2)
    (two / ".devpod-warm").unlink()  # that cache was removed
    assert (times(), times()) == (3, 3)
    assert times("echo y >>ran") == 4


def test_a_failed_one_is_run_again(runner: Runner) -> None:
    fails = runner("-q", "create", DEVPOD_HOOK_CREATE="echo why; exit 3")
    assert (fails.returncode, fails.stdout) == (3, "")
    assert fails.stderr.splitlines()[0] == "why"
    assert "devpod: hook create ended with 3; the whole output is in" in fails.stderr
    again = runner("create", DEVPOD_HOOK_CREATE="echo better")
    assert (again.returncode, again.stdout) == (0, "better\n")


def test_parts_run_side_by_side(runner: Runner) -> None:
    """Each waits for all the others to have begun: one after another, none would ever end."""
    wait = "until [ -e here1 ] && [ -e here2 ] && [ -e here3 ]; do sleep 0.01; done"
    ran = runner(
        "start",
        DEVPOD_HOOKS_START="one two-b three",
        DEVPOD_HOOK_START_ONE=f": >here1; {wait}; echo 1",
        DEVPOD_HOOK_START_TWO_B=f": >here2; {wait}; echo 2; exit 4",
        DEVPOD_HOOK_START_THREE=f": >here3; {wait}; echo 3",
        DEVPOD_HOOK_TIMEOUT="20",
    )
    assert ran.stdout == "[one] 1\n[two-b] 2\n[three] 3\n"  # all were waited for
    assert ran.returncode == 4
    assert "hook start (part two-b) ended with 4" in ran.stderr


def test_a_hook_has_a_deadline(runner: Runner) -> None:
    ran = runner("create", DEVPOD_HOOK_CREATE="sleep 60", DEVPOD_HOOK_TIMEOUT="1")
    assert ran.returncode == 124
    assert "hook create took over 1 s" in ran.stderr


def test_a_daemon_holds_nothing_up(runner: Runner, tmp_path: Path) -> None:
    begun = time.monotonic()
    line = "sleep 300 & echo $! >pid"
    try:
        assert runner("start", DEVPOD_HOOK_START=line).returncode == 0
        # Nor does it keep the lock: the next one is not waited for.
        assert runner("start", DEVPOD_HOOK_START=line).returncode == 0
        assert time.monotonic() - begun < 5
    finally:
        os.kill(int((tmp_path / "pid").read_text()), 9)


def test_two_at_once_run_it_once(tmp_path: Path) -> None:
    text = runner_as_text()[2].replace(KEPT, str(tmp_path / "kept"))
    env = {"PATH": os.environ["PATH"], "DEVPOD_HOOK_CREATE": "sleep 0.5; echo x >>ran"}
    both = [
        subprocess.Popen(["sh", "-c", text, "hook", "create"], env=env, cwd=tmp_path)
        for _ in range(2)
    ]
    assert [process.wait(timeout=30) for process in both] == [0, 0]
    assert (tmp_path / "ran").read_text() == "x\n"
