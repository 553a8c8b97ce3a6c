"""Readiness: the entrypoint has done its work, and the plan's probes pass, run by the
user's login shell as a person would."""

import time
from collections.abc import Sequence
from datetime import datetime

from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import TIMED_OUT, Result
from devpod_gen.engine.model import PROJECT, Container
from devpod_gen.errors import StartError
from devpod_gen.plan.model import ProbePlan
from devpod_gen.regex import late
from devpod_gen.value import dataclass
from devpod_gen.workspace.batch import Command, Inside, Timed, run_all

# Our images' entrypoint leaves a mark when the user, the caches and git are set up. It
# holds the start time of process 1, so the mark of an earlier run does not count. Images
# of the user's own have no such entrypoint: they are ready once they run.
_WAIT = """
if [ -x /usr/local/bin/devpod-entrypoint ]; then
    read -r stat </proc/1/stat
    user=$1
    set -- ${stat##*) }
    until { read -r mark </run/devpod/ready; } 2>/dev/null && [ "$mark" = "${20}" ]; do
        sleep 0.02
    done
    set -- "$user"
fi
getent passwd "$1" || exit 99
# Whoever waits for it wants to use it: the watch for idleness counts anew.
[ ! -e /run/devpod/idle ] || : >/run/devpod/awake
"""
NO_SUCH_USER = 99
_NO_FOLDER = late(r"current working directory is outside of container|chdir to cwd .* failed")
"""What runc says of a command whose folder is gone, newer ones and older ones."""
_MARK = "/run/devpod/ready"
_LOOKING = 0.5  # seconds: who is not ready by then is waited for inside
_PAUSE = 0.005


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


def wait_until_ready(engine: Engine, container: Container, user: str, *, seconds: float) -> Login:
    """Return once the container's entrypoint has done its work, with who `user` is inside.

    Raises StartError past `seconds`, when the container ends, and when there is no such user.
    """
    found = _look(engine, container, user)
    if found:
        return found
    result = engine.exec(
        container.id, ["sh", "-c", _WAIT, "sh", user], user="root", timeout=seconds
    )
    if result.ok:
        return login_of(user, result.output.strip(), container)
    raise refuse(engine, container, user, result, seconds=seconds)


def login_of(user: str, line: str, container: Container) -> Login:
    """Who a line of /etc/passwd says. Raises StartError for what is none."""
    if found := _login(user, line):
        return found
    message = f"the container's /etc/passwd says nothing of use about the user {user}"
    raise StartError(message, where=container.name, fix="give the user a whole line there")


def refuse(
    engine: Engine, container: Container, user: str, result: Result, *, seconds: float
) -> StartError:
    """The error for a container that did not get ready, by how the one who waited ended."""
    if result.code == NO_SUCH_USER:
        message = f"the image has no user {user}"
        fix = "set `user` in the profile to one that the image has"
        return StartError(message, where=container.name, fix=fix)
    late = result.code == TIMED_OUT
    if _NO_FOLDER.search(result.last_lines(1)):
        message = "the workspace has a folder that is gone: the repo was deleted or replaced"
        fix = "run `devpod-gen down`, then `devpod-gen up`"
        said = result.last_lines(1)
        return StartError(message, where=container.name, fix=fix, detail=said)
    reason = f"it was not ready after {seconds:g} s" if late else "it ended while starting"
    message = f"the workspace did not become ready: {reason}"
    return StartError(
        message,
        where=container.name,
        fix="read what it said last; an image.ref must stay alive with `sleep infinity`",
        detail=_last_words(engine, container, result),
    )


def _look(engine: Engine, container: Container, user: str) -> Login | None:
    """Who the user is, where files say at once that the entrypoint has done its work; None
    where it takes a command inside to know, or to tell the watch for idleness.

    A mark that is older than the end of the run before this one is that run's.
    """
    deadline = time.monotonic() + _LOOKING
    while time.monotonic() < deadline:
        mark, times = engine.read(container.id, _MARK), engine.times([container.id])
        if not mark and not engine.read(container.id, "/usr/local/bin/devpod-entrypoint"):
            return None
        ended = times[container.id].ended if container.id in times else None
        if mark and ended is not None and (not ended or _later(mark.changed, ended)):
            if engine.read(container.id, "/run/devpod/idle"):
                return None
            known = engine.read(container.id, "/etc/passwd")
            return _login(user, known.content.decode(errors="replace")) if known else None
        time.sleep(_PAUSE)
    return None


def _later(one: str, other: str) -> bool:
    return datetime.fromisoformat(one) > datetime.fromisoformat(other)


def _login(user: str, passwd: str) -> Login | None:
    for line in passwd.splitlines():
        fields = line.split(":")
        if fields[0] == user and len(fields) == 7:
            return Login(user, fields[6] or "/bin/sh", fields[5])
    return None


def run_probes(inside: Inside, shell: str, probes: Sequence[ProbePlan]) -> tuple[Outcome, ...]:
    """Run the probes, by one exec. It never raises for what a probe does."""
    commands = [Command((shell, "-lc", probe.run), probe.timeout) for probe in probes]
    results = run_all(inside, commands) if commands else []
    return tuple(outcome(probe, result) for probe, result in zip(probes, results, strict=True))


def outcome(probe: ProbePlan, result: Timed) -> Outcome:
    """How a probe ended, by how its command did."""
    ok, detail = False, result.last_line
    if result.code == TIMED_OUT:
        detail = f"`{probe.run}` took over {probe.timeout} s"
    elif not result.ok:
        detail = f"`{probe.run}` ended with {result.code}: {result.last_line}"
    elif probe.expect and probe.expect not in result.said:
        detail = f"`{probe.run}` did not print {probe.expect!r}, but: {result.last_line}"
    else:
        ok = True
    return Outcome(probe.id, ok, detail, result.seconds)


def _last_words(engine: Engine, container: Container, result: Result) -> str:
    """The container's, where it is still there to be asked."""
    still_there = engine.containers({PROJECT: container.project})
    return engine.why_stopped(container.id) if still_there else result.last_lines(3)
