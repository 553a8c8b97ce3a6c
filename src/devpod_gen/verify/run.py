"""A verification: a throw-away workspace through each door, looked at, and taken away.

It works in projects of its own and never in the user's: bare Compose in the editor's
project would recreate its container.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.engine import openssh, reference
from devpod_gen.engine.api import Container, Engine, Project
from devpod_gen.engine.command import Result
from devpod_gen.errors import StartError
from devpod_gen.plan.model import Plan
from devpod_gen.profile.hook import HookName
from devpod_gen.verify.checks import look_inside, ports_check
from devpod_gen.verify.parts import look_at_links
from devpod_gen.verify.report import Check, Door, Report
from devpod_gen.verify.secrets import secrets_check
from devpod_gen.verify.ssh import by_ssh, write_config
from devpod_gen.workspace import image, lifecycle, services, throwaway
from devpod_gen.workspace.batch import Inside
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.dotfiles import apply_dotfiles
from devpod_gen.workspace.hooks import CREATION, run_hooks
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.probe import Login, run_probes, wait_until_ready
from devpod_gen.workspace.ssh import open_door
from devpod_gen.workspace.variables import variables as known_variables

_PROJECT = "com.docker.compose.project"
_EXEC = 600.0


@dataclass(frozen=True, slots=True)
class _Run(Context):
    """What a verification works with, and what it has found so far."""

    checks: list[Check] = field(default_factory=list)

    def project(self, door: Door, variables: dict[str, str]) -> Project:
        """A project that nobody else has."""
        name = throwaway.name(door)
        own = {"DEVPOD_SHARED": name}  # a look must not touch the user's shared caches
        return Project(name, (self.identity.compose_file,), tuple((variables | own).items()))


def verify(context: Context, *, budget: float | None = None) -> Report:
    """Prove the plan. Raises ImageError or StartError when there is nothing to look at;
    all else is in the report. `budget`: the most seconds to a ready shell."""
    plan, clock, say = context.plan, context.clock, context.say
    run = _Run(context.engine, plan, context.identity, clock, say)
    with clock.stage("image"):
        root = run.identity.root
        found = image.ensure(run.engine, plan.image, say, clock=clock, root=root)
        services.get_images(run.engine, plan, say)
    variables = _free_ports(run.engine, plan, run.identity)
    variables |= dict(known_variables(run.identity, plan))
    say("opening the compose door")
    seconds = _compose_door(run, variables)
    if budget is not None:
        detail = f"{seconds:.2f} s to a ready shell, the budget is {budget:g} s"
        run.checks.append(Check("budget", "compose", seconds <= budget, detail))
    _devcontainer_door(run, variables)
    with clock.stage("secrets"):
        run.checks.append(secrets_check(run.engine, found.id))
    return Report(plan.name, found, tuple(run.checks), tuple(clock.stages), seconds, budget)


def _compose_door(run: _Run, variables: dict[str, str]) -> float:
    """Start by Compose and look around; the seconds until the shell was ready."""
    project = run.project("compose", variables | dict(services.AT_ONCE))
    with _taken_away(run, project, "compose"):
        with run.clock.stage("start"):
            services.start(run.engine, project, run.plan)
            _services(run, project.name, "compose")
        container = _container(run.engine, project.name)
        with run.clock.stage("ready"):
            who = _ready(run, container)
        inside = lifecycle.by_exec(run.engine, container, run.plan)
        created = _hooks(run, container, *CREATION, stage="hooks")
        _dotfiles(run, container, inside)
        if created:  # a hook that fails stops the later ones
            _hooks(run, container, "start", "attach", stage="start hook")
        with run.clock.stage("probe"):
            _probe(run, who.shell, "compose", inside)
        seconds = run.clock.elapsed()
        with run.clock.stage("checks"):
            _look(run, who.shell, "compose", inside)
            run.checks.append(ports_check(run.engine, container.id, "compose"))
        with run.clock.stage("ssh"):
            _ssh_door(run, container, who)
    return seconds


def _ssh_door(run: _Run, container: Container, who: Login) -> None:
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
        inside = by_ssh(program, door, run.plan.folder, seconds=_EXEC)
        _probe(run, who.shell, "ssh", inside)
        _look(run, who.shell, "ssh", inside)


def _devcontainer_door(run: _Run, variables: dict[str, str]) -> None:
    """Start by the reference client, when it is there, and look around through it."""
    program = reference.program()
    if not program:
        detail = "not run: @devcontainers/cli (`devcontainer`) is not on PATH"
        run.checks.append(Check("start", "devcontainer", None, detail))
        return
    run.say("opening the devcontainer door")
    project = run.project("devcontainer", variables)
    client = reference.ReferenceClient(
        program=program,
        root=run.identity.root,
        config=run.identity.config_file,
        project=project.name,
        label=f"devpod-gen.verify={project.name}",
        variables=project.variables,
    )
    with _taken_away(run, project, "devcontainer"), run.clock.stage("devcontainer"):
        try:
            _look_through(run, client)
        except StartError as error:
            detail = f"{error.message}: {error.detail}"
            run.checks.append(Check("start", "devcontainer", False, detail))


def _look_through(run: _Run, client: reference.ReferenceClient) -> None:
    container_id, built = client.up()
    container = _container(run.engine, client.project)
    wanted = run.plan.image.exact
    same = container.image == wanted and container.id.startswith(container_id)
    detail = f"no build; runs {container.image}"
    if built or not same:
        detail = f"{'it built an image; ' if built else ''}it runs {container.image}, not {wanted}"
    run.checks.append(Check("start", "devcontainer", same and not built, detail))
    _services(run, client.project, "devcontainer")
    who = _ready(run, container)

    def inside(argv: list[str]) -> Result:
        return client.exec(argv, seconds=_EXEC)

    _probe(run, who.shell, "devcontainer", inside)
    _look(run, who.shell, "devcontainer", inside)


def _services(run: _Run, project: str, door: Door) -> None:
    """Each service runs, and its health check passes."""
    run.checks.extend(
        Check(f"service:{answer.name}", door, answer.ok, answer.detail, answer.seconds)
        for answer in services.ask_all(run.engine, project, run.plan.services)
    )


def _hooks(run: _Run, container: Container, *names: HookName, stage: str) -> bool:
    """Whether all is well with them; what came of each is looked at with the rest."""
    try:
        run_hooks(run, container, *names, stage=stage)
    except StartError as error:
        detail = f"{error.message}: {error.detail}"
        run.checks.append(Check(stage, "compose", False, detail))
        return False
    return True


def _dotfiles(run: _Run, container: Container, inside: Inside) -> None:
    """They are applied by `up` and `shell`, hence not through the reference client."""
    begun = run.clock.elapsed()
    applied = apply_dotfiles(run, container)
    if applied:
        whole, links = look_at_links(inside)
        detail = f"{applied.detail}; {links}" if applied.ok else applied.detail
        seconds = run.clock.elapsed() - begun
        run.checks.append(Check("dotfiles", "compose", applied.ok and whole, detail, seconds))


def _ready(run: _Run, container: Container) -> Login:
    seconds = lifecycle.READY_WITHIN
    return wait_until_ready(run.engine, container, run.plan.user, seconds=seconds)


def _probe(run: _Run, shell: str, door: Door, inside: Inside) -> None:
    run.checks.extend(
        Check(f"probe:{outcome.id}", door, outcome.ok, outcome.detail, outcome.seconds)
        for outcome in run_probes(inside, shell, run.plan.probes)
    )


def _look(run: _Run, shell: str, door: Door, inside: Inside) -> None:
    run.checks.extend(look_inside(run.plan, run.identity.root, shell, door, inside))


@contextmanager
def _taken_away(run: _Run, project: Project, door: Door) -> Iterator[None]:
    """Whatever happens inside, nothing of the project is left; that is a check, too."""
    try:
        yield
    finally:
        with run.clock.stage(f"remove {door}"):
            run.engine.remove(project, volumes=True)
            left = run.engine.labelled(_PROJECT, project.name)
        detail = f"left behind: {', '.join(left)}" if left else "nothing is left"
        run.checks.append(Check("removed", door, not left, detail))


def _container(engine: Engine, project: str) -> Container:
    found = engine.containers({_PROJECT: project, "com.docker.compose.service": "dev"})
    if not found:
        message = "the workspace was started, but the engine does not list it"
        raise StartError(message, where=project, fix="run it again")
    return found[0]


def _free_ports(engine: Engine, plan: Plan, identity: Identity) -> dict[str, str]:
    """Where this clone's own workspace holds the profile's ports, the throw-away one gets
    any free ones: that is no fault of the profile. Another holder is."""
    wanted = [port.port for port in plan.ports if port.publish]
    wanted += [port for service in plan.services if service.publish for port in service.ports]
    own = lifecycle.find(engine, identity) if wanted else None
    if not own:
        return {}
    held = {
        published.host_port
        for container in engine.containers({_PROJECT: own.project})
        if container.running
        for published in engine.published(container.id)
    }
    return {f"DEVPOD_PORT_{port}": "0" for port in wanted if port in held}
