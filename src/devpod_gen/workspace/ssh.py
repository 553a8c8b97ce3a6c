"""The SSH door of a workspace: keys of its own, made at run time.

The client's ProxyCommand starts an sshd on the streams of the engine's exec, as the
workspace's user, so there need be no port. The host's key is pinned.
"""

import re
from pathlib import Path
from typing import Literal

from devpod_gen.disk import private_folder, publish
from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_SERVER = "/usr/local/lib/devpod/sshd"
SSHD = (_SERVER, "connect")
"""What the client's ProxyCommand runs inside."""

# 98: the image is not ours and has no SSH server for this.
WELCOME = f"""
[ -x {_SERVER} ] || exit 98
[ -d /run/devpod/user ] || exit 97
set -e
printf %s "$2" >/run/devpod/user/gitconfig.new
mv /run/devpod/user/gitconfig.new /run/devpod/user/gitconfig
[ "$1" != keys ] || exec {_SERVER} keys
"""
"""For sh inside, as the user: `keys` or `settings`, and git's settings. It says the keys."""

_NO_SERVER, _NO_FOLDER = 98, 97
# The entrypoint's, where a client has started the container without it.
FOLDER = """
mkdir -p -m 0755 /run/devpod && mkdir -m 0700 /run/devpod/user &&
    chown "$1:$(id -g "$1")" /run/devpod/user
"""
"""For sh inside, as root: where the user's own is kept, of the user whose name it is told."""

_IN_MEMORY = ("tmpfs", "ramfs")
_MADE = late(r"(-----BEGIN.*-----\n)\n(ssh-ed25519 \S+)\n(\S+)\n", re.DOTALL)


_LOOPBACK = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class Who:
    """Who comes in, git's settings for them, and the port that is listened on inside."""

    user: str
    git: str = ""
    listens: int | None = None


@dataclass(frozen=True, slots=True)
class SshDoor:
    """The machine-local parts of the door: absolute paths, and the host's name and port."""

    alias: str
    identity: Path
    known_hosts: Path
    config: Path
    port: int | None


def open_door(
    engine: Engine, container: Container, who: Who, *, data: Path, alias: str
) -> SshDoor | None:
    """Have keys for this container, kept below `data`, and tell git in there what it is to
    know; None when the image has no SSH server of ours. Raises StartError.
    """
    visit = visit_of(engine, container, who, data=data, alias=alias)
    return close_visit(visit, container, _ask(engine, container, visit) if visit.lacks else None)


@dataclass(frozen=True, slots=True)
class Visit:
    """What is to be done inside for a door, if anything: what WELCOME is told."""

    door: SshDoor
    who: Who
    lacks: Literal["", "settings", "keys"]
    key: str | None
    """The host's, where it is known."""


def visit_of(engine: Engine, container: Container, who: Who, *, data: Path, alias: str) -> Visit:
    """What this container's door lacks; nothing is done."""
    folder = private_folder(data) / "ssh"
    door = SshDoor(
        alias=alias,
        identity=folder / "id_ed25519",
        known_hosts=folder / "known_hosts",
        config=data / "ssh_config",
        port=_published(engine, container, who.listens),
    )
    key = _known_key(door, container)
    if not key:
        return Visit(door, who, "keys", None)
    return Visit(door, who, "settings" if _text(folder / "gitconfig") != who.git else "", key)


def close_visit(visit: Visit, container: Container, result: Result | None) -> SshDoor | None:
    """The door, once that was done; None when the image has no SSH server of ours. `result`: of
    WELCOME. Raises StartError."""
    door, key = visit.door, visit.key
    if result and visit.lacks == "keys":
        key = _keys(container, door, result)
    if not key:
        return None
    _keep(door.identity.parent / "gitconfig", visit.who.git)
    names = [door.alias] + [f"[{host}]:{door.port}" for host in _LOOPBACK if door.port]
    _keep(door.known_hosts, f"{','.join(names)} {key}\n")
    return door


def was_met(data: Path, container: Container) -> bool:
    """Whether the door of this container was opened, or found not to be there, before."""
    return _text(data / "ssh" / "container").endswith(container.id)


def _published(engine: Engine, container: Container, listens: int | None) -> int | None:
    """The host's port that the container has, whatever it was made from."""
    if listens is None:
        return None
    found = (one.host_port for one in engine.published(container.id) if one.port == listens)
    return next(found, None)


def _known_key(door: SshDoor, container: Container) -> str | None:
    """The host's key of this container, where its keys were made before."""
    if _text(door.identity.parent / "container") != container.id or not door.identity.exists():
        return None
    match = re.search(r" (ssh-ed25519 \S+)\n$", _text(door.known_hosts))
    return match[1] if match else None


def _keys(container: Container, door: SshDoor, result: Result) -> str | None:
    """The host's key, made anew with the client's."""
    if result.code == _NO_SERVER:
        _keep(private_folder(door.identity.parent) / "container", f"none in {container.id}")
        return None
    match = _MADE.fullmatch(result.output)
    if not result.ok or not match:
        message = "the SSH keys of the workspace could not be made"
        fix = "run `devpod-gen down` and `devpod-gen up`"
        raise StartError(message, where=container.name, fix=fix, detail=result.errors)
    folder = private_folder(door.identity.parent)
    publish(door.identity, match[1], mode=0o600)
    # What is in memory is gone when the container stops: `up` makes it anew each time.
    in_memory = "in memory of " if match[3] in _IN_MEMORY else ""
    _keep(folder / "container", f"{in_memory}{container.id}")
    return match[2]


def _keep(path: Path, text: str) -> None:
    if not path.exists() or _text(path) != text:
        publish(path, text, mode=0o600)


def _ask(engine: Engine, container: Container, visit: Visit) -> Result:
    """As the user, not as root: root may lack the capability to give anything away."""
    argv = ["sh", "-c", WELCOME, "sh", visit.lacks, visit.who.git]
    result = engine.exec(container.id, argv, user=visit.who.user, timeout=20)
    if result.code != _NO_FOLDER:
        return result
    make = ["sh", "-c", FOLDER, "sh", visit.who.user]
    made = engine.exec(container.id, make, user="root", timeout=20)
    if not made.ok:
        return made
    return engine.exec(container.id, argv, user=visit.who.user, timeout=20)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
