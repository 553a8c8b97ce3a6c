"""The SSH door: the workspace makes its keys, emit writes its ssh_config, OpenSSH goes in."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.disk import publish
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.engine import openssh
from devpod_gen.engine.api import Container, Engine
from devpod_gen.engine.command import Result
from devpod_gen.errors import InternalError
from devpod_gen.plan.model import Plan
from devpod_gen.verify.doors import Named
from devpod_gen.verify.proof import EXEC, Proof, look, probe, shut
from devpod_gen.workspace import credentials
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.probe import Login
from devpod_gen.workspace.ssh import SSHD, SshDoor, Who, open_door


@dataclass(frozen=True, slots=True)
class Way:
    """The way in by SSH: the client, and the door that it is told to use."""

    program: str
    door: SshDoor


def ssh_door(run: Proof, container: Container, who: Login) -> float | None:
    """Come in by SSH and look around; the seconds until the shell was ready."""
    with run.clock.stage("ssh"), way_in(run, "ssh", container, who) as way:
        if not way:
            return None
        inside = by_ssh(way.program, way.door, seconds=EXEC)
        probe(run, who.shell, "ssh", inside)
        seconds = run.clock.elapsed()
        look(run, who.shell, "ssh", inside)
        return seconds


@contextmanager
def way_in(run: Proof, name: Named, container: Container, who: Login) -> Iterator[Way | None]:
    """A way in by SSH, when the host has a client and the image has our server. Else it is
    said of the door `name` that it is shut, and why."""
    program = openssh.program()
    if not program:
        shut(run, name, "there is no OpenSSH client (`ssh`) on PATH")
        yield None
        return
    with TemporaryDirectory(prefix="devpod-gen-") as folder:
        data, alias = Path(folder), "verify.devpod-gen"
        comes = Who(who.user, listens=run.plan.ssh.listens)
        door = open_door(run.engine, container, comes, data=data, alias=alias)
        if door:
            write_config(run.engine, run.plan, door, container)
        else:
            shut(run, name, "the image is not one of ours, and has no SSH server for this")
        yield Way(program, door) if door else None


def write_config(engine: Engine, plan: Plan, door: SshDoor, container: Container) -> None:
    """Write the door's ssh_config, which leads into this container; ssh has read it first."""
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
    if not door.config.exists() or door.config.read_text(encoding="utf-8") != text:
        _require_understood(text, door)
        publish(door.config, text, mode=0o600)


def by_ssh(program: str, door: SshDoor, *, seconds: float) -> Inside:
    """OpenSSH, as a way to run commands in the workspace: that is where a session begins."""

    def inside(argv: list[str]) -> Result:
        return openssh.run_over(program, door.config, door.alias, shlex.join(argv), seconds=seconds)

    return inside


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
