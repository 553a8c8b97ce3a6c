"""The SSH door: the workspace makes its keys, emit writes its ssh_config, OpenSSH goes in."""

import shlex
from pathlib import Path

from devpod_gen.disk import publish
from devpod_gen.emit.gateway import SshFiles, ssh_config
from devpod_gen.engine import openssh
from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import Result
from devpod_gen.plan.model import Plan
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.ssh import SSHD, SshDoor


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
