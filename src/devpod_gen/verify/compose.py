"""The first door: a workspace started by Compose, entered by exec and by SSH."""

from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.engine import openssh
from devpod_gen.engine.api import Container
from devpod_gen.errors import StartError
from devpod_gen.profile.hook import HookName
from devpod_gen.verify.checks import ports_check
from devpod_gen.verify.parts import look_at_links
from devpod_gen.verify.proof import (
    EXEC,
    Proof,
    container_of,
    look,
    look_at_services,
    probe,
    ready,
    taken_away,
)
from devpod_gen.verify.report import Check
from devpod_gen.verify.ssh import by_ssh, write_config
from devpod_gen.workspace import lifecycle, services
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.dotfiles import apply_dotfiles
from devpod_gen.workspace.hooks import CREATION, run_hooks
from devpod_gen.workspace.probe import Login
from devpod_gen.workspace.ssh import open_door


def compose_door(run: Proof, variables: dict[str, str]) -> float:
    """Start by Compose and look around; the seconds until the shell was ready."""
    project = run.project("compose", variables | dict(services.AT_ONCE))
    with taken_away(run, project, "compose"):
        with run.clock.stage("start"):
            services.start(run.engine, project, run.plan)
            look_at_services(run, project.name, "compose")
        container = container_of(run.engine, project.name)
        with run.clock.stage("ready"):
            who = ready(run, container)
        inside = lifecycle.by_exec(run.engine, container, run.plan)
        created = _hooks(run, container, *CREATION, stage="hooks")
        _dotfiles(run, container, inside)
        if created:  # a hook that fails stops the later ones
            _hooks(run, container, "start", "attach", stage="start hook")
        with run.clock.stage("probe"):
            probe(run, who.shell, "compose", inside)
        seconds = run.clock.elapsed()
        with run.clock.stage("checks"):
            look(run, who.shell, "compose", inside)
            run.checks.append(_ports(run, container))
        with run.clock.stage("ssh"):
            _ssh_door(run, container, who)
    return seconds


def _ports(run: Proof, container: Container) -> Check:
    if run.cut:
        return Check("ports", "compose", None, "not run: offline, no port is published")
    return ports_check(run.engine, container.id, "compose")


def _ssh_door(run: Proof, container: Container, who: Login) -> None:
    """Come in by SSH, when the host has a client and the image has our server."""
    program = openssh.program()
    if not program:
        detail = "not run: there is no OpenSSH client (`ssh`) on PATH"
        run.checks.append(Check("start", "ssh", None, detail))
        return
    with TemporaryDirectory(prefix="devpod-gen-") as folder:
        data = Path(folder)
        door = open_door(run.engine, container, who.user, data=data, alias="verify.devpod-gen")
        if not door:
            detail = "not run: the image is not one of ours, and has no SSH server for this"
            run.checks.append(Check("start", "ssh", None, detail))
            return
        write_config(run.engine, run.plan, door, container.id)
        inside = by_ssh(program, door, run.plan.folder, seconds=EXEC)
        probe(run, who.shell, "ssh", inside)
        look(run, who.shell, "ssh", inside)


def _hooks(run: Proof, container: Container, *names: HookName, stage: str) -> bool:
    """Whether all is well with them; what came of each is looked at with the rest."""
    try:
        run_hooks(run, container, *names, stage=stage)
    except StartError as error:
        detail = f"{error.message}: {error.detail}"
        run.checks.append(Check(stage, "compose", False, detail))
        return False
    return True


def _dotfiles(run: Proof, container: Container, inside: Inside) -> None:
    """They are applied by `up` and `shell`, hence not through the reference client."""
    begun = run.clock.elapsed()
    applied = apply_dotfiles(run, container)
    if applied:
        whole, links = look_at_links(inside)
        detail = f"{applied.detail}; {links}" if applied.ok else applied.detail
        seconds = run.clock.elapsed() - begun
        run.checks.append(Check("dotfiles", "compose", applied.ok and whole, detail, seconds))
