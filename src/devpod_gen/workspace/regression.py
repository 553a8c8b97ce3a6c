"""A start held against those before it: is it slower than they say it should be?"""

from collections.abc import Sequence
from typing import Any

from devpod_gen.value import dataclass
from devpod_gen.workspace.clock import STAGES
from devpod_gen.workspace.history import Run, remember, runs_of
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.spread import deviation, median

WINDOW = 20
"""It is held against as many of the last ones of its kind, of the same image."""

FEWEST = 5
"""With fewer nothing is said."""

_DEVIATIONS = 3.0
_SHARE = 0.25
_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Standing:
    """How a start stands to the `runs` before it. `bound`: what counts as slower. `stage`: what
    took the most more than it used to, with what it took and their median; None: no stage."""

    kind: str
    runs: int
    seconds: float
    median: float
    bound: float
    stage: tuple[str, float, float] | None

    @property
    def slower(self) -> bool:
        """Whether it is a regression."""
        return self.seconds > self.bound

    def values(self) -> dict[str, Any]:
        """As report.schema.json describes it."""
        return {
            "kind": self.kind,
            "runs": self.runs,
            "median": round(self.median, 3),
            "bound": round(self.bound, 3),
            "slower": self.slower,
            "stage": self.stage[0] if self.slower and self.stage else None,
        }

    def line(self) -> str:
        """For people: what it was, and when it is slower, by what."""
        those = f"the median of the last {self.runs} {self.kind} starts is {self.median:.2f} s"
        if not self.slower:
            return f"as before: {those}"
        told = f"warning: slower than before: {self.seconds:.2f} s, {those}"
        if self.stage:
            name, now, before = self.stage
            told += f"; most of it is in {name}, {now:.2f} s instead of {before:.2f} s"
        return told


def weigh(identity: Identity, runs: tuple[Run, ...]) -> Standing | None:
    """Remember the starts, and how the first of them stands to those that were known."""
    found = standing(runs[0], runs_of(identity))
    remember(identity, runs)
    return found


def standing(run: Run, before: Sequence[Run]) -> Standing | None:
    """How `run` stands to the last of those before it that are alike; None: too few are.

    The bound is the median, and what is more than three deviations (by the median of the
    distances, so that single odd ones move nothing), a quarter and a fifth of a second."""
    alike = [one for one in before if _likeness(one) == _likeness(run)][-WINDOW:]
    if len(alike) < FEWEST:
        return None
    times = [one.seconds for one in alike]
    middle = median(times)
    bound = middle + max(_DEVIATIONS * deviation(times), _SHARE * middle, _SECONDS)
    stage = _slowest(run, alike)
    return Standing(run.kind, len(alike), run.seconds, middle, bound, stage)


def _likeness(run: Run) -> tuple[str, str, str]:
    """`up` and `verify` differ: the one has the caches that are there, the other none."""
    return run.command, run.kind, run.image


def _slowest(run: Run, before: Sequence[Run]) -> tuple[str, float, float] | None:
    """The stage that took the most more than it used to; the rest is one, too."""
    now, others = _parts(run), [_parts(one) for one in before]
    used = {name: median([other.get(name, 0.0) for other in others]) for name in now}
    name = max(now, key=lambda name: now[name] - used[name])
    return (name, now[name], used[name]) if now[name] > used[name] else None


def _parts(run: Run) -> dict[str, float]:
    taken = dict(run.stages)
    return {name: taken.get(name, 0.0) for name in STAGES} | {
        "rest": max(0.0, run.seconds - sum(taken.values()))
    }
