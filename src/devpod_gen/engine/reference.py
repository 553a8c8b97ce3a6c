"""The reference client of the Development Containers specification, `@devcontainers/cli`:
the second door, and the judge of what we emit."""

import json
import re
import shutil
from pathlib import Path

from devpod_gen.engine import connect
from devpod_gen.engine.command import Result, run
from devpod_gen.engine.surroundings import surroundings
from devpod_gen.errors import StartError
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_UP = 300.0
# What the client runs itself, at a time that it says, and BuildKit's numbered steps: a hook may
# say "docker build" as well.
_BUILT = late(
    r"^\[[^\]\n]*\] Start: Run: (?:\S*/)?docker(?:-buildx)? (?:buildx )?build\b"
    r"|^(?:\[[^\]\n]*\] )?#\d+ \[internal\] load build definition",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class ReferenceClient:
    """The client, for one repo and one throw-away project that it is told to use."""

    program: str
    root: Path
    config: Path
    project: str
    label: str
    variables: tuple[tuple[str, str], ...] = ()
    override: Path | None = None
    """A configuration in the place of what `config` holds; paths in it start beside that."""

    def up(self) -> tuple[str, bool]:
        """Start the workspace; the container's id, and whether the log shows a build.

        Raises StartError.
        """
        result = self._run("up", timeout=_UP)
        answer = _last_object(result.output)
        if not result.ok or answer.get("outcome") != "success":
            message = "the reference client did not start the workspace"
            raise StartError(
                message,
                where=str(self.config),
                fix="run `devcontainer up --workspace-folder .` and read its log",
                detail=str(answer.get("description") or result.last_lines(6)),
            )
        return str(answer["containerId"]), bool(_BUILT.search(result.errors))

    def exec(self, argv: list[str], *, seconds: float) -> Result:
        """Run a command inside, as the client's `exec` does."""
        return self._run("exec", *argv, timeout=seconds + 10)

    def _run(self, verb: str, *arguments: str, timeout: float) -> Result:
        argv = [
            *(self.program, verb, "--workspace-folder", str(self.root)),
            *("--config", str(self.config), "--id-label", self.label),
            *(("--override-config", str(self.override)) if self.override else ()),
            *("--docker-path", connect.client(), *arguments),
        ]
        ours = {"COMPOSE_PROJECT_NAME": self.project, "DEVPOD_PROJECT": self.project}
        return run(argv, timeout=timeout, env=surroundings(ours.items(), self.variables))


def program() -> str | None:
    """The reference client on PATH, if it is there."""
    return shutil.which("devcontainer")


def _last_object(output: str) -> dict[str, object]:
    for line in reversed(output.splitlines()):
        if line.startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            return found if isinstance(found, dict) else {}
    return {}
