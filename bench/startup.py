"""How long commands take that do nothing, beside the least that Python and Typer take."""

import subprocess
import sys
import time
from dataclasses import dataclass
from statistics import median

from bench.place import COMMAND

_SMALLEST = """
import typer
app = typer.Typer()
@app.command()
def main() -> None:
    pass
app()
"""
RUNS = {
    "`python -c pass`": [sys.executable, "-c", "pass"],
    "`devpod-gen --version`": [str(COMMAND), "--version"],
    "the smallest Typer app, `--help`": [sys.executable, "-c", _SMALLEST, "--help"],
    "`devpod-gen --help`": [str(COMMAND), "--help"],
    "the smallest Typer app": [sys.executable, "-c", _SMALLEST],
    "`devpod-gen schema`, which prints a file": [str(COMMAND), "schema"],
}
"""Each of ours behind what it is held against."""


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `most` times as long."""

    ours: str
    theirs: str
    most: float


_PYTHON, _VERSION, _TYPER_HELP, _HELP, _TYPER, _SCHEMA = RUNS
PROMISES = (
    Promise(_VERSION, _PYTHON, 3),
    Promise(_HELP, _TYPER_HELP, 1.3),
    Promise(_SCHEMA, _TYPER, 1.3),
)


def startup(*, runs: int) -> dict[str, list[float]]:
    """The seconds of each, in interleaved rounds."""
    taken: dict[str, list[float]] = {name: [] for name in RUNS}
    for _ in range(runs):
        for name, words in RUNS.items():
            begun = time.monotonic()
            subprocess.run(words, check=True, capture_output=True)
            taken[name].append(time.monotonic() - begun)
    return taken


def rows(taken: dict[str, list[float]]) -> list[str]:
    """A row for each, and one for each promise."""
    lines = ["| | ms, min / median / max |", "|---|---|"]
    for name, values in taken.items():
        spread = (1000 * one for one in (min(values), median(values), max(values)))
        lines.append(f"| {name} | {' / '.join(f'{one:.0f}' for one in spread)} |")
    lines += ["", "| | against | measured | promised | |", "|---|---|---|---|---|"]
    for one in PROMISES:
        ratios = [a / b for a, b in zip(taken[one.ours], taken[one.theirs], strict=True)]
        kept = "kept" if median(ratios) <= one.most else "**not kept**"
        told = " / ".join(f"{value:.2f}" for value in (min(ratios), median(ratios), max(ratios)))
        lines.append(
            f"| {one.ours} | {one.theirs} | {told} times | at most {one.most:g} times | {kept} |"
        )
    return lines
