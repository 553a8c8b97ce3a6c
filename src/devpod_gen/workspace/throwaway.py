"""Throw-away projects: the name says which process of which machine it is for, so that what
a killed one has left is known for what it is."""

import os
import secrets
import subprocess
from pathlib import Path

from devpod_gen.regex import late
from devpod_gen.workspace.ownership import VERIFYING, host

_NAME = late(rf"{VERIFYING}[a-z]+-([0-9a-f]{{12}})-(\d+)-([0-9a-f]+)-[0-9a-f]{{8}}")


def name(door: str) -> str:
    """A project's name that nobody else has."""
    process = f"{host()}-{os.getpid()}-{_begun(os.getpid())}"
    return f"{VERIFYING}{door}-{process}-{secrets.token_hex(4)}"


def is_over(project: str) -> bool:
    """Whether it is a throw-away project of this machine whose process has ended. What
    cannot be told is not."""
    match = _NAME.fullmatch(project)
    if not match or match[1] != host():
        return False
    return _begun(int(match[2])) != match[3]


def _begun(process: int) -> str:
    """When a process began, as hexadecimal digits: a number is used again by another one.
    `0` for one that is not there."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        return f"{int(fields.rpartition(')')[2].split()[19]):x}"
    except (OSError, IndexError, ValueError):
        if Path("/proc/self/stat").exists():
            return "0"
    asked = ["ps", "-o", "lstart=", "-p", str(process)]
    told = subprocess.run(asked, capture_output=True, text=True, check=False).stdout
    return told.strip().encode().hex() or "0"
