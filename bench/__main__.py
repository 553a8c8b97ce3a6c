"""`python -m bench`: measure, print, and with --write put it into docs/performance.md."""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from bench import startup, table
from bench.measure import Taken, measure
from bench.peers import PEERS, Failed, Peer
from bench.place import PROFILES, ROOT, make
from bench.plot import plot

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"


def main() -> int:
    """Measure every peer on every workspace; 1 when one of ours failed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--workspace", choices=list(PROFILES), action="append")
    parser.add_argument("--write", type=Path, nargs="?", const=PAGE, help="The page to write.")
    chosen = parser.parse_args()
    peers, versions = _there()
    results: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="devpod-gen-bench-") as folder:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = f"{folder}/{name.lower()}"
        for name in chosen.workspace or PROFILES:
            places = {peer.name: make(name, Path(folder), _folder(peer)) for peer in peers}
            results[name] = measure(peers, places, runs=chosen.runs, say=_say)
    text = _text(results, versions, chosen.runs) + _of_commands(chosen.runs)
    sys.stdout.write(text)
    if chosen.write:
        _write(chosen.write, text, results)
    return int(any("devpod-gen" in taken.failed for taken in results.values()))


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")


def _folder(peer: Peer) -> str:
    return "".join(char for char in peer.name if char.isalnum())


def _there() -> tuple[list[Peer], list[str]]:
    """Those that could be had, and a line about each."""
    found, lines = [], []
    for peer in PEERS:
        try:
            version = peer.get()
        except (Failed, OSError) as error:
            lines.append(f"- **{peer.name}** failed: {error}")
        else:
            found.append(peer)
            lines.append(f"- **{peer.name}** {version}: {peer.title}.")
    return found, lines


def _text(results: dict[str, Taken], versions: list[str], runs: int) -> str:
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end"
    parts = [f"{runs} interleaved runs; {machine}. Seconds are min / median / max.", ""]
    parts += [*versions, ""]
    for name, taken in results.items():
        parts += [f"### {name}", "", f"![{name}](performance-{name}.svg)", ""]
        parts += [*table.seconds(taken), "", *table.promises(taken), "", *table.floor(taken), ""]
    return "\n".join(parts)


def _of_commands(runs: int) -> str:
    return "\n".join(
        ["### Commands that do nothing", "", *startup.rows(startup.startup(runs=runs)), ""]
    )


def _write(page: Path, text: str, results: dict[str, Taken]) -> None:
    """The part of the page between the marks, and the plots beside it."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    for name, taken in results.items():
        plotted = page.parent / f"performance-{name}.svg"
        plotted.write_text(plot(name, taken), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
