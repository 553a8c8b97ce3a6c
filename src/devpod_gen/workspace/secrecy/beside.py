"""What runs beside the workspace, looked through: its services, as others may see them."""

import json
from collections.abc import Iterator
from functools import partial

from devpod_gen.engine.model import PROJECT
from devpod_gen.workspace.secrecy.hunt import pieces
from devpod_gen.workspace.secrecy.imaged import texts
from devpod_gen.workspace.secrecy.scope import Look, Scope


def configuration(scope: Scope, look: Look) -> None:
    """All that `inspect` shows of each: variables, labels, command."""
    for name, found in _others(scope):
        look(name, texts(found))


def logs(scope: Scope, look: Look) -> None:
    """What each has said."""
    for name, _ in _others(scope):
        scope.engine.said(name, pieces(partial(look, name)))


def _others(scope: Scope) -> Iterator[tuple[str, dict[str, object]]]:
    """The project's other containers: the name, and what the engine says."""
    for one in scope.engine.labelled(PROJECT, scope.project.name):
        kind, _, name = one.partition(" ")
        if kind == "container":
            found = json.loads(scope.engine.inspect(kind, name))
            if not str(found["Id"]).startswith(scope.container):
                yield name, found
