"""Interleaved runs: in every round each peer has its turn, so that all of them meet the same
machine. A peer that fails once is out, with its words."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bench.floor import floor
from bench.peers import Failed, Peer, require_nothing, run
from bench.place import Place
from bench.prompt import prompt
from bench.spent import spent

Kind = str
KINDS = ("up", "again", "restart", "exec", "shell", "down")
"""No workspace, running already, stopped, one command inside, a prompt, removed."""


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
    for peer in peers:
        with suppress(Failed):  # what an earlier bench that was cut off has left
            _do(peer, places[peer.name], "end")
    for number in range(runs):
        for peer in peers:
            if peer.name not in taken.failed:
                _turn(peer, places[peer.name], taken)
        taken.floor.append(floor(places[peers[0].name]))
        say(f"{places[peers[0].name].name}: round {number + 1} of {runs}")
    return taken


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
        with suppress(Failed):
            _do(peer, place, "end")


def _do(peer: Peer, place: Place, kind: Kind) -> float:
    if kind == "shell":
        return prompt(peer.steps[kind](place)[0], place.folder)
    begun = time.monotonic()
    for words in peer.steps[kind](place):
        run(words, place.folder)
    return time.monotonic() - begun


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
