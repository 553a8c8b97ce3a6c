"""Images pulled side by side: the services' while ours is pulled or built."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import field
from threading import Event, Lock

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Fetched
from devpod_gen.value import dataclass
from devpod_gen.workspace.build import Say

_AT_ONCE = 4


@dataclass(slots=True)
class Progress:
    """Says how far all pulls of a start are, on a line that takes the place of the one before
    it: such a line begins with a carriage return, and an empty one takes it away."""

    say: Say
    begun: float = field(default_factory=time.monotonic)
    _known: dict[str, Fetched] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, fetched: Fetched) -> None:
        """One of them got on."""
        with self._lock:
            self._known[fetched.ref] = fetched
            self.say(f"\r{self.line()}")

    def line(self) -> str:
        """All of them together."""
        known = self._known.values()
        what = next(iter(known)).ref if len(known) == 1 else f"{len(known)} images"
        size = sum(fetched.size for fetched in known)
        rate = size / max(0.1, time.monotonic() - self.begun)
        layers = f"{sum(f.done for f in known)} of {sum(f.layers for f in known)} layers"
        return f"pulling {what}: {layers}, {size / 1e6:.1f} MB, {rate / 1e6:.1f} MB/s"

    def pull(self, engine: Engine, ref: str, stop: Event | None = None) -> None:
        """Pull one. Raises ImageError."""
        self.say(f"pulling {ref}")
        begun = time.monotonic()
        try:
            engine.pull(ref, self, stop=stop)
        finally:
            self.say("\r")
        got = self._known.get(ref, Fetched(ref, 0, 0, 0))
        seconds = time.monotonic() - begun
        self.say(f"pulled {ref}: {got.layers} layers, {got.size / 1e6:.1f} MB in {seconds:.1f} s")


@contextmanager
def pulling(engine: Engine, refs: tuple[str, ...], progress: Progress) -> Iterator[None]:
    """Pull these while something else is done; at the end they are there. Raises ImageError.
    When the other thing fails, or is interrupted, the pulls are ended."""
    if not refs:
        yield
        return
    stop = Event()
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        try:
            pulls = [pool.submit(progress.pull, engine, ref, stop) for ref in refs]
            yield
            for pull in pulls:
                pull.result()
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
