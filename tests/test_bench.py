"""The benchmark's form: every peer is there or says why not. What it measures depends on the
machine and what else it does, so no number is looked at here."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.measure import FLOOR, Taken, measure
from bench.owner import Owners
from bench.peers import PEERS, Peer
from bench.place import Place
from bench.plot import plot
from bench.spent import AFTER, BEFORE, BETWEEN, PARTS, _sums, rows
from bench.table import PROMISES, floor, of_owners, promises, seconds
from conftest import ROOT, docker

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


def peer(name: str, up: str, folder: Path) -> Peer:
    """One whose `up` is a command of sh, and which leaves a mark where it has cleaned. It has
    nothing to remove where it was not up: the first command that should fails."""
    words = ["sh", "-c", up]
    end = [["test", "-e", name], ["touch", str(folder / f"{name}-ended")]]
    return Peer(name, name, lambda: "1", {"up": lambda _: [words], "end": lambda _: end})


def test_one_that_fails_is_out_and_cleans_up(tmp_path: Path) -> None:
    place = Place("tiny", tmp_path, "p", "localhost/none/of:ours", "true", hook=False)
    able = peer("able", "echo up >>able", tmp_path)
    failing = peer("failing", "echo once >>once; echo 'no | such thing'; exit 3", tmp_path)
    absent = Peer("absent", "", lambda: "1", {"up": lambda _: [["/no/such"]], "end": lambda _: []})
    peers = (failing, able, absent)
    found = measure(peers, dict.fromkeys(("failing", "able", "absent"), place), runs=3, say=print)
    assert len(found.seconds["able"]["up"]) == 3
    assert (tmp_path / "once").read_text() == "once\n"
    assert (tmp_path / "failing-ended").exists()
    assert "ended with 3: no | such thing" in found.failed["failing"]
    assert "cannot be run: No such file" in found.failed["absent"]
    told = "\n".join(seconds(found))
    assert "| failing | failed: `sh -c echo once" in told
    assert "no \\| such thing | | | | | |" in told
    assert f"| {FLOOR} | failed: " in told  # there is no such image
    assert not floor(found)
    assert "able" in plot("x", found)


def test_stopped_in_the_middle_all_are_cleaned_up(tmp_path: Path) -> None:
    place = Place("tiny", tmp_path, "p", "localhost/none/of:ours", "true", hook=False)
    # Interrupted while it starts a program, Python itself would leave a warning behind.
    interrupt = "sleep 0.2; kill -INT $PPID"
    peers = (peer("one", "touch one", tmp_path), peer("two", interrupt, tmp_path))
    with pytest.raises(KeyboardInterrupt):
        measure(peers, {"one": place, "two": place}, runs=3, say=print)
    assert {path.name for path in tmp_path.iterdir()} == {"one", "one-ended", "two-ended"}


def test_what_another_owner_costs_is_of_one_round() -> None:
    told = "\n".join(of_owners(Owners({1000: [1.0, 2.0, 3.0], 4242: [1.3, 2.2, 3.4]})))
    assert "| uid 4242 | 1.30 / 2.20 / 3.40 |" in told
    assert "+0.20 / +0.30 / +0.40 s more; promised: at most 0.5 s more, kept |" in told
    told = "\n".join(of_owners(Owners({1000: [1.0], 4242: [2.0]})))
    assert "**not kept**" in told
    assert of_owners(Owners(failed="no")) == ["Not measured: no"]


@pytest.mark.engine
@pytest.mark.campaign
def test_a_short_run(engine: None, tmp_path: Path) -> None:  # noqa: ARG001
    page = tmp_path / "performance.md"
    page.write_text("before\n<!-- measured -->\n<!-- end of measured -->\nafter\n")
    words = ["-m", "bench", "--runs", "2", "--part", "tiny", "--write", str(page)]
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr
    assert containers(tmp_path) == []
    assert list(tmp_path.glob("devpod-gen-bench-*")) == []
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


@pytest.mark.engine
@pytest.mark.campaign
@pytest.mark.usefixtures("engine")
def test_stopped_nothing_stays(tmp_path: Path) -> None:
    """In the middle of a round, where a container of ours runs."""
    words = ["-m", "bench", "--part", "tiny"]
    env = os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}
    running = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        until = time.monotonic() + 300
        while not containers(tmp_path):
            assert running.poll() is None
            assert time.monotonic() < until
        running.terminate()
        assert "nothing is written" in running.communicate(timeout=120)[1]
    finally:
        running.kill()
    assert running.returncode == 130
    assert containers(tmp_path) == []
    assert list(tmp_path.glob("devpod-gen-bench-*")) == []


def containers(folder: Path) -> list[str]:
    """Where the containers of workspaces in the folder are."""
    place = "com.docker.compose.project.working_dir"
    listed = docker("ps", "--all", "--format", f'{{{{.Label "{place}"}}}}')
    return [line for line in listed.splitlines() if line.startswith(str(folder))]
