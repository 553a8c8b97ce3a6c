"""How long it takes until a shell has its prompt, at a terminal, as a person waits for it."""

import os
import pty
import select
import subprocess
import time
from pathlib import Path

from bench.run import Failed, Words

_READS = b"\x1b[?2004h"
"""zsh has shown its prompt and reads a line: from here on a paste is bracketed."""

_DEADLINE = 60.0


def prompt(words: Words, folder: Path) -> float:
    """The seconds from the start of the command to the prompt. The shell is left again."""
    begun = time.monotonic()
    ours, theirs = pty.openpty()
    env = os.environ | {"TERM": "xterm-256color"}
    with subprocess.Popen(
        words, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=theirs, process_group=0
    ) as process:
        os.close(theirs)
        try:
            said = _until(ours, _READS)
            taken = time.monotonic() - begun
            os.write(ours, b"exit\n")
            _until(ours, None)
        finally:
            os.close(ours)
            process.kill()
    if said is None:
        message = f"`{' '.join(words)[:80]}` came to no prompt"
        raise Failed(message)
    return taken


def _until(terminal: int, mark: bytes | None) -> bytes | None:
    """What is said until `mark` is, or to the end; None where that does not come."""
    said, deadline = b"", time.monotonic() + _DEADLINE
    while mark is None or mark not in said:
        if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return None
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the other side was closed
            piece = b""
        if not piece:
            return said if mark is None else None
        said += piece
    return said
