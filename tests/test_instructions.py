"""What commands cost in instructions, which a busy machine does not change: valgrind counts
them. They are held against the smallest Typer app of the same environment, and, in times of
what Python's own start takes, against what was recorded. `DEVPOD_GEN_WRITE_BUDGETS=1` with
this file's tests records them anew: read the diff, and say in the commit what the difference
buys.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, ROOT, Ran, need

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.skipif(
        sys.platform != "linux", reason="valgrind, which counts instructions, is for Linux here"
    ),
]

BUDGETS = ROOT / "tests" / "data" / "instructions.json"
SLACK = 1.04
"""Several times what runs of the same code differ by: paths, threads that wait for an engine."""

APP = """
import typer
app = typer.Typer()
@app.command()
def nothing() -> None:
    "Nothing."
app()
"""

EXEC = """
import os, sys
from devpod_gen.cli.app import main
def become(*_):
    raise SystemExit(0)
os.execve = become
main()
"""
"""Up to where the client of the engine takes over."""

GENERATE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_growth import generate_all, repos
generate_all(repos(Path(sys.argv[2]), int(sys.argv[3])))
"""

Count = Callable[..., int]


@pytest.fixture(scope="module")
def count() -> Count:
    """The instructions that a Python program takes, in its own process."""
    valgrind = need("valgrind", "valgrind")
    subprocess.run([sys.executable, "-m", "compileall", "-q", ROOT / "src"], check=True)
    quick = ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]

    def run(*words: object) -> int:
        done = subprocess.run(
            [valgrind, *quick, sys.executable, *map(str, words)],
            env=os.environ | {"PYTHONHASHSEED": "0"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return int(re.findall(r"I\s+refs:\s+([\d,]+)", done.stderr)[-1].replace(",", ""))

    return run


@pytest.fixture(scope="module")
def bare(count: Count) -> int:
    """Python itself."""
    return count("-c", "pass")


@pytest.fixture(scope="module")
def smallest(count: Count) -> int:
    """A Typer app with one command that does nothing."""
    return count("-c", APP)


def hold(what: str, found: float, bare: int) -> None:
    """At most what was recorded; and what became cheap is recorded, so that it stays."""
    times = found / bare
    sys.stdout.write(f"{what}: {times:.3f}\n")
    recorded = json.loads(BUDGETS.read_text())
    if os.environ.get("DEVPOD_GEN_WRITE_BUDGETS"):
        recorded[what] = round(times, 3)
        BUDGETS.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n")
        return
    assert times <= recorded[what] * SLACK, "it takes more; see this file's head"
    assert times >= recorded[what] * 0.85, "it takes less: record that; see this file's head"


@pytest.mark.parametrize(("word", "most"), [("--version", 1.3), ("--help", 1.3), ("schema", 1.3)])
def test_what_says_something_and_ends(
    count: Count, smallest: int, bare: int, word: str, most: float
) -> None:
    found = count(COMMAND, word)
    assert found <= most * smallest
    if word == "--version":
        assert found <= 3 * bare
    hold(word, found, bare)


def test_generate_where_nothing_changes(
    count: Count, bare: int, make_repo: Callable[..., Path], command: Callable[..., Ran]
) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\nstacks = ["go"]\n'})
    assert command("generate", "-C", repo).code == 0
    found = count(COMMAND, "generate", "-C", repo)
    hold("generate, nothing new", found, bare)


def test_generate_of_one_more_profile(count: Count, bare: int, tmp_path: Path) -> None:
    """Five milliseconds where Python takes ten to start: half of what that takes."""
    few, more = (
        count("-c", GENERATE, ROOT / "tests", tmp_path / str(number), number) for number in (2, 12)
    )
    each = (more - few) / 10
    assert each <= 0.5 * bare
    hold("generate, one more profile", each, bare)


@pytest.mark.engine
def test_commands_on_a_workspace(count: Count, bare: int, workspace: Callable[..., Path]) -> None:
    repo = workspace({"devpod.toml": 'name = "shop"\n'})
    found = count("-c", EXEC, "exec", "-C", repo, "--", "true")
    hold("exec, up to the engine's client", found, bare)
    found = count(COMMAND, "status", "-C", repo)
    hold("status", found, bare)
