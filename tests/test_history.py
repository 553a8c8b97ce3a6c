"""The history of starts: kept, bounded, tolerant; and what it says of the next start."""

import json
import os
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from devpod_gen.disk import append
from devpod_gen.workspace.clock import Stage, Timing
from devpod_gen.workspace.history import (
    KEPT,
    Kind,
    Run,
    everything,
    kind_of,
    remember,
    run_of,
    runs_of,
)
from devpod_gen.workspace.identity import Identity, identify
from devpod_gen.workspace.regression import FEWEST, standing, weigh
from devpod_gen.workspace.spread import deviation, median, percentile

TIMING = Timing(1.5, (Stage("resolve", 0.25), Stage("start", 1.0)))


@pytest.fixture
def mine(tmp_path: Path) -> Identity:
    return identify(tmp_path, "shop", ".devcontainer")


def file_of(identity: Identity) -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / f"devpod-gen/history/{identity.id}.jsonl"


def run(identity: Identity, seconds: float = 1.5, kind: Kind = "cold", image: str = "a") -> Run:
    timing = Timing(seconds, (Stage("resolve", 0.25), Stage("start", seconds - 0.5)))
    return run_of(identity, "up", kind, image, timing)


def test_a_start_is_remembered(mine: Identity) -> None:
    first = run(mine)
    remember(mine, (first, run(mine, kind="warm")))
    assert runs_of(mine) == (first, run(mine, kind="warm"))
    assert stat.S_IMODE(file_of(mine).stat().st_mode) == 0o600
    assert stat.S_IMODE(file_of(mine).parent.stat().st_mode) == 0o700
    assert everything(mine.root) == everything(None) == (runs_of(mine),)
    assert everything(mine.root / "other") == ()


def test_it_is_bounded_and_keeps_the_last(mine: Identity) -> None:
    for number in range(2 * KEPT + 10):
        remember(mine, (run(mine, 1 + number),))
        assert len(file_of(mine).read_bytes().splitlines()) <= 2 * KEPT
    found = runs_of(mine)
    assert KEPT <= len(found) < 2 * KEPT
    assert [one.seconds for one in found[-3:]] == [2 * KEPT + 8, 2 * KEPT + 9, 2 * KEPT + 10]
    assert stat.S_IMODE(file_of(mine).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [
        b'{"v": 1, "at": "2026-01-01T00:0',
        b'{"v": 2, "everything": "is different"}',
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"v": 1, "seconds": 1}',
    ],
)
def test_what_cannot_be_read_is_passed_over(mine: Identity, line: bytes) -> None:
    """And left: a newer version that wrote it may come again."""
    remember(mine, (run(mine),))
    path = file_of(mine)
    path.write_bytes(path.read_bytes() + line)
    remember(mine, (run(mine, 2.5),))
    assert [one.seconds for one in runs_of(mine)] == [1.5, 2.5]
    assert path.read_bytes().splitlines()[1] == line


@pytest.mark.parametrize(
    "odd",
    [{"seconds": "NaN"}, {"seconds": -1}, {"kind": "odd"}, {"command": "x"}, {"stages": []}],
)
def test_odd_values_are_passed_over(mine: Identity, odd: dict[str, Any]) -> None:
    known = run(mine)  # once: it holds the second in which it was made
    remember(mine, (known,))
    path = file_of(mine)
    path.write_text(path.read_text() + json.dumps(json.loads(path.read_text()) | odd) + "\n")
    assert runs_of(mine) == (known,)


def test_starts_that_end_at_once_are_all_there(mine: Identity) -> None:
    threads = [
        threading.Thread(target=remember, args=(mine, (run(mine, 1 + number),)))
        for number in range(40)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.seconds for one in runs_of(mine)) == [1 + number for number in range(40)]


def test_a_disk_that_refuses_costs_no_start(mine: Identity) -> None:
    file_of(mine).parent.parent.mkdir(parents=True)
    file_of(mine).parent.write_text("in the way")
    assert weigh(mine, (run(mine),)) is None
    assert runs_of(mine) == ()


