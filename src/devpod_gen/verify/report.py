"""What a verification found: one value, shown as text, JSON, and later as a page."""

from typing import Any, Literal

from devpod_gen.engine.model import ImageInfo
from devpod_gen.value import dataclass
from devpod_gen.verify.doors import DOORS
from devpod_gen.workspace.clock import Lap, Timing
from devpod_gen.workspace.history import Kind
from devpod_gen.workspace.regression import Standing
from devpod_gen.workspace.spread import percentile

Door = Literal["host", "compose", "devcontainer", "ssh", "jetbrains", "kubernetes"]
State = Literal["passed", "failed", "not run", "not asked"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `ok` None: it was not run, and `detail` says why."""

    id: str
    door: Door
    ok: bool | None
    detail: str
    seconds: float = 0.0
    value: str | None = None
    """Of a tool: the version that was found."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """Starts of one kind, one after another."""

    kind: Kind
    timings: tuple[Timing, ...]

    def percentile(self, per_cent: int) -> float:
        """Seconds that so many of a hundred did not exceed."""
        return percentile([timing.seconds for timing in self.timings], per_cent)

    def values(self) -> dict[str, Any]:
        """As report.schema.json describes it."""
        return {
            "kind": self.kind,
            "runs": len(self.timings),
            "p50": round(self.percentile(50), 3),
            "p95": round(self.percentile(95), 3),
            "seconds": [round(timing.seconds, 3) for timing in self.timings],
        }

    def line(self) -> str:
        """For people."""
        p50, p95 = self.percentile(50), self.percentile(95)
        return f"{self.kind:<9} {len(self.timings)} starts: p50 {p50:.2f} s, p95 {p95:.2f} s"


@dataclass(frozen=True, slots=True)
class Report:
    """A whole verification. `timing`: from the command to a ready shell; where none was, to
    the end, and `shell` says so. `laps`: what was done afterwards. `doors`: those that were
    asked for."""

    name: str
    image: ImageInfo
    checks: tuple[Check, ...]
    timing: Timing
    laps: tuple[Lap, ...]
    budget: float | None
    offline: bool = False
    """With the network cut: nothing was asked of a registry, and nothing could be from inside."""
    doors: tuple[Door, ...] = DOORS
    shell: bool = True
    repeated: tuple[Repeated, ...] = ()
    standing: Standing | None = None
    """How the start stands to those before it; None: too few are known."""

    @property
    def tools(self) -> tuple[tuple[str, str], ...]:
        """The tools' versions, as they were found inside."""
        found = {check.id: check.value for check in self.checks if check.value and check.ok}
        return tuple(sorted((id_.removeprefix("tool:"), value) for id_, value in found.items()))

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that failed. One that was not run is neither passed nor failed."""
        return tuple(check for check in self.checks if check.ok is False)

    def state(self, door: Door) -> State:
        """How a door fared. One of which nothing could be run has not passed."""
        if door not in self.doors:
            return "not asked"
        found = {check.ok for check in self.checks if check.door == door and check.id != "removed"}
        return "failed" if False in found else "passed" if True in found else "not run"

    @property
    def ready(self) -> bool:
        """Whether everything that was run passed."""
        return not self.failed

    def values(self) -> dict[str, Any]:
        """As report.schema.json describes it."""
        timing = self.timing.values()
        return {
            "name": self.name,
            "ready": self.ready,
            "image": {
                "ref": self.image.ref,
                "id": self.image.id,
                "digest": self.image.digest,
                "size": self.image.size,
            },
            "doors": {door: self.state(door) for door in DOORS},
            "checks": [
                {
                    "id": check.id,
                    "door": check.door,
                    "ok": check.ok,
                    "detail": check.detail,
                    "seconds": round(check.seconds, 3),
                }
                for check in self.checks
            ],
            **(timing if self.shell else timing | {"seconds_to_shell": None}),
            "afterwards": [
                {"name": lap.name, "seconds": round(lap.seconds, 3)} for lap in self.laps
            ],
            "repeated": [repeated.values() for repeated in self.repeated],
            "history": self.standing.values() if self.standing else None,
            "budget": self.budget,
            "offline": self.offline,
            "tools": dict(self.tools),
        }

    def text(self) -> str:
        """For people: a line a check, a line of stages, a verdict."""
        offline = "  offline" if self.offline else ""
        lines = [f"{self.name}  {self.image.ref}  {self.image.size / 1e6:.0f} MB{offline}", ""]
        width = max(len(check.id) for check in self.checks)
        lines += [
            f"  {_MARKS[check.ok]}  {check.door:<12}  {check.id:<{width}}  {_short(check.detail)}"
            for check in self.checks
        ]
        laps = " · ".join(f"{lap.name} {lap.seconds:.2f}" for lap in self.laps)
        doors = " · ".join(f"{door} {self.state(door)}" for door in DOORS)
        lines += ["", f"doors: {doors}", f"seconds: {self.timing.line()}", f"then: {laps}"]
        lines += [repeated.line() for repeated in self.repeated]
        lines += [self.standing.line()] if self.standing else []
        return "\n".join([*lines, self._verdict()])

    def _verdict(self) -> str:
        passed = sum(check.ok is True for check in self.checks)
        not_run = sum(check.ok is None for check in self.checks)
        counts = f"{passed} checks passed, {len(self.failed)} failed, {not_run} not run"
        word = f"verified{' offline' if self.offline else ''}" if self.ready else "NOT READY"
        ready = f"ready shell in {self.timing.seconds:.2f} s"
        shell = ready if self.shell else "no shell became ready"
        return f"{word}: {shell}; {counts}"


_MARKS = {True: "ok  ", False: "FAIL", None: "--  "}


def _short(detail: str) -> str:
    line = " / ".join(part.strip() for part in detail.splitlines() if part.strip())
    line = "".join(char for char in line if char.isprintable())
    return line if len(line) <= 160 else f"{line[:159]}…"
