"""Workspaces are started and removed by Compose v2, through `docker compose`."""

import os
import re

from devpod_gen.engine import connect
from devpod_gen.engine.api import Project
from devpod_gen.engine.command import Result, run
from devpod_gen.errors import EngineError, StartError

_DEADLINE = 300.0
_CONTROL = 30.0
_SHARED = "devpod-gen"  # another value: a throw-away project's own
_PORT_TAKEN = re.compile(r"(?:([0-9.]+:\d+)[^\n]*)?(?:already allocated|already in use)")


def up(project: Project, only: tuple[str, ...]) -> None:
    """Create and start what the project's files say, or these services of it; nothing is
    built. Raises StartError."""
    result = _run(project, "up", "--detach", "--no-build", "--quiet-pull", *only)
    if not result.ok:
        connect.raise_if_down(result)
        raise _start_error(project, result)


def down(project: Project, *, volumes: bool) -> None:
    """Stop and remove what the project has; without files, all that has its label. A shared
    volume stays, though the project that made it is on its label."""
    patience = [] if project.grace is None else ["--timeout", str(project.grace)]
    if volumes and not _volumes(project, shared=True):
        _must(project, _run(project, "down", "--remove-orphans", "--volumes", *patience))
    else:
        # Without --volumes, `down` would leave the unnamed volumes that images ask for, too,
        # and nobody could tell whose they were. `rm --volumes` means these only.
        _must(project, _run(project, "rm", "--stop", "--force", "--volumes"))
        _must(project, _run(project, "down", "--remove-orphans", *patience))
    # Where it finds no container, Compose leaves what a start has made before one; and what
    # it takes for used, since Podman is slow to let go.
    _remove(project, "network", _networks(project))
    if volumes:
        _remove(project, "volume", _volumes(project, shared=False))


def _must(project: Project, result: Result) -> Result:
    if not result.ok:
        connect.raise_if_down(result)
        message = f"the workspace {project.name} could not be removed"
        raise EngineError(
            message, where=project.name, fix="run it again", detail=result.last_lines(5)
        )
    return result


def _networks(project: Project) -> set[str]:
    return {name for name, *_ in _rows(project, "network", "{{.Name}}")}


def _volumes(project: Project, *, shared: bool) -> set[str]:
    """The project's volumes that are shared, or those that are its own. Told apart here:
    Podman takes one of two labels for enough."""
    rows = _rows(project, "volume", '{{.Name}} {{.Label "devpod-gen.shared"}}')
    return {name for name, *value in rows if (value == [_SHARED]) is shared}


def _rows(project: Project, kind: str, row: str) -> list[list[str]]:
    """What the project has of a kind, as words of a line each."""
    chosen = f"--filter=label=com.docker.compose.project={project.name}"
    argv = [connect.client(), kind, "ls", "--format", row, chosen]
    return [
        line.split() for line in _must(project, run(argv, timeout=_CONTROL)).output.splitlines()
    ]


def _remove(project: Project, kind: str, names: set[str]) -> None:
    if names:
        argv = [connect.client(), kind, "rm", *sorted(names)]
        _must(project, run(argv, timeout=_CONTROL))


def resolved(project: Project) -> str:
    """What Compose makes of the project's files: their text, with all variables in it."""
    return _must(project, _run(project, "config")).output


def logs_command(project: str, *, follow: bool) -> list[str]:
    """What prints the output of all services, with its name before each line."""
    connect.require_plugin("compose")
    return [
        *(connect.client(), "compose", "--ansi=never", "--project-name", project),
        *("--env-file", os.devnull, "logs", *(["--follow"] if follow else [])),
    ]


def _run(project: Project, *arguments: str) -> Result:
    """Compose on exactly these files; without any, on what carries the project's label.

    A repo's own `.env`, an override file and COMPOSE_* of the host would otherwise steer it.
    """
    connect.require_plugin("compose")
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("COMPOSE_", "DEVPOD_LOADED_"))
    }
    files = [word for file in project.files for word in ("--file", str(file))]
    argv = [
        *(connect.client(), "compose", "--ansi=never", "--progress=plain"),
        *("--project-name", project.name, *files, "--env-file", os.devnull),
        *arguments,
    ]
    # Without files (they were deleted since), those of the current folder are not meant.
    known = {"DEVPOD_PROJECT": project.name} | dict(project.variables)
    return run(argv, timeout=_DEADLINE, env=kept | known, folder="/")


def _start_error(project: Project, result: Result) -> StartError:
    said = result.last_lines(6)
    taken = _PORT_TAKEN.search(said)
    if taken:
        port = taken[1] or "of the profile"
        message = f"the port {port} is taken by another program"
        fix = "stop what listens there (`ss -ltnp`), or change [[ports]] in the profile"
    elif "could not select device driver" in said:
        message = "the engine has no GPU to give"
        fix = "install NVIDIA's container toolkit on the engine's host, or drop resources.gpus"
    else:
        message = f"the workspace {project.name} did not start"
        fix = "read the engine's words above"
    return StartError(message, where=str(project.files[0]), fix=fix, detail=said)
