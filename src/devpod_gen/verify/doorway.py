"""The way to a workspace by SSH: the workspace makes its keys, emit writes its ssh_config."""

import hashlib
from pathlib import Path

from devpod_gen.disk import publish
from devpod_gen.emit.recall import emitters
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.engine import openssh
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container
from devpod_gen.errors import InternalError
from devpod_gen.plan.model import Plan
from devpod_gen.value import dataclass
from devpod_gen.workspace import credentials, lifecycle, port, record
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.ssh import SSHD, SshDoor, visit_of
from devpod_gen.workspace.welcome import enter


@dataclass(frozen=True, slots=True)
class Config:
    """An ssh_config that ssh has read. `mark`: changes with it, and with what it was made of."""

    text: str
    mark: str


def write_config(engine: Engine, plan: Plan, door: SshDoor, container: Container) -> None:
    """Write the door's ssh_config, which leads into this container; ssh has read it first."""
    keep_config(door, config_of(engine, plan, door, container))


def config_of(engine: Engine, plan: Plan, door: SshDoor, container: Container) -> Config | None:
    """The door's ssh_config; None where it is there already, made of the same by the same."""
    proxy = engine.stdio_command(container.id, list(SSHD), user=plan.user)
    files = SshFiles(
        alias=door.alias,
        identity=str(door.identity),
        known_hosts=str(door.known_hosts),
        proxy=tuple(proxy),
        port=door.port,
        at_login=credentials.relay(engine, container, plan.user, door.config.parent),
    )
    there, key = _read(door.config), repr((plan, files, emitters()))
    if there and _mark(key, there) == _read(_mark_file(door)):
        return None
    text = ssh_config(plan, files)
    if there != text:
        _require_understood(text, door)
    return Config(text, _mark(key, text))


def keep_config(door: SshDoor, config: Config | None) -> None:
    """Have it where the user's ssh looks for it."""
    if config:
        if _read(door.config) != config.text:
            publish(door.config, config.text, mode=0o600)
        publish(_mark_file(door), config.mark, mode=0o600)


def _mark_file(door: SshDoor) -> Path:
    return door.identity.parent / "config"


def _mark(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\0{text}".encode(errors="surrogateescape")).hexdigest()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def have_door(context: Context) -> SshDoor | None:
    """The door of the clone's running workspace, whoever started it; None when the image has
    no SSH server of ours. Raises StartError when it does not run."""
    engine, plan, identity = context.engine, context.plan, context.identity
    container = lifecycle.require(engine, identity)
    number = port.ssh_port(identity, plan)
    known = record.claim(identity, plan.alias, engine=engine.address(), port=number)
    who = lifecycle.who_comes(context)
    visit = visit_of(engine, container, who, data=identity.data, alias=known.alias)
    door = enter(context, container, visit)
    if door:
        write_config(engine, plan, door, container)
    return door


def _require_understood(text: str, door: SshDoor) -> None:
    """Raises InternalError when the host's ssh makes something else of it."""
    program = openssh.program()
    if not program:
        return
    told = openssh.settings(program, text, door.alias)
    wanted = {"stricthostkeychecking true", f"hostkeyalias {door.alias}", "identitiesonly yes"}
    if not told.ok or not wanted <= set(told.output.splitlines()):
        message = "ssh does not understand the ssh_config that was made for it"
        fix = "report it; `devpod-gen shell` works without"
        raise InternalError(message, where=door.alias, fix=fix, detail=told.last_lines(5))
