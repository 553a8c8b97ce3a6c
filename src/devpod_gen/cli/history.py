"""What `status --history` shows: how long the starts of workspaces took."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from devpod_gen.cli.console import Console
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpod_gen.workspace.history import Run

_LAST = 5


def tell_history(root: Path | None, console: Console) -> None:
    """The histories of the workspaces of the clone at `root`; of all when None."""
    from devpod_gen.workspace.history import everything  # noqa: PLC0415

    found = everything(root)
    text = "\n".join(line for runs in found for line in _lines(runs))
    console.result(text or "no start is known", history=[_values(runs) for runs in found])


def _values(runs: "tuple[Run, ...]") -> dict[str, Any]:
    last = runs[-1]
    return {
        "folder": last.root,
        "output": last.output,
        "branch": last.branch,
        "kinds": _kinds(runs),
        "runs": [
            {
                "at": run.at,
                "command": run.command,
                "kind": run.kind,
                "image": run.image,
                "seconds": run.seconds,
                "stages": dict(run.stages),
            }
            for run in runs
        ],
    }


def _kinds(runs: "Sequence[Run]") -> list[dict[str, Any]]:
    """Of each command's kinds that there are: how many, their middle and their upper end."""
    from devpod_gen.workspace.history import KINDS  # noqa: PLC0415
    from devpod_gen.workspace.spread import percentile  # noqa: PLC0415

    groups = [(command, kind) for command in ("up", "verify") for kind in KINDS]
    taken = {
        group: [run.seconds for run in runs if (run.command, run.kind) == group] for group in groups
    }
    return [
        {
            "command": command,
            "kind": kind,
            "runs": len(seconds),
            "p50": percentile(seconds, 50),
            "p95": percentile(seconds, 95),
        }
        for (command, kind), seconds in taken.items()
        if seconds
    ]


def _lines(runs: "tuple[Run, ...]") -> list[str]:
    last = runs[-1]
    lines = [f"{last.root}/{last.output}" + (f"  {last.branch}" if last.branch else "")]
    for kind in _kinds(runs):
        what = f"{kind['command']} {kind['kind']}"
        spread = f"p50 {kind['p50']:.2f} s, p95 {kind['p95']:.2f} s"
        lines.append(f"  {what:<16}  {kind['runs']:>3} starts: {spread}")
    for run in runs[-_LAST:]:
        stages = " · ".join(f"{name} {seconds:.2f}" for name, seconds in run.stages)
        lines.append(f"  {run.at}  {run.command} {run.kind} {run.seconds:.2f} s: {stages}")
    return [printable(line) for line in lines]
