"""Where the seconds of a start go: stages of a closed set, by the monotonic clock.

docs/stages.md says what each of them is. What is in none of them is the rest, so stages and
rest are the whole.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import field
from typing import Any, Literal, get_args

from devpod_gen.value import dataclass

StageName = Literal[
    "resolve", "lock", "image", "create", "start", "hooks", "dotfiles", "secrets", "probe"
]
"""All that a start is made of, in order; report.schema.json has the same."""

STAGES: tuple[StageName, ...] = get_args(StageName)

_ABSENT: dict[StageName, str] = {
    "create": "the container was there",
    "hooks": "the profile has none",
    "dotfiles": "there are none",
    "secrets": "the profile has none",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, and the seconds that it took by itself. `note`: why it did not happen, or what
    was special about it; else empty."""

    name: StageName
    seconds: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Lap:
    """Something that was done after the shell was ready, and the seconds that it took."""

    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """A start, whole: `seconds` is the sum of the stages and of what is in none of them."""

    seconds: float
    stages: tuple[Stage, ...]

    @property
    def rest(self) -> float:
        """Our own start, what is asked of the engine in between, the SSH door's keys."""
        return max(0.0, self.seconds - sum(stage.seconds for stage in self.stages))

    @property
    def got_image(self) -> bool:
        """Whether an image had to be pulled or built first."""
        return any(stage.name == "image" and stage.note for stage in self.stages)

    def with_image_there(self, asked: float) -> "Timing":
        """What it would have been, had the image been there: asking for it takes `asked`."""
        stages = tuple(Stage("image", asked) if s.name == "image" else s for s in self.stages)
        of_image = sum(stage.seconds for stage in self.stages if stage.name == "image")
        return Timing(self.seconds - of_image + asked, stages)

    def values(self) -> dict[str, Any]:
        """As report.schema.json describes it."""
        stages = [
            {"name": s.name, "seconds": round(s.seconds, 3), "note": s.note or None}
            for s in self.stages
        ]
        return {
            "stages": stages,
            "rest": round(self.rest, 3),
            "seconds_to_shell": round(self.seconds, 3),
        }

    def line(self) -> str:
        """For people: what happened, with its seconds."""
        known = [(stage.name, stage.seconds) for stage in self.stages if stage.seconds]
        return " · ".join(
            f"{name} {seconds:.2f}" for name, seconds in (*known, ("rest", self.rest))
        )


@dataclass(slots=True)
class _Open:
    """A stage that is going on: since when, and the seconds of those within it."""

    name: StageName
    since: float
    inner: float = 0.0


@dataclass(slots=True)
class Clock:
    """Measures stages, and the whole from `started` on: by `time.monotonic`."""

    started: float = field(default_factory=time.monotonic)
    laps: list[Lap] = field(default_factory=list)
    _spent: dict[StageName, float] = field(default_factory=dict)
    _notes: dict[StageName, str] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)

    @contextmanager
    def stage(self, name: StageName) -> Iterator[None]:
        """Measure what happens inside, also when it fails; once more is added. A stage within
        another one is not counted twice: the outer one is what is left."""
        self._open.append(_Open(name, time.monotonic()))
        try:
            yield
        finally:
            self._close(self._open.pop())

    def turn(self, name: StageName) -> None:
        """What is measured now has come to its next part, which is `name`."""
        self._close(self._open.pop())
        self._open.append(_Open(name, time.monotonic()))

    def was(self, name: StageName) -> None:
        """What is measured now turns out to be `name`, from its last turn on."""
        self._open[-1].name = name

    def note(self, name: StageName, word: str) -> None:
        """Say what was special about a stage."""
        self._notes[name] = word

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Measure something after the shell was ready."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.laps.append(Lap(name, time.monotonic() - begun))

    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    def timing(self) -> Timing:
        """What there is to say by now: every stage, in order."""
        stages = (Stage(n, self._spent.get(n, 0.0), self._note(n)) for n in STAGES)
        return Timing(self.elapsed(), tuple(stages))

    @classmethod
    def after(cls, before: Timing) -> "Clock":
        """A clock for another start that has the same behind it as this one had."""
        spent = {stage.name: stage.seconds for stage in before.stages if stage.seconds}
        notes = {stage.name: stage.note for stage in before.stages if stage.name in spent}
        return cls(time.monotonic() - before.seconds, _spent=spent, _notes=notes)

    def _note(self, name: StageName) -> str:
        absent = "" if name in self._spent else _ABSENT.get(name, "did not happen")
        return self._notes.get(name, absent)

    def _close(self, ended: _Open) -> None:
        seconds = time.monotonic() - ended.since
        self._spent[ended.name] = self._spent.get(ended.name, 0.0) + seconds - ended.inner
        if self._open:
            self._open[-1].inner += seconds
