"""No secret in an image: its layers, each for itself, and all that describes it.

What is found is told by its place and its rule. The value is never told, and is masked
where it stands in a path or a build step.
"""

import json
from collections.abc import Iterator
from dataclasses import field, replace
from typing import IO, Any

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Parts
from devpod_gen.errors import EngineError, Finding
from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass
from devpod_gen.workspace import clean
from devpod_gen.workspace.layers import Look, Walk, walk
from devpod_gen.workspace.rules import Hit, Rules, builtin

_LONGEST_STEP = 120


@dataclass(frozen=True, slots=True)
class Leak:
    """A secret in an image. `layer`: the hash of the layer that holds it, None where it is
    in what describes the image. `place`: the file, or what it is that describes."""

    layer: str | None
    place: str
    what: str
    rule: str
    step: str = ""

    def finding(self) -> Finding:
        """For messages: where, and what."""
        parts = [f"layer {self.layer[:19]}"] if self.layer else []
        parts += [f"made by `{self.step}`"] if self.step else []
        return Finding(", ".join([*parts, self.place]), f"{self.what} ({self.rule})")


@dataclass(slots=True)
class _Search:
    """What a scan looks for and has found; `values` are what must be masked."""

    rules: Rules
    leaks: dict[tuple[int | None, str, str], Leak] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)

    def layer(self, number: int) -> Look:
        """Takes the files of one layer."""

        def look(path: str, text: bytes) -> None:
            path = path.removeprefix("./").lstrip("/")
            for hit in self.rules.hits(text, path):
                self._found(number, path, hit)

        return look

    def settings(self, place: str, text: str) -> None:
        """Takes what describes the image."""
        for hit in self.rules.hits(text.encode("utf-8", "surrogateescape"), None):
            self._found(None, place, hit)

    def _found(self, number: int | None, place: str, hit: Hit) -> None:
        self.values.add(hit.value.decode("utf-8", "replace").strip())
        leak = Leak(None, place, hit.rule.what, hit.rule.id)
        self.leaks.setdefault((number, place, hit.rule.id), leak)

    def masked(self, text: str) -> str:
        """The text on one line, without what was found and what else a rule finds in it."""
        values = {hit.value.decode() for hit in self.rules.hits(text.encode(), None)}
        for value in sorted(values | self.values, key=len, reverse=True):
            text = text.replace(value, "***")
        return printable(" ".join(text.split()))


def scan(engine: Engine, ref: str, *, rules: Rules | None = None) -> tuple[Leak, ...]:
    """Every secret that is found in an image that the engine has.

    With the built-in rules, layers that are known to be clean are not read again. Raises
    ImageError or EngineError when the scan could not be made.
    """
    parts = engine.parts(ref)
    search = _Search(rules or builtin())
    for place, text in _described(parts):
        search.settings(place, text)
    known = clean.known() if rules is None else frozenset[str]()
    walked = Walk()
    if not known.issuperset(parts.layers):
        walked = _read(engine, ref, search, known)
        missing = set(parts.layers) - known - set(walked.layers)
        if missing:
            message = f"{len(missing)} layers of the image were not in what the engine gave"
            raise EngineError(message, where=ref, fix="run it again; nothing was approved")
    if rules is None:
        with_leaks = {walked.layers[n] for n, _, _ in search.leaks if n is not None}
        fresh = set(walked.layers) - with_leaks - known
        if fresh:
            clean.remember(fresh)
    return tuple(_told(search, walked, parts))


def holds_any(parts: Parts, leaks: tuple[Leak, ...]) -> bool:
    """Whether an image holds one of these secrets, or another where it is described."""
    if any(leak.layer in parts.layers for leak in leaks):
        return True
    search = _Search(builtin())
    for place, text in _described(parts):
        search.settings(place, text)
    return bool(search.leaks)


def _read(engine: Engine, ref: str, search: _Search, known: frozenset[str]) -> Walk:
    last = Walk()

    def take(archive: IO[bytes]) -> None:
        nonlocal last
        last = walk(archive, search.layer, known=known)

    engine.save(ref, take)
    return last


def _told(search: _Search, walked: Walk, parts: Parts) -> Iterator[Leak]:
    """The findings, with the layer and its step by name, and nothing in them to hide."""
    steps = walked.steps(parts.layers)
    for (number, _, _), leak in search.leaks.items():
        layer = walked.layers[number] if number is not None else None
        step = search.masked(steps.get(layer or "", ""))
        short = step if len(step) <= _LONGEST_STEP else f"{step[: _LONGEST_STEP - 1]}…"
        yield replace(leak, layer=layer, place=search.masked(leak.place), step=short)


def _described(parts: Parts) -> Iterator[tuple[str, str]]:
    """All that describes an image: each text, and what it is."""
    config = json.loads(parts.config) or {}
    for number, step in enumerate(parts.history, start=1):
        yield f"history, step {number}", step
    for setting in config.pop("Env", None) or ():
        yield f"environment, {setting.partition('=')[0]}", setting
    for name, value in (config.pop("Labels", None) or {}).items():
        yield f"label {name}", f"{name}={value}"
    for key, text in _texts(config):
        yield f"configuration, {key}", text


def _texts(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a JSON document, keys too, with the top key above it."""
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(name, key or name)
            yield from _texts(item, key or name)
