"""The SSH door: the workspace makes its keys, emit writes its ssh_config, OpenSSH goes in."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.disk import publish
from devpod_gen.emit.gateway import SshFiles, ssh_config
from devpod_gen.engine import openssh
from devpod_gen.engine.api import Container, Engine
from devpod_gen.engine.command import Result
from devpod_gen.plan.model import Plan
from devpod_gen.verify.doors import Named
from devpod_gen.verify.proof import EXEC, Proof, look, probe, shut
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.probe import Login
from devpod_gen.workspace.ssh import SSHD, SshDoor, open_door


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
        inside = by_ssh(way.program, way.door, run.plan.folder, seconds=EXEC)
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
        door = open_door(run.engine, container, who.user, data=data, alias=alias)
        if door:
            write_config(run.engine, run.plan, door, container.id)
        else:
            shut(run, name, "the image is not one of ours, and has no SSH server for this")
        yield Way(program, door) if door else None


def write_config(engine: Engine, plan: Plan, door: SshDoor, container: str) -> None:
    """Write the door's ssh_config, which leads into this container."""
    proxy = engine.stdio_command(container, list(SSHD), user=plan.user)
    files = SshFiles(door.alias, str(door.identity), str(door.known_hosts), tuple(proxy))
    publish(door.config, ssh_config(plan, files), mode=0o600)


def by_ssh(program: str, door: SshDoor, folder: Path | str, *, seconds: float) -> Inside:
    """OpenSSH, as a way to run commands in `folder` of the workspace."""

    def inside(argv: list[str]) -> Result:
        command = f"cd {shlex.quote(str(folder))} && {shlex.join(argv)}"
        return openssh.run_over(program, door.config, door.alias, command, seconds=seconds)

    return inside
