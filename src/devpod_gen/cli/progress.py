"""The line that says how far something is."""

import os
import time
from typing import TextIO

_DRAWN_EVERY = 0.1
_SAID_EVERY = 5.0
"""Seconds: a log is read later, and is to stay short."""


class ProgressLine:
    """On a terminal one line that is drawn again and again; elsewhere a line now and then, the
    first after a few seconds: what is quick needs none."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = False
        self._last: float | None = None

    def show(self, text: str) -> None:
        """This is how far it is."""
        now = time.monotonic()
        if self._is_terminal():
            if self._last is None or now - self._last >= _DRAWN_EVERY:
                self._last, self._drawn = now, True
                self._write(f"\r\x1b[2K{text[: self._columns() - 1]}")
        elif self._last is None:
            self._last = now
        elif now - self._last >= _SAID_EVERY:
            self._last = now
            self._write(f"{text}\n")

    def clear(self) -> None:
        """Something else is said: what was drawn makes room."""
        if self._drawn:
            self._drawn = False
            self._write("\r\x1b[2K")

    def _is_terminal(self) -> bool:
        return os.environ.get("TERM", "dumb") != "dumb" and self._stream.isatty()

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or 80
        except OSError:
            return 80

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except BrokenPipeError:  # the reader has seen enough
            pass
