"""Where the peers come from: packages at their locked versions, below build/bench."""

import shutil
import sys
from pathlib import Path

from bench.place import ROOT
from bench.run import Failed, run

PLACE = ROOT / "build" / "bench"
CLI = ROOT / ".tools" / "bin" / "devcontainer"
RS = PLACE / "devcontainer-rs" / "bin" / "devcontainer"
DEVS = PLACE / "devs" / "bin" / "devs"
DVT = PLACE / "dvt" / "bin" / "dvt"

_PYTHONS = ("python3.14", "python3.13", "python3.12")


def cli() -> str:
    """Have the reference client; its version. These all raise Failed."""
    run([str(ROOT / "scripts" / "reference-client")], ROOT)
    return run([str(CLI), "--version"], ROOT).strip()


def rs() -> str:
    """Have devcontainer-rs; its version."""
    if not RS.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(RS.parent.parent)]
        run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/bench.txt")], ROOT)
    return run([str(RS), "--version"], ROOT).strip()


def devs() -> str:
    """Have devs-cli, which takes the reference client from PATH; its version."""
    cli()
    return _own(DEVS, sys.executable, "bench-devs").rpartition(" ")[2]


def dvt() -> str:
    """Have dvt-cli, which takes a newer Python than ours need be; its version."""
    return _own(DVT, _newer_python(), "bench-dvt").rpartition(" ")[2]


def _own(program: Path, python: str, locked: str) -> str:
    """Have the program in an environment of its own: what it needs is not ours to choose."""
    if not program.exists():
        folder = program.parent.parent
        shutil.rmtree(folder, ignore_errors=True)  # of an attempt that was cut off
        run([python, "-m", "venv", str(folder)], ROOT)
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--require-hashes"]
        run([*pip, "-r", str(ROOT / "requirements" / f"{locked}.txt")], ROOT)
    return run([str(program), "--version"], ROOT).strip()


def _newer_python() -> str:
    managed = sorted((Path.home() / ".pyenv" / "versions").glob("3.1[2-9]*/bin/python"))
    for python in (sys.executable, *_PYTHONS, *map(str, managed)):
        try:
            run([python, "-c", "import sys, venv; sys.exit(sys.version_info < (3, 12))"], ROOT)
        except Failed:
            continue
        return python
    message = "it takes Python 3.12, and there is none on PATH"
    raise Failed(message)
