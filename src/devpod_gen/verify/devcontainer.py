"""The second door: a workspace started by the reference client, and entered through it."""

from devpod_gen.engine import reference
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Project
from devpod_gen.errors import StartError
from devpod_gen.verify.leaks import hand_over, leaks_of_container
from devpod_gen.verify.proof import (
    EXEC,
    Proof,
    container_of,
    look,
    look_at_services,
    probe,
    ready,
    shut,
    taken_away,
)
from devpod_gen.verify.report import Check
from devpod_gen.workspace import image
from devpod_gen.workspace.clock import Timing


def devcontainer_door(run: Proof, variables: dict[str, str]) -> Timing | None:
    """Start by the reference client, when it is there, and look around through it; the
    time until its shell was ready."""
    program = reference.program()
    if not program:
        shut(run, "devcontainer", "@devcontainers/cli (`devcontainer`) is not on PATH")
        return None
    run.say("opening the devcontainer door")
    project = run.project("devcontainer", variables)
    client = reference.ReferenceClient(
        program=program,
        root=run.identity.root,
        config=run.identity.config_file,
        project=project.name,
        label=f"devpod-gen.verify={project.name}",
        variables=project.variables,
        override=run.cut.config if run.cut else None,
    )
    with taken_away(run, project, "devcontainer"), run.clock.lap("devcontainer"):
        try:
            return _look_through(run, client, project)
        except StartError as error:
            detail = f"{error.message}: {error.detail}"
            run.checks.append(Check("start", "devcontainer", False, detail))
    return None


def _look_through(run: Proof, client: reference.ReferenceClient, project: Project) -> Timing:
    container_id, built = client.up()
    container = container_of(run.engine, client.project)
    of_bundle = image.loaded(run.engine, run.plan.image)
    wanted = of_bundle.id if of_bundle else run.plan.image.exact
    same = container.image == wanted and container.id.startswith(container_id)
    detail = f"no build; runs {container.image}"
    if built or not same:
        detail = f"{'it built an image; ' if built else ''}it runs {container.image}, not {wanted}"
    run.checks.append(Check("start", "devcontainer", same and not built, detail))
    look_at_services(run, client.project, "devcontainer")
    who = ready(run, container)
    hand_over(run, container, who.user)

    def inside(argv: list[str]) -> Result:
        return client.exec(argv, seconds=EXEC)

    timing = probe(run, who.shell, "devcontainer", inside)
    look(run, who.shell, "devcontainer", inside)
    leaks_of_container(run, container, project, "devcontainer")
    return timing
