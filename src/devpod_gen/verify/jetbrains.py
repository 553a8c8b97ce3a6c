"""The JetBrains door: what Gateway does first is done over the real SSH door, by commands that
share one connection, as they do in Gateway. Gateway itself is not run."""

import shlex
import time

from devpod_gen.engine.command import Result
from devpod_gen.engine.connection import Connection, connected
from devpod_gen.engine.model import Container
from devpod_gen.verify.agreement import seen_over
from devpod_gen.verify.backend import look_at_backend
from devpod_gen.verify.facts import gather
from devpod_gen.verify.forward import forward
from devpod_gen.verify.proof import EXEC, Proof, probe, prove
from devpod_gen.verify.report import Check
from devpod_gen.verify.requirements import Wanted, judge
from devpod_gen.verify.ssh import way_in
from devpod_gen.verify.upload import upload
from devpod_gen.workspace.clock import Timing
from devpod_gen.workspace.probe import Login


def jetbrains_door(run: Proof, container: Container, who: Login) -> Timing | None:
    """Do what Gateway does first; where the time went until the shell was ready."""
    with run.clock.lap("jetbrains"), way_in(run, "jetbrains", container, who) as way:
        if not way:
            return None
        with connected(way.program, way.door.config, way.door.alias) as connection:

            def inside(argv: list[str]) -> Result:
                return connection.run(shlex.join(argv), seconds=EXEC)

            if "ssh" in run.doors.doors:  # the same server and shell: that is once enough
                timing = run.clock.timing()
            else:
                timing = probe(run, who.shell, "jetbrains", inside)
                prove(run, who.shell, "jetbrains", inside)
            run.seen["jetbrains"] = seen_over(run.plan, who.shell, inside)
            _replay(run, connection, who)
        return timing


def _replay(run: Proof, connection: Connection, who: Login) -> None:
    begun = time.monotonic()
    facts, result = gather(connection)
    if "arch" not in facts:
        detail = f"no command can be run by SSH: {result.last_lines(3)}"
        run.checks.append(Check("start", "jetbrains", False, detail))
        return
    wanted = Wanted(who.home, baked=run.plan.ide.bake is not None, strict=run.doors.required)
    verdicts = [*judge(facts, wanted), ("upload", upload(connection, facts))]
    verdicts.append(("forward", forward(connection)))
    if run.plan.ide.bake:
        verdicts += look_at_backend(connection, run.plan, run.plan.ide.bake)
    seconds = time.monotonic() - begun  # of all: they are one conversation
    for name, (ok, detail) in verdicts:
        run.checks.append(Check(name, "jetbrains", ok, detail, seconds))
        seconds = 0.0
