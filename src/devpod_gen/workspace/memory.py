"""A limit of memory where the profile sets none: four fifths of this machine's own.

A program that takes all there is then ends inside its container, and not whatever the kernel
finds outside. An engine in a virtual machine has that one's limit, which holds as well; of one
on another machine nothing is known here, so its containers get none.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine

VARIABLE = "DEVPOD_MEMORY"

_TOLD = Path("/proc/meminfo")
_STEP = 256
"""MiB: a new kernel keeps some more or less for itself, and the limit stays the same."""


def limit() -> int | None:
    """MiB; None where the machine does not say how much it has, or has next to nothing."""
    try:
        told = _TOLD.read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.match(r"MemTotal: +(\d+) kB", told)
    return (int(found[1]) * 4 // 5 // 1024 // _STEP * _STEP or None) if found else None


def variables() -> tuple[tuple[str, str], ...]:
    """For the compose file."""
    most = limit()
    return ((VARIABLE, f"{most}m"),) if most else ()


def elsewhere(engine: "Engine") -> dict[str, str]:
    """What takes it back, for an engine on another machine."""
    return {VARIABLE: ""} if engine.other_machine() else {}
