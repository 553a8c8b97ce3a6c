"""The start of a container: by Compose, with what only this machine knows."""

import json
from pathlib import Path

from devpod_gen.disk import private_folder, publish
from devpod_gen.engine.api import Container, Engine, Project
from devpod_gen.errors import StartError
from devpod_gen.workspace import ownership
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.variables import GIT, variables


def is_current(context: Context, container: Container, *, config: str) -> bool:
    """Whether it is what Compose would make now: of the same file, with the same mounts."""
    git = dict(variables(context.identity, context.plan)).get(GIT, "")
    return container.config == config and container.labels["devpod-gen.git"] == git


def start(context: Context, before: Container | None) -> Container:
    """Let Compose make it so, in the project that the clone's container is in already.

    What did not start is not left lying about. Raises StartError.
    """
    identity = context.identity
    known = variables(identity, context.plan)
    name = before.project if before else identity.project
    if before is None:
        _refuse_to_take_over(context.engine, identity)
    project = Project(name, (identity.compose_file, _labels_file(identity)), known)
    try:
        context.engine.start(project)
    except StartError:
        if before is None:
            context.engine.remove(project, volumes=False)
        raise
    found = ownership.of(context.engine, identity)
    if not found:
        message = "the engine started the workspace, but does not list it"
        raise StartError(message, where=name, fix="run it again")
    return found[0]


def _refuse_to_take_over(engine: Engine, identity: Identity) -> None:
    """A client that found this clone's `.env` in a copy of it has used its project there."""
    for other in ownership.everyones(engine):
        if other.project == identity.project and not ownership.belongs(other, identity):
            message = "another clone's container has this workspace's name"
            fix = "run `devpod-gen down` there, then `devpod-gen up` in both"
            raise StartError(message, where=str(ownership.made_from(other)), fix=fix)


def _labels_file(identity: Identity) -> Path:
    """What the clone's container is known by. The labels hold host paths, so they are not in
    the repo's file.

    By the reference client's own labels that client, and so VS Code, attaches to it. A
    branch beside the repo's own workspace has none: the client would take it for that one.
    """
    labels = {"devpod-gen.id": identity.id, "devpod-gen.host": ownership.host()}
    if identity.branch:
        labels["devpod-gen.branch"] = identity.branch
    else:
        labels["devcontainer.local_folder"] = str(identity.root)
        labels["devcontainer.config_file"] = str(identity.config_file)
    escaped = {key: value.replace("$", "$$") for key, value in labels.items()}
    path = private_folder(identity.data) / "labels.yaml"
    publish(path, json.dumps({"services": {"dev": {"labels": escaped}}}) + "\n", mode=0o600)
    return path
