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
    _inner: list[float] = field(default_factory=lambda: [0.0])
    """Of each stage that is open, the seconds of those within it; all of them at the bottom."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure what happens inside, also when it fails. A stage within another one is not
        counted twice: the outer one is what is left."""
        begun = time.monotonic()
        self._inner.append(0.0)
        try:
            yield
        finally:
            seconds = time.monotonic() - begun
            self.stages.append(Stage(name, seconds - self._inner.pop()))
            self._inner[-1] += seconds

    def elapsed(self) -> float:
        """Seconds since the clock was made."""
        return time.monotonic() - self.started
