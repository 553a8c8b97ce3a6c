"""Which layers were scanned and found clean, so that each is read once on a machine.

A layer is named by the hash of its content, so what is known of it stays true; what is
known is by the rules and the scanner that found it, so it ends with them. Losing the file
costs a scan, and nothing else.
"""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterable
from pathlib import Path

from devpod_gen.disk import private_folder, publish
from devpod_gen.errors import HostError
from devpod_gen.home import cache_home

_MOST = 5000
"""Layers that are remembered; more are a few hundred kilobytes that nobody needs."""


def known() -> frozenset[str]:
    """The hashes of layers that are known to be clean. None where somebody else than this
    user could have written them."""
    try:
        path = _file()
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if status.st_uid != os.geteuid() or status.st_mode & 0o022:
                return frozenset()
            text = stream.read().decode("ascii", errors="replace")
    except (OSError, HostError):
        return frozenset()
    return frozenset(re.findall(r"^sha256:[0-9a-f]{64}$", text, re.MULTILINE))


def remember(layers: Iterable[str]) -> None:
    """Add clean layers. Where the disk refuses, the next scan reads them again."""
    every = known() | frozenset(layers)
    with contextlib.suppress(HostError):
        path = _file()
        private_folder(path.parent)
        publish(path, "".join(f"{layer}\n" for layer in sorted(every)[:_MOST]), mode=0o600)


def _file() -> Path:
    return cache_home() / f"clean-layers-{_scanner()}"


def _scanner() -> str:
    """A hash of all that decides what is found: the rules, and this scanner."""
    here = Path(__file__).parent
    names = ("rules.toml", "rules.py", "layers.py", "scan.py")
    parts = [hashlib.sha256((here / name).read_bytes()).digest() for name in names]
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]
