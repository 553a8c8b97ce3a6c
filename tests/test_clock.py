"""Where the seconds of a start go, and from when they count."""

import json
import subprocess
import sys
import time

import pytest

from devpod_gen import resources
from devpod_gen.workspace.clock import STAGES, Clock, Timing
from devpod_gen.workspace.start import Steps


class Hands:
    """A monotonic clock that only moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr("devpod_gen.workspace.clock.time.monotonic", lambda: self.now)

    def wait(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(monkeypatch)


def seconds(timing: Timing) -> dict[str, float]:
    return {stage.name: stage.seconds for stage in timing.stages if stage.seconds}


def test_nested_stages_are_not_counted_twice(hands: Hands) -> None:
    clock = Clock(99.0)
    with clock.stage("resolve"):
        hands.wait(1)
        with clock.stage("lock"):
            hands.wait(2)
            with clock.stage("image"):
                hands.wait(4)
        hands.wait(8)
    hands.wait(16)
    with clock.stage("resolve"):
        hands.wait(32)
    timing = clock.timing()
    assert seconds(timing) == {"resolve": 41, "lock": 2, "image": 4}
    assert (timing.rest, timing.seconds) == (17, 64)
    assert [stage.name for stage in timing.stages] == list(STAGES)


def test_a_stage_that_fails_is_measured(hands: Hands) -> None:
    clock = Clock(hands.now)

    def fail() -> None:
        with clock.stage("start"), clock.stage("hooks"):
            hands.wait(3)
            raise ValueError(*["no"])

    with pytest.raises(ValueError, match="no"):
        fail()
    assert seconds(clock.timing()) == {"hooks": 3}


def test_what_did_not_happen_says_why(hands: Hands) -> None:
    clock = Clock(hands.now)
    with clock.stage("start"):
        hands.wait(1)
    notes = {stage.name: stage.note for stage in clock.timing().stages}
    assert notes["create"] == "the container was there"
    assert notes["start"] == ""
    assert notes["resolve"] == "did not happen"
    assert clock.timing().line() == "start 1.00 · rest 0.00"


def test_creating_is_told_from_starting(hands: Hands) -> None:
    """Two calls of the engine: the first makes a service, the second the workspace."""
    clock = Clock(hands.now)
    steps = Steps(clock)
    with clock.stage("start"):
        for _ in range(2):
            steps("begin")
            hands.wait(1)
            steps("create")
            hands.wait(2)
            steps("start")
            hands.wait(4)
    assert seconds(clock.timing()) == {"create": 6, "start": 8}


def test_a_start_that_creates_nothing_has_no_such_stage(hands: Hands) -> None:
    clock = Clock(hands.now)
    steps = Steps(clock)
    with clock.stage("start"):
        steps("begin")
        hands.wait(1)
        steps("start")
        hands.wait(1)
    assert seconds(clock.timing()) == {"start": 2}


def test_laps_are_not_of_the_start(hands: Hands) -> None:
    clock = Clock(hands.now)
    timing = clock.timing()
    with clock.lap("ssh"):
        hands.wait(1)
    assert [(lap.name, lap.seconds) for lap in clock.laps] == [("ssh", 1)]
    assert timing.seconds == 0


def test_another_start_has_the_same_behind_it(hands: Hands) -> None:
    clock = Clock(hands.now)
    with clock.stage("resolve"):
        hands.wait(2)
    before = clock.timing()
    hands.wait(50)
    second = Clock.after(before)
    with second.stage("start"):
        hands.wait(3)
    assert (seconds(second.timing()), second.elapsed()) == ({"resolve": 2, "start": 3}, 5)


def test_the_schema_has_the_same_stages() -> None:
    listed = resources.schema("report")["properties"]["stages"]["items"]["properties"]["name"]
    assert tuple(listed["enum"]) == STAGES


def test_time_counts_from_the_start_of_the_process() -> None:
    """Half a second before the interpreter has read a line of ours is a part of it."""
    script = (
        "import json, time; time.sleep(0.5)\n"
        "from devpod_gen.cli.began import began\n"
        "print(json.dumps(time.monotonic() - began()))"
    )
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    outside = time.monotonic() - begun
    assert 0.5 < json.loads(done.stdout) < outside + 0.02  # the kernel counts hundredths
