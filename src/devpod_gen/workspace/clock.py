"""Seconds per stage, by the monotonic clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a start, and the seconds that it took."""

    name: str
    seconds: float


@dataclass(slots=True)
class Clock:
    """Measures stages from the moment it is made."""

    started: float = field(default_factory=time.monotonic)
    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside, also when it fails."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.stages.append(Stage(name, time.monotonic() - begun))

    def elapsed(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self.started
