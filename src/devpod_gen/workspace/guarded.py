"""Places of this machine that no profile gets, however much it is trusted: with them code
inside would be this user, or root, on the host. Only the user's own policy names exceptions.
"""

import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from devpod_gen.engine import connect
from devpod_gen.home import cache_home, data_home, state_home
from devpod_gen.plan.mount import Place
from devpod_gen.profile.character import is_hidden
from devpod_gen.profile.offlimits import COMMON, IS_KEY, IS_SYSTEM, KEYS, SYSTEM
from devpod_gen.profile.user import config_path
from devpod_gen.value import dataclass
from devpod_gen.workspace.spot import Spot, spot, spots

_ENGINES = (
    *("/run/docker.sock", "/run/podman", "/run/containerd", "/run/crio", "/run/buildkit"),
    *("/var/lib/docker", "/var/lib/containerd", "/var/lib/containers", "/var/lib/kubelet"),
)
_ENGINES_AT_HOME = (
    *(".local/share/docker", ".local/share/containers", ".colima", ".lima", ".rd", ".orbstack"),
    *(".minikube", ".config/colima"),
)
_SOCKETS = ("DOCKER_HOST", "CONTAINER_HOST", "BUILDKIT_HOST", "SSH_AUTH_SOCK")
"""Variables that say where a socket is."""

_IS_ENGINE = "is a container engine's: whoever has it is root on this machine"
_IS_SOCKET = "is a socket: code inside could command the program that listens there"
_IS_OURS = "is what devpod-gen keeps for you"


@dataclass(frozen=True, slots=True)
class _Guarded:
    """A place and why it is not given away. `below`: what is in it is not either; what it is
    in never is."""

    spot: Spot
    why: str
    below: bool = True


def refusal(place: Place, root: Path, allowed: tuple[str, ...]) -> str | None:
    """Why a source may not be mounted for the repo at `root`; None where nothing speaks
    against it. `allowed`: the very places that the user's policy names."""
    if any(is_hidden(char) for char in place.real):
        return "has a character in its path that is not seen"
    if place.kind == "closed":
        return "cannot be looked at by you, so nobody knows where it leads"
    here = spot(place.real)
    if any(here.is_same(spot(_expanded(one))) for one in allowed):
        return None
    return next(_reasons(here, place, root), None)


def _reasons(here: Spot, place: Place, root: Path) -> Iterator[str]:
    if place.kind == "other":
        yield _IS_SOCKET if Path(place.real).is_socket() else "is a device"
    if not place.inside:
        if spot(str(root)).is_in(here):
            yield "holds the repo itself, and what is beside it"
        yield from _of_places(here)


def _of_places(here: Spot) -> Iterator[str]:
    places = _guarded(tuple(os.environ.get(name) for name in _STEERING))
    yield from (one.why for one in places if here.is_same(one.spot))
    yield from (why for one in places if (why := _meets(here, one)))
    yield from (IS_KEY for name in KEYS if f"/{name}/".casefold() in f"{here.path}/".casefold())
    for point in _mount_points():
        if point != here.path and Path(point).is_relative_to(here.path):
            there = spot(point)
            yield from (f"{why} (at {point})" for one in places if (why := _meets(there, one)))
    for socket in _listening():
        if Path(socket).is_relative_to(here.path):
            yield f"holds {socket}, which {_IS_SOCKET}"


def _meets(here: Spot, one: _Guarded) -> str | None:
    """What a place has to do with a guarded one."""
    if here.is_same(one.spot):
        return one.why
    if one.below and here.is_in(one.spot):
        return f"is in {one.spot.path}, which {one.why}"
    if one.spot.is_in(here):
        return f"holds {one.spot.path}, which {one.why}"
    return None


_STEERING = (
    *("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
    *("DOCKER_CONTEXT", "DOCKER_CONFIG", *_SOCKETS),
)


@cache
def _guarded(_environment: tuple[str | None, ...]) -> tuple[_Guarded, ...]:
    every = tuple(_every())
    known = spots(path for path, _, _ in every)
    return tuple(
        _Guarded(one, why, below) for one, (_, why, below) in zip(known, every, strict=True)
    )


def _every() -> Iterator[tuple[str, str, bool]]:
    """What is named first, names the reason."""
    home, config = Path.home(), config_path()
    for path in (*_ENGINES, *(f"{home}/{name}" for name in _ENGINES_AT_HOME)):
        yield path, _IS_ENGINE, True
    for url in (connect.url(), *(os.environ.get(name, "") for name in _SOCKETS)):
        path = re.sub(r"^(?:unix|npipe):(?://)?", "", url)
        if path.startswith("/"):
            yield path, _IS_SOCKET, True
    yield from ((f"{home}/{name}", IS_KEY, True) for name in KEYS)
    ours = (data_home(), state_home(), cache_home(), *((config.parent,) if config else ()))
    yield from ((str(path), _IS_OURS, True) for path in ours)
    yield from ((path, IS_SYSTEM, True) for path in SYSTEM if not home.is_relative_to(path))
    yield str(home), "is your whole home", False
    yield from ((path, "is everybody's", False) for path in COMMON)


def _expanded(path: str) -> str:
    return f"{Path.home()}{path[1:]}" if path.startswith("~") else path


def _listening() -> list[str]:
    """Unix sockets that some program listens on, where the kernel tells."""
    fields = (line.split(None, 7) for line in _lines("/proc/net/unix"))
    listens = (words[7] for words in fields if len(words) == 8 and words[3] == b"00010000")
    return [os.fsdecode(path) for path in listens if path.startswith(b"/")]


def _mount_points() -> list[str]:
    points = (os.fsdecode(line.split()[4]) for line in _lines("/proc/self/mountinfo"))
    return [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point) for point in points]


def _lines(path: str) -> list[bytes]:
    try:
        return Path(path).read_bytes().splitlines()
    except OSError:
        return []
