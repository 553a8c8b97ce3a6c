"""An end to what a stranger's patterns may take."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def patience(seconds: float, error: Exception) -> Iterator[None]:
    """Raise `error` in what runs inside, once it has taken that long.

    A pattern can be written so that it runs for years, and no bound of its length or of
    the text's helps. Python's `re` looks for signals while it matches.
    """

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
