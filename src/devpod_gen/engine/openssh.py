"""The user's own OpenSSH client, for what comes in by the SSH door."""

import shutil
from pathlib import Path

from devpod_gen.engine.command import Result, run


def program(name: str = "ssh") -> str | None:
    """The client on PATH, if it is there."""
    return shutil.which(name)


def run_over(program: str, config: Path, host: str, command: str, *, seconds: float) -> Result:
    """Run a shell command on `host`, with this ssh_config and no other, asking nobody."""
    argv = [program, "-F", str(config), "-o", "BatchMode=yes", host, command]
    return run(argv, timeout=seconds)


def knows(program: str, host: str) -> bool:
    """Whether the user's own ssh_config leads to this workspace's host: IDEs read that."""
    told = run([program, "-G", host], timeout=10)  # it connects to nothing
    return told.ok and f"hostkeyalias {host}" in told.output.splitlines()


def settings(program: str, text: str, host: str) -> Result:
    """What ssh itself makes of an ssh_config that we have written: `-G` may run what a
    stranger's says. One line a setting."""
    argv = [program, "-G", "-F", "/dev/stdin", host]
    return run(argv, timeout=10, stdin=text.encode())
