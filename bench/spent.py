"""Where a start of ours spends its time: a run of it that writes down what it waits for."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from bench.place import Place

_WATCH = """
import json, os, sys, time
from devpod_gen.cli.began import began
begun, events = began(), []
from devpod_gen.engine import execution, plainhttp
def watched(module, name, label):
    act = getattr(module, name)
    def wrapped(*given, **named):
        since = time.monotonic()
        try:
            return act(*given, **named)
        finally:
            events.append((since - begun, time.monotonic() - begun, label(given)))
    setattr(module, name, wrapped)
watched(plainhttp, "exchange", lambda given: given[1] + " " + given[2].split("?")[0])
watched(execution, "execute", lambda given: "EXEC")
def leave(code):
    with open(os.environ["EVENTS"], "w") as file:
        json.dump({"events": events, "all": time.monotonic() - begun}, file)
    os.kill(os.getpid(), 9)
os._exit = leave
from devpod_gen.cli.app import main
main()
"""
PARTS = (
    ("network, and the container beside it", ("/networks/create", "/containers/create")),
    ("start of the container", ("/start",)),
    ("the one exec: entrypoint, keys, hooks, probes", ("EXEC",)),
    ("questions to the engine", ("",)),
)
"""By the first that an event's label ends with."""

BEFORE, BETWEEN, AFTER = (
    "Python, its modules, the profile: before the first question",
    "our own work between these",
    "after the last answer",
)
Event = tuple[float, float, str]


def spent(place: Place) -> dict[str, float]:
    """The seconds of an `up` by what they were spent on; what is done beside counts once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events")
        words = [sys.executable, "-c", _WATCH, "up", "-C", str(place.folder)]
        env = os.environ | {"EVENTS": str(file)}
        subprocess.run(words, env=env, capture_output=True, check=False)  # it kills itself
        told = json.loads(file.read_text())
    return _sums([(a, b, label) for a, b, label in told["events"]], told["all"])


def _sums(events: list[Event], whole: float) -> dict[str, float]:
    sums = {BEFORE: min(begun for begun, _, _ in events)}
    sums |= {part: 0.0 for part, _ in PARTS}
    covered: list[tuple[float, float]] = []
    for part, _ in PARTS:
        mine = [(a, b) for a, b, label in events if _part(label) == part]
        before = _length(covered)
        covered += mine
        sums[part] = _length(covered) - before
    last = max(ended for _, ended, _ in events)
    sums[BETWEEN] = last - sums[BEFORE] - _length(covered)
    sums[AFTER] = whole - last
    return sums


def _part(label: str) -> str:
    path = label.rpartition(" ")[2]
    if label.startswith("POST") and "/exec" in path:
        return PARTS[2][0]
    return next(part for part, ends in PARTS if path.endswith(ends))


def _length(spans: list[tuple[float, float]]) -> float:
    """Of the time that is in any of them."""
    total, reached = 0.0, 0.0
    for begun, ended in sorted(spans):
        total += max(0.0, ended - max(begun, reached))
        reached = max(reached, ended)
    return total


def rows(taken: dict[str, list[dict[str, float]]]) -> list[str]:
    """A row for each part, a column for each kind of start: medians."""
    lines = ["| spent on, ms | " + " | ".join(taken) + " |", "|---" * (len(taken) + 1) + "|"]
    parts = next(iter(taken.values()))[0]
    for part in parts:
        cells = [f"{1000 * median([one[part] for one in runs]):.0f}" for runs in taken.values()]
        lines.append(f"| {part} | " + " | ".join(cells) + " |")
    whole = [f"{1000 * median([sum(one.values()) for one in runs]):.0f}" for runs in taken.values()]
    return [*lines, "| all | " + " | ".join(whole) + " |"]