def test_a_link_in_its_place_is_not_followed(mine: Identity, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("kept")
    file_of(mine).parent.mkdir(parents=True)
    file_of(mine).symlink_to(tmp_path / "theirs")
    remember(mine, (run(mine),))
    assert (tmp_path / "theirs").read_text() == "kept"


def test_a_line_that_was_cut_off_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "file"
    append(path, "one", most=3)
    path.write_bytes(path.read_bytes()[:-1])
    append(path, "two", most=3)
    assert path.read_text() == "one\ntwo\n"


def test_kinds() -> None:
    got = replace(TIMING, stages=(Stage("image", 9, "pulled"),))
    assert kind_of(got, created=True, started=True) == "first"
    assert kind_of(TIMING, created=True, started=True) == "cold"
    assert kind_of(TIMING, created=False, started=True) == "warm"
    assert kind_of(TIMING, created=False, started=False) == "existing"


def test_middle_and_ends() -> None:
    assert median([3, 1, 2]) == 2
    assert median([4, 1, 2, 3]) == 2.5
    assert deviation([1, 1, 1, 9]) == 0
    assert deviation([1, 2, 3, 4, 100]) == pytest.approx(1.4826)
    hundred = list(range(1, 101))
    assert (percentile(hundred, 50), percentile(hundred, 95)) == (50, 95)
    assert (percentile([7], 50), percentile([7], 95)) == (7, 7)
    assert percentile([1, 2, 3, 4, 5], 95) == 5


def test_nothing_is_said_of_too_few(mine: Identity) -> None:
    before = [run(mine) for _ in range(FEWEST - 1)]
    assert standing(run(mine, 99), before) is None
    assert standing(run(mine, 99), [*before, run(mine)]) is not None


def test_a_regression_is_named(mine: Identity) -> None:
    before = [run(mine, seconds) for seconds in (1.0, 1.1, 0.9, 1.0, 30.0, 1.05)]
    found = standing(run(mine, 3.0), before)
    assert found
    assert found.slower
    assert found.stage
    assert found.stage[:2] == ("start", 2.5)
    assert found.stage[2] == pytest.approx(0.525)
    assert "slower than before: 3.00 s" in found.line()
    assert "most of it is in start, 2.50 s instead of 0.53 s" in found.line()
    as_ever = standing(run(mine, 1.15), before)
    assert as_ever
    assert not as_ever.slower
    assert as_ever.values()["stage"] is None


def test_only_what_is_alike_is_compared(mine: Identity) -> None:
    before = [run(mine) for _ in range(9)]
    assert standing(run(mine, 9, image="b"), before) is None
    assert standing(run(mine, 9, kind="existing"), before) is None
    assert standing(replace(run(mine, 9), command="verify"), before) is None


def test_a_lasting_change_is_the_new_measure(mine: Identity) -> None:
    """It is named for as long as it is news."""
    before = [run(mine, 1.0) for _ in range(20)]
    named = 0
    for _ in range(30):
        found = standing(run(mine, 3.0), before)
        assert found
        named += found.slower
        before.append(run(mine, 3.0))
    assert named == 10


def test_noise_is_no_regression(mine: Identity) -> None:
    """A fifth of a second, or a quarter, is nothing on a machine where others work."""
    quick = [run(mine, 0.50 + number / 1000) for number in range(9)]
    found = standing(run(mine, 0.69), quick)
    assert found
    assert not found.slower


def test_status_shows_it(
    mine: Identity, make_repo: Callable[..., Path], cli: Callable[..., Ran]
) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    assert "no start is known" in cli("status", "--history", "-C", repo).out
    own = identify(repo, "shop", ".devcontainer")
    remember(own, (run(own, 1.0), run(own, 2.0), run(own, 3.0, kind="warm")))
    remember(mine, (run(mine),))
    ran = cli("status", "--history", "--json", "-C", repo)
    (found,) = json.loads(ran.out)["history"]
    assert found["folder"] == str(repo)
    assert found["kinds"] == [
        {"command": "up", "kind": "cold", "runs": 2, "p50": 1.0, "p95": 2.0},
        {"command": "up", "kind": "warm", "runs": 1, "p50": 3.0, "p95": 3.0},
    ]
    assert found["runs"][0]["stages"] == {"resolve": 0.25, "start": 0.5}
    assert len(json.loads(cli("status", "--history", "--all", "--json").out)["history"]) == 2
    text = cli("status", "--history", "-C", repo).out
    assert "up cold             2 starts: p50 1.00 s, p95 2.00 s" in text
