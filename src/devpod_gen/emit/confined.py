"""Limits that the sandbox's process sets itself, before it sees what a stranger wrote.

Its kernel holds them, whatever Jinja's sandbox lets through; macOS does not hold memory's.
"""

import os
import resource
import sys

CPU = 1
"""Seconds that all templates together may compute."""

MEMORY = 256 * 1024 * 1024
"""Bytes of address space."""

_NOBODY = 65534
_COMPUTING = frozenset((
    "builtins.id", "code.__new__", "compile", "exec", "object.__getattr__", "sys._getframe",
))  # fmt: skip
"""What Python's audit hooks are told of when a template is compiled and run."""


def limit() -> None:
    """Time, memory, and no file of any length."""
    for kind, most in (
        (resource.RLIMIT_CPU, CPU),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _set(kind, most)


def lock() -> None:
    """No file, no socket, no process, once all is loaded. The kernel counts no processes of
    root's, so root becomes nobody; and what is no computing ends the process."""
    if os.geteuid() == 0:
        try:
            os.setgroups([])
            os.setgid(_NOBODY)
            os.setuid(_NOBODY)
        except OSError:  # in a user namespace that has no such id
            pass
    _set(resource.RLIMIT_NPROC, 0)
    _set(resource.RLIMIT_NOFILE, 3)
    sys.addaudithook(_end_at)


def _set(kind: int, most: int) -> None:
    _, before = resource.getrlimit(kind)
    least = most if before == resource.RLIM_INFINITY else min(most, before)
    try:
        resource.setrlimit(kind, (least, least))
    except (ValueError, OSError):
        if sys.platform == "linux":
            raise


def _end_at(event: str, _args: object) -> None:
    if event not in _COMPUTING:
        os._exit(77)
