"""A command of the benchmark's, and what is wrong when it does not end well."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

Words = list[str]
LONGEST = 600
"""Seconds that any command may take."""


class Failed(Exception):
    """A command did not end well, or cannot be had. The message says which, and its words."""


def run(words: Words, folder: Path, env: Mapping[str, str] | None = None) -> str:
    """What the command prints; raises Failed with the end of what it said. `env`: variables
    beside our own."""
    told = " ".join(words)[:80]
    try:
        done = subprocess.run(
            words,
            cwd=folder,
            env=os.environ | (env or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=LONGEST,
        )
    except OSError as error:
        message = f"`{told}` cannot be run: {error.strerror}"
        raise Failed(message) from error
    except subprocess.TimeoutExpired as error:
        message = f"`{told}` took more than {LONGEST} s"
        raise Failed(message) from error
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no word"]
        message = f"`{told}` ended with {done.returncode}: {lines[-1].strip()[:200]}"
        raise Failed(message)
    return done.stdout
