"""Encoded text, broken into lines: each of them would give a part of a secret away."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import field

from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.forms import encoded

_SHORTEST = 8
"""What has fewer characters tells less than a value that is never hidden."""

_DIFFERENT = 5
"""A part with fewer different characters, like zeros, is everybody's."""

_RUN = late(rb"[\w+/-]{8,}", re.ASCII)
_ON = late(rb"[\w+/-]+", re.ASCII)
_OPEN = late(rb"[\w+/-]+\Z", re.ASCII)
_BACK = 4096  # characters: no program that is common makes longer lines of a long text


@dataclass(frozen=True, slots=True)
class Broken:
    """What encoded secrets may be broken into. `every`: all forms, as one text."""

    forms: frozenset[bytes] = field(default=frozenset(), repr=False)
    every: bytes = field(default=b"", repr=False)

    def of(self, contents: Iterable[bytes]) -> "Broken":
        """Parts of these, too."""
        values = (one.strip(b"\r\n") for one in contents)
        more = (form for value in values for form in encoded(value) if len(form) > _SHORTEST)
        forms = self.forms.union(more)
        return Broken(forms, b" ".join(sorted(forms)))

    def places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Runs of letters that are a part of one, that end with its beginning, or that begin
        with its end."""
        told = {word for word in set(_RUN.findall(data)) if self._tells(word)}
        if told:
            yield from (run.span() for run in _RUN.finditer(data) if run[0] in told)
        for form in self.forms:
            yield from _beginnings(form, data)
            yield from _ends(form, data)

    def _tells(self, word: bytes) -> bool:
        return word in self.every and len(set(word)) >= _DIFFERENT

    def begun(self, data: bytes) -> int:
        """Where such a run goes on to the end, which may not be its own."""
        run = _OPEN.search(data, max(0, len(data) - _BACK))
        return run.start() if run and run[0] in self.every else len(data)


def _beginnings(form: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(form[:_SHORTEST])
    while at >= 0:
        run = _ON.match(data, at)
        if run and form.startswith(run[0]):
            yield run.span()
        at = data.find(form[:_SHORTEST], at + 1)


def _ends(form: bytes, data: bytes) -> Iterator[tuple[int, int]]:
    at = data.find(form[-_SHORTEST:])
    while at >= 0:
        end = at + _SHORTEST
        run = _OPEN.search(data, max(0, end - len(form)), end)
        if run and form.endswith(run[0]):
            yield run.span()
        at = data.find(form[-_SHORTEST:], at + 1)
