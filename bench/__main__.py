"""`python -m bench`: measure, print, and with --write put it into docs/performance.md."""

import argparse
import os
import signal
import sys
import tempfile
from pathlib import Path

from bench import startup, table
from bench.measure import Taken, measure
from bench.owner import FILES, Owners, owners
from bench.peers import PEERS, Peer
from bench.place import PROFILES, ROOT, Place, make
from bench.plot import plot
from bench.run import Failed

PAGE = ROOT / "docs" / "performance.md"
OURS, OWNER = PEERS[0].name, "owner"
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"


def main() -> int:
    """Measure every peer on every workspace; 1 when one of ours failed, 130 when stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = _chosen()
    peers, lines = _there()
    with tempfile.TemporaryDirectory(prefix="devpod-gen-bench-") as folder:
        for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = f"{folder}/{name.lower()}"
        try:
            results = {
                name: _measured(name, peers, Path(folder), chosen.runs)
                for name in PROFILES
                if name in chosen.parts
            }
            wanted = OWNER in chosen.parts
            other = owners(Path(folder), runs=chosen.runs, say=_say) if wanted else None
            commands = _of_commands(chosen.runs)
        except KeyboardInterrupt:
            _say("stopped; nothing is written, and what was made is removed")
            return 130
    text = _text(results, other, lines, chosen.runs) + commands
    sys.stdout.write(text)
    if chosen.write:
        _write(chosen.write, text, results)
    return int(any(OURS in taken.failed for taken in results.values()))


def _chosen() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parts = [*PROFILES, OWNER]
    parser.add_argument("--part", choices=parts, action="append", dest="parts")
    parser.add_argument("--write", type=Path, nargs="?", const=PAGE, help="The page to write.")
    chosen = parser.parse_args()
    chosen.parts = chosen.parts or parts
    return chosen


def _measured(name: str, peers: list[Peer], folder: Path, runs: int) -> Taken:
    """One workspace, on the copies that could be made."""
    places: dict[str, Place] = {}
    failed: dict[str, str] = {}
    for peer in peers:
        try:
            place = make(name, folder, _folder(peer))
            peer.prepare(place)
        except Failed as error:
            failed[peer.name] = str(error)
        else:
            places[peer.name] = place
    able = [peer for peer in peers if peer.name in places]
    taken = measure(able, places, runs=runs, say=_say) if able else Taken()
    taken.failed |= failed
    return taken


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
        except Failed as error:
            lines.append(f"- **{peer.name}** failed: {error}")
        else:
            found.append(peer)
            lines.append(f"- **{peer.name}** {version}: {peer.title}.")
    return found, lines


def _text(results: dict[str, Taken], other: Owners | None, versions: list[str], runs: int) -> str:
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end"
    parts = [f"{runs} interleaved runs; {machine}. Seconds are min / median / max.", ""]
    parts += [*versions, ""]
    for name, taken in results.items():
        parts += [f"### {name}", "", f"![{name}](performance-{name}.svg)", ""]
        parts += [*table.seconds(taken), "", *table.promises(taken), "", *table.floor(taken), ""]
    if other:
        parts += [f"### Another owner of the repo, and a home of {FILES:,} files, 300 MB", ""]
        parts += [*table.of_owners(other), ""]
    return "\n".join(parts)


def _of_commands(runs: int) -> str:
    return "\n".join(
        ["", "### Commands that do nothing", "", *startup.rows(startup.startup(runs=runs)), ""]
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
