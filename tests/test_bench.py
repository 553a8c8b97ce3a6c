"""The benchmark's form: every peer is there or says why not. What it measures depends on the
machine and what else it does, so no number is looked at here."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.measure import Taken
from bench.peers import PEERS
from bench.plot import plot
from bench.spent import AFTER, BEFORE, BETWEEN, PARTS, _sums, rows
from bench.table import PROMISES, floor, promises, seconds
from conftest import ROOT

STEPS = {"network": 0.1, "create": 0.1, "start": 0.2, "exec": 0.1}


def taken() -> Taken:
    ours = {"up": [0.4, 0.5, 0.6], "again": [0.2], "exec": [0.1], "restart": [0.3], "down": [0.3]}
    compose = {"up": [0.5, 0.5, 0.5], "down": [0.2]}
    engine = {"up": [0.3], "exec": [0.05], "restart": [0.3]}
    found = Taken({"devpod-gen": ours, "compose": compose, "engine": engine})
    found.floor.append(STEPS)
    found.stages.append({"start": 0.2, "all": 0.5})
    found.failed["devcontainer-rs"] = "`devcontainer up` ended with 1: no <word>"
    found.seconds["devcontainer-rs"] = {}
    return found


def test_ratios_are_of_one_round() -> None:
    told = "\n".join(promises(taken()))
    assert "| compose | 0.80 / 1.00 / 1.20 times | at most 1.2 times | kept |" in told
    assert "| compose | 1.50 / 1.50 / 1.50 times | at most 1.25 times | **not kept** |" in told
    assert "| engine | +0.05 / +0.05 / +0.05 s more | at most 0.15 s more | kept |" in told
    assert "| devcontainer-rs | not measured |" in told


def test_a_peer_that_failed_says_why() -> None:
    assert "failed: `devcontainer up` ended with 1: no <word>" in "\n".join(seconds(taken()))


def test_the_floor_and_the_rest() -> None:
    told = "\n".join(floor(taken()))
    assert "| together | 0.500 |" in told
    assert "| start | 0.200 |" in told


def test_what_is_done_side_by_side_counts_once() -> None:
    events = [
        (0.10, 0.11, "GET /v1.44/images/x/json"),
        (0.12, 0.20, "POST /v1.44/networks/create"),
        (0.12, 0.15, "POST /v1.44/containers/create"),
        (0.20, 0.40, "POST /v1.44/containers/x/start"),
        (0.41, 0.46, "EXEC"),
        (0.41, 0.42, "POST /v1.44/containers/x/exec"),
    ]
    sums = _sums(events, 0.5)
    network, start, inside, asked = (round(sums[part], 3) for part, _ in PARTS)
    assert (network, start, inside, asked) == (0.08, 0.2, 0.05, 0.01)
    assert [round(sums[part], 3) for part in (BEFORE, BETWEEN, AFTER)] == [0.1, 0.02, 0.04]
    assert round(sum(sums.values()), 3) == 0.5
    assert "| all | 500 |" in rows({"no workspace": [sums]})


def test_the_plot_is_well_formed() -> None:
    from xml.etree import ElementTree  # noqa: PLC0415

    root = ElementTree.fromstring(plot("a <b>", taken()))
    assert root.tag.endswith("svg")
    assert "devcontainer-rs" not in plot("x", taken())


@pytest.mark.engine
@pytest.mark.campaign
def test_a_short_run(engine: None, tmp_path: Path) -> None:  # noqa: ARG001
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- measured -->\n<!-- end of measured -->\nafter\n")
    words = ["-m", "bench", "--runs", "3", "--workspace", "tiny", "--write", str(page)]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    for peer in PEERS:
        assert f"**{peer.name}**" in text
        row = re.search(rf"^\| {re.escape(peer.name)} \| (.*)$", text, re.MULTILINE)
        assert row, peer.name
        assert re.match(r"\d+\.\d\d / \d+\.\d\d / \d+\.\d\d|failed: ", row[1]), row[1]
    assert text.count("times |") + text.count("s more |") + text.count("not measured") >= len(
        PROMISES
    )
    assert (tmp_path / "performance-tiny.svg").is_file()
