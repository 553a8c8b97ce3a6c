"""The way to a workspace by SSH: the workspace makes its keys, emit writes its ssh_config."""

from devpod_gen.disk import publish
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.engine import openssh
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container
from devpod_gen.errors import InternalError
from devpod_gen.plan.model import Plan
from devpod_gen.workspace import credentials, lifecycle, port, record
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.ssh import SSHD, SshDoor, visit_of
from devpod_gen.workspace.welcome import enter


def write_config(engine: Engine, plan: Plan, door: SshDoor, container: Container) -> None:
    """Write the door's ssh_config, which leads into this container; ssh has read it first."""
    if text := config_of(engine, plan, door, container):
        publish(door.config, text, mode=0o600)


def config_of(engine: Engine, plan: Plan, door: SshDoor, container: Container) -> str:
    """The door's ssh_config, which ssh has read; empty where it is there already."""
    proxy = engine.stdio_command(container.id, list(SSHD), user=plan.user)
    files = SshFiles(
        alias=door.alias,
        identity=str(door.identity),
        known_hosts=str(door.known_hosts),
        proxy=tuple(proxy),
        port=door.port,
        at_login=credentials.relay(engine, container, plan.user, door.config.parent),
    )
    text = ssh_config(plan, files)
    if door.config.exists() and door.config.read_text(encoding="utf-8") == text:
        return ""
    _require_understood(text, door)
    return text


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
