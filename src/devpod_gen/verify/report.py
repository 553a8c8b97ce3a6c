"""What a verification found: one value, shown as text, JSON, and later as a page."""

from dataclasses import dataclass
from typing import Any, Literal

from devpod_gen.engine.api import ImageInfo
from devpod_gen.verify.doors import DOORS
from devpod_gen.workspace.clock import Stage

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
class Report:
    """A whole verification. `seconds_to_shell`: from the command to a ready shell, None where
    none was. `doors`: those that were asked for."""

    name: str
    image: ImageInfo
    checks: tuple[Check, ...]
    stages: tuple[Stage, ...]
    seconds_to_shell: float | None
    budget: float | None
    offline: bool = False
    """With the network cut: nothing was asked of a registry, and nothing could be from inside."""
    doors: tuple[Door, ...] = DOORS

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
        seconds = self.seconds_to_shell
        return {
            "name": self.name,
            "ready": self.ready,
            "image": {"ref": self.image.ref, "id": self.image.id, "digest": self.image.digest},
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
            "stages": [
                {"name": stage.name, "seconds": round(stage.seconds, 3)} for stage in self.stages
            ],
            "seconds_to_shell": round(seconds, 3) if seconds else None,
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
        stages = " · ".join(f"{stage.name} {stage.seconds:.2f}" for stage in self.stages)
        doors = " · ".join(f"{door} {self.state(door)}" for door in DOORS)
        return "\n".join([*lines, "", f"doors: {doors}", f"seconds: {stages}", self._verdict()])

    def _verdict(self) -> str:
        passed = sum(check.ok is True for check in self.checks)
        not_run = sum(check.ok is None for check in self.checks)
        counts = f"{passed} checks passed, {len(self.failed)} failed, {not_run} not run"
        word = f"verified{' offline' if self.offline else ''}" if self.ready else "NOT READY"
        seconds = self.seconds_to_shell
        shell = f"ready shell in {seconds:.2f} s" if seconds else "no shell became ready"
        return f"{word}: {shell}; {counts}"


_MARKS = {True: "ok  ", False: "FAIL", None: "--  "}


def _short(detail: str) -> str:
    line = " / ".join(part.strip() for part in detail.splitlines() if part.strip())
    line = "".join(char for char in line if char.isprintable())
    return line if len(line) <= 160 else f"{line[:159]}…"
