"""Interleaved runs: in every round each peer has its turn, so that all of them meet the same
machine. A peer that fails once is out, with its words. Nothing of theirs stays, also when it is
stopped by ^C."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.floor import floor
from bench.peers import Peer, require_nothing
from bench.place import Place
from bench.prompt import prompt
from bench.run import Failed, Words, run
from bench.spent import spent
from devpod_gen.errors import DevpodError

Kind = str
KINDS = ("up", "again", "restart", "exec", "shell", "down")
"""No workspace, running already, stopped, one command inside, a prompt, removed."""

FLOOR = "the engine's floor, by its API"


@dataclass(slots=True)
class Taken:
    """What was measured of one workspace: seconds by peer and kind, in the rounds' order."""

    seconds: dict[str, dict[Kind, list[float]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    floor: list[dict[str, float]] = field(default_factory=list)
    stages: list[dict[str, float]] = field(default_factory=list)
    spent: dict[str, list[dict[str, float]]] = field(default_factory=dict)
    """By kind of start: what each was spent on."""


def measure(
    peers: Sequence[Peer], places: dict[str, Place], *, runs: int, say: Callable[[str], None]
) -> Taken:
    """Measure all peers on their copies of a workspace."""
    taken = Taken()
    try:
        for number in range(runs):
            for peer in peers:
                if peer.name not in taken.failed:
                    _turn(peer, places[peer.name], taken)
            _floor(places[peers[0].name], taken)
            say(f"{places[peers[0].name].name}: round {number + 1} of {runs}")
    finally:
        for peer in peers:
            _end(peer, places[peer.name])
    return taken


def clock(commands: Sequence[Words], folder: Path) -> float:
    """The seconds that the commands take, one after the other. Raises Failed."""
    begun = time.monotonic()
    for words in commands:
        run(words, folder)
    return time.monotonic() - begun


def _turn(peer: Peer, place: Place, taken: Taken) -> None:
    found = taken.seconds.setdefault(peer.name, {})
    try:
        for kind in KINDS:
            if kind == "restart" and "stop" in peer.steps:
                _do(peer, place, "stop")
            if kind == "up":
                require_nothing(place)
            if kind in peer.steps:
                found.setdefault(kind, []).append(_do(peer, place, kind))
        if peer.name == "devpod-gen":
            taken.stages.append(_stages(peer, place))
            _look(peer, place, taken)
        _do(peer, place, "end")
    except Failed as error:
        taken.failed[peer.name] = str(error)
        _end(peer, place)


def _do(peer: Peer, place: Place, kind: Kind) -> float:
    if kind == "shell":
        return prompt(peer.steps[kind](place)[0], place.folder)
    return clock(peer.steps[kind](place), place.folder)


def _end(peer: Peer, place: Place) -> None:
    """Each command that removes something, whether or not the one before could."""
    for words in peer.steps["end"](place):
        with suppress(Failed):
            run(words, place.folder)


def _floor(place: Place, taken: Taken) -> None:
    if FLOOR not in taken.failed:
        try:
            taken.floor.append(floor(place))
        except DevpodError as error:
            taken.failed[FLOOR] = str(error)


def _look(peer: Peer, place: Place, taken: Taken) -> None:
    """What our own starts spend their time on; not a part of what is measured."""
    for kind, first in (("no workspace", "down"), ("running", ""), ("stopped", "stop")):
        if first:
            _do(peer, place, first)
        taken.spent.setdefault(kind, []).append(spent(place))


def _stages(peer: Peer, place: Place) -> dict[str, float]:
    """What our own start says that its seconds were spent on; not a part of what is measured."""
    _do(peer, place, "down")
    words = [*peer.steps["up"](place)[0], "--json"]
    said = json.loads(run(words, place.folder))
    stages = {one["name"]: float(one["seconds"] or 0) for one in said["stages"]}
    return stages | {"all": float(said["seconds_to_shell"])}
