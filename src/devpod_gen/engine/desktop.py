"""What opens a link on this desktop: VS Code's own command, or the system's opener."""

import os
import shutil
import subprocess
import sys

_FAILS_WITHIN = 5.0
"""Seconds in which an opener that cannot says so; one that goes on has opened something."""


def editor() -> str | None:
    """VS Code's command, where it is on PATH."""
    return shutil.which("code")


def opener() -> list[str] | None:
    """The command that opens a link, without the link; None where there is no desktop.

    On Windows not `start`, which is cmd's: that reads `&` and `%` of a link as its own.
    """
    if sys.platform == "darwin":
        return _at("open")
    if sys.platform == "win32" or distribution():
        return _at("rundll32.exe", "url.dll,FileProtocolHandler")
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return None
    return _at("xdg-open")


def distribution() -> str | None:
    """The name that Windows has for the Linux that this is, in WSL."""
    return os.environ.get("WSL_DISTRO_NAME") or None


def hand_over(argv: list[str]) -> int:
    """Start a program of the desktop and leave it to itself; 0, or the code with which it
    ended at once. Its words are nobody's: what it opens may write to them for days."""
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # our Ctrl-C is not its own
    )
    try:
        return process.wait(timeout=_FAILS_WITHIN)
    except subprocess.TimeoutExpired:
        return 0


def _at(program: str, *arguments: str) -> list[str] | None:
    found = shutil.which(program)
    return [found, *arguments] if found else None
