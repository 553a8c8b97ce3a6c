"""Commands run inside, by the user's login shell, as a person would."""

import time
from dataclasses import dataclass

from devpod_gen.engine.api import Container, Engine
from devpod_gen.engine.command import TIMED_OUT
from devpod_gen.errors import StartError
from devpod_gen.plan.model import ProbePlan

# Our images' entrypoint leaves a mark when the user, the caches and git are set up. It
# holds the start time of process 1, so the mark of an earlier run does not count. Images
# of the user's own have no such entrypoint: they are ready once they run.
_WAIT = """
[ -x /usr/local/bin/devpod-entrypoint ] || exit 0
read -r stat </proc/1/stat
set -- ${stat##*) }
until { read -r mark </run/devpod/ready; } 2>/dev/null && [ "$mark" = "${20}" ]; do
    sleep 0.02
done
"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a probe ended: `detail` is what it said, or why it failed."""

    id: str
    ok: bool
    detail: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Login:
    """The user inside, as /etc/passwd has it."""

    user: str
    shell: str
    home: str


def wait_until_ready(engine: Engine, container: Container, *, seconds: float) -> None:
    """Return once the container's entrypoint has done its work.

    Raises StartError past `seconds`, or when the container ends.
    """
    result = engine.exec(container.id, ["sh", "-c", _WAIT], user="root", timeout=seconds)
    if not result.ok:
        late = result.code == TIMED_OUT
        reason = f"it was not ready after {seconds:g} s" if late else "it ended while starting"
        message = f"the workspace did not become ready: {reason}"
        raise StartError(
            message,
            where=container.name,
            fix="read what it said last; an image.ref must stay alive with `sleep infinity`",
            detail=engine.why_stopped(container.id),
        )


def login(engine: Engine, container: Container, user: str) -> Login:
    """Who `user` is inside. Raises StartError when the image has no such user."""
    result = engine.exec(container.id, ["getent", "passwd", user], user="root", timeout=10)
    fields = result.output.strip().split(":")
    if not result.ok or len(fields) != 7:
        message = f"the image has no user {user}"
        fix = "set `user` in the profile to one that the image has"
        raise StartError(message, where=container.name, fix=fix, detail=result.last_lines(3))
    return Login(user, fields[6] or "/bin/sh", fields[5])


def run_probe(
    engine: Engine, container: Container, who: Login, folder: str, probe: ProbePlan
) -> Outcome:
    """Run one probe to its end. It never raises for what the probe does."""
    begun = time.monotonic()
    result = engine.exec(
        container.id,
        [who.shell, "-lc", probe.run],
        user=who.user,
        timeout=probe.timeout,
        folder=folder,
    )
    seconds = time.monotonic() - begun
    said = result.last_lines(3)
    if result.code == TIMED_OUT:
        return Outcome(probe.id, False, f"`{probe.run}` took over {probe.timeout} s", seconds)
    if not result.ok:
        return Outcome(probe.id, False, f"`{probe.run}` ended with {result.code}: {said}", seconds)
    if probe.expect and probe.expect not in result.output + result.errors:
        detail = f"`{probe.run}` did not print {probe.expect!r}, but: {said}"
        return Outcome(probe.id, False, detail, seconds)
    return Outcome(probe.id, True, said.splitlines()[0] if said else "", seconds)
