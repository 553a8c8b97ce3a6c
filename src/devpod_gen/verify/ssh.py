"""The SSH door of a verification: OpenSSH goes in, and looks around."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.engine import openssh
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Container
from devpod_gen.value import dataclass
from devpod_gen.verify.doors import Named
from devpod_gen.verify.doorway import write_config
from devpod_gen.verify.proof import EXEC, Proof, look, probe, shut
from devpod_gen.verify.transfer import transfers
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.clock import Timing
from devpod_gen.workspace.probe import Login
from devpod_gen.workspace.ssh import SshDoor, Who, open_door


@dataclass(frozen=True, slots=True)
class Way:
    """The way in by SSH: the client, and the door that it is told to use."""

    program: str
    door: SshDoor


def ssh_door(run: Proof, container: Container, who: Login) -> Timing | None:
    """Come in by SSH and look around; where the time went until the shell was ready."""
    with run.clock.lap("ssh"), way_in(run, "ssh", container, who) as way:
        if not way:
            return None
        inside = by_ssh(way.program, way.door, seconds=EXEC)
        timing = probe(run, who.shell, "ssh", inside)
        look(run, who.shell, "ssh", inside)
        run.checks.extend(transfers(way.program, way.door))
        return timing


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


def by_ssh(program: str, door: SshDoor, *, seconds: float) -> Inside:
    """OpenSSH, as a way to run commands in the workspace: that is where a session begins."""

    def inside(argv: list[str]) -> Result:
        return openssh.run_over(program, door.config, door.alias, shlex.join(argv), seconds=seconds)

    return inside
