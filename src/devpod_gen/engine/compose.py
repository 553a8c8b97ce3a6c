"""Workspaces are started by Compose v2, through `docker compose`."""

import os
import re
from collections.abc import Callable

from devpod_gen.engine import alive, belongings, connect, direct, started, unstarted
from devpod_gen.engine.command import Result, run, stream
from devpod_gen.engine.model import OnStep, Project
from devpod_gen.engine.surroundings import surroundings
from devpod_gen.errors import EngineError, StartError

_DEADLINE = 300.0


def up(project: Project, only: tuple[str, ...], on_step: OnStep) -> None:
    """Create what the project's files say, or these services of it, look at what was made, and
    start it; nothing is built. Raises StartError, Forbidden."""
    try:
        if project.direct and not only and direct.start(project, *_command(project), on_step):
            return
        belongings.require_ours(project)
        started.unpause(project)
        _create(project, only, on_step)
        started.start(project, only, on_step)
    except (direct.Refused, started.Refused) as refused:
        raise _start_error(project, Result(1, "", str(refused))) from refused


def _create(project: Project, only: tuple[str, ...], on_step: OnStep) -> None:
    """What has changed since is made anew, and what has not stays as it is."""
    anew = ("--force-recreate",) if started.are_stranded(project) else ()
    told = ("up", "--no-start", "--no-build", "--quiet-pull", *anew, *only)
    argv, environment = _command(project)
    steps = _steps(on_step)
    result = stream([*argv, *told], steps, timeout=_DEADLINE, env=environment, folder="/")
    if not result.ok:
        alive.require()
        raise _start_error(project, result)


def _steps(on_step: OnStep) -> Callable[[str], None]:
    """Compose says what it does as it does it."""
    told: set[str] = set()

    def on_line(line: str) -> None:
        if re.match(r"\s*Container \S+\s+(Creating|Recreate)\b", line) and not told:
            told.add(line)
            on_step("create")

    on_step("begin")
    return on_line


def resolved(project: Project) -> str:
    """What Compose makes of the project's files: their text, with all variables in it."""
    result = _run(project, "config")
    if not result.ok:
        alive.require()
        message = f"the compose file of {project.name} could not be read"
        raise EngineError(
            message, where=project.name, fix="run it again", detail=result.last_lines(5)
        )
    return result.output


def logs_command(project: str, *, follow: bool) -> list[str]:
    """What prints the output of all services, with its name before each line."""
    connect.require_plugin("compose")
    return [
        *(connect.client(), "compose", "--ansi=never", "--project-name", project),
        *("--env-file", os.devnull, "logs", *(["--follow"] if follow else [])),
    ]


def _run(project: Project, *arguments: str) -> Result:
    """Compose on exactly these files; without any, on what carries the project's label."""
    argv, environment = _command(project)
    # Without files (they were deleted since), those of the current folder are not meant.
    return run([*argv, *arguments], timeout=_DEADLINE, env=environment, folder="/")


def _command(project: Project) -> tuple[list[str], dict[str, str]]:
    """The command, and its environment.

    A repo's own `.env`, an override file and COMPOSE_* of the host would otherwise steer it.
    """
    connect.require_plugin("compose")
    files = [word for file in project.files for word in ("--file", str(file))]
    files += ["--project-directory", str(project.folder)] if project.folder else []
    argv = [
        *(connect.client(), "compose", "--ansi=never", "--progress=plain"),
        *("--project-name", project.name, *files, "--env-file", os.devnull),
    ]
    return argv, surroundings([("DEVPOD_PROJECT", project.name)], project.variables)


def _start_error(project: Project, result: Result) -> StartError:
    said = result.last_lines(6)
    message, fix = unstarted.cause(said) or (
        f"the workspace {project.name} did not start",
        "read the engine's words above",
    )
    return StartError(message, where=str(project.files[0]), fix=fix, detail=said)
