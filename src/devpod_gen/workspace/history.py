"""How long a workspace's starts took: a file of JSON lines in the user's state folder.

It outlives `down`. What this version cannot read, because it was cut off or is of a newer
one, is passed over and left where it is.
"""

import contextlib
import json
import math
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal, cast, get_args

from devpod_gen import source
from devpod_gen.disk import append
from devpod_gen.errors import HostError
from devpod_gen.home import state_home
from devpod_gen.value import dataclass
from devpod_gen.workspace.clock import STAGES, Timing
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.lock import folder_held

KEPT = 200
"""A workspace has this many of its last starts in the file, and never twice as many."""

Command = Literal["up", "verify"]

Kind = Literal["first", "cold", "warm", "existing"]
"""first: an image had to be got. cold: it was there, and no container. warm: a stopped
container was. existing: it ran."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_VERSION = 1
_LARGEST = 4 * 1024 * 1024  # bytes, of which a file never has as many


@dataclass(frozen=True, slots=True)
class Run:
    """One start. `at`: RFC 3339, by this machine. `image`: its id. `stages`: those that took
    time."""

    at: str
    root: str
    output: str
    branch: str | None
    command: Command
    kind: Kind
    image: str
    seconds: float
    stages: tuple[tuple[str, float], ...]


def kind_of(timing: Timing, *, created: bool, started: bool) -> Kind:
    """Which of the kinds a start was."""
    if timing.got_image:
        return "first"
    if created:
        return "cold"
    return "warm" if started else "existing"


def run_of(identity: Identity, command: Command, kind: Kind, image: str, timing: Timing) -> Run:
    """A start that has just been."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    taken = {stage.name: round(stage.seconds, 3) for stage in timing.stages}
    return Run(
        at=at,
        root=str(identity.root),
        output=identity.output,
        branch=identity.branch,
        command=command,
        kind=kind,
        image=image,
        seconds=round(timing.seconds, 3),
        stages=tuple((name, seconds) for name, seconds in taken.items() if seconds),
    )


def remember(identity: Identity, runs: tuple[Run, ...]) -> None:
    """Add to the workspace's history. A disk that refuses costs the history, not the start."""
    with contextlib.suppress(HostError, OSError), folder_held(_folder()):
        for run in runs:
            line = {"v": _VERSION, **asdict(run), "stages": dict(run.stages)}
            append(_path(identity.id), json.dumps(line), most=KEPT)


def runs_of(identity: Identity) -> tuple[Run, ...]:
    """What is known of the workspace's starts, the oldest first."""
    return _read(_path(identity.id))


def everything(root: Path | None) -> tuple[tuple[Run, ...], ...]:
    """The histories of the workspaces of the clone at `root`; of all clones when None."""
    found = (_read(path) for path in sorted(_folder().glob("*.jsonl")))
    return tuple(runs for runs in found if runs and root in (None, Path(runs[-1].root)))


def places() -> tuple[tuple[Path, Path], ...]:
    """Each history's file, and the clone that it is of."""
    found = ((path, _read(path)) for path in sorted(_folder().glob("*.jsonl")))
    return tuple((path, Path(runs[-1].root)) for path, runs in found if runs)


def _folder() -> Path:
    return state_home() / "history"


def _path(workspace: str) -> Path:
    return _folder() / f"{workspace}.jsonl"


def _read(path: Path) -> tuple[Run, ...]:
    lines = (source.own(path, most=_LARGEST) or b"").splitlines()
    return tuple(run for line in lines if (run := _run(line)))


def _run(line: bytes) -> Run | None:
    """A line's start; None for one that is not ours to read."""
    try:
        values = cast("dict[str, Any]", json.loads(line))
        if values.pop("v") != _VERSION:
            return None
        stages = tuple((name, float(values["stages"].get(name, 0))) for name in STAGES)
        run = Run(**values | {"stages": tuple(pair for pair in stages if pair[1])})
        known = run.kind in KINDS and run.command in get_args(Command)
        taken = (float(run.seconds), *(seconds for _, seconds in stages))
        sound = all(math.isfinite(seconds) and seconds >= 0 for seconds in taken)
        return replace(run, seconds=taken[0]) if known and sound else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
