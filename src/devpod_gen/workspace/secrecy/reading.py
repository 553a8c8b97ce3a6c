"""Secrets that are files: read beside all else, since a file system need not answer either."""

import os
import shlex
import stat
import time
from dataclasses import field
from pathlib import Path
from threading import Thread

from devpod_gen.plan.secret import SecretPlan
from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.value import TAKEN, Missing, Value, checked


@dataclass(slots=True)
class Reading:
    """A file that is being read."""

    secret: SecretPlan
    thread: Thread
    found: list[Value | Missing] = field(default_factory=list, repr=False)

    def wait(self, end: float, *, seconds: float) -> Value | Missing:
        """What is in it, or why that is not to be had by then."""
        self.thread.join(max(0.0, end - time.monotonic()))
        if self.found:
            return self.found[0]
        path = self.secret.reference[0]
        why = f"the file cannot be read in {seconds:g} s: its file system does not answer"
        return Missing(self.secret, why, f"see to what is mounted there: {path}")


def begin(secret: SecretPlan) -> Reading:
    """Read it from now on. Nobody has to wait for that, also not to end the process."""
    found: list[Value | Missing] = []
    thread = Thread(target=lambda: found.append(_file(secret)), daemon=True)
    thread.start()
    return Reading(secret, thread, found)


def _file(secret: SecretPlan) -> Value | Missing:
    """A regular file that only its owner, this user or root, can read: not what waits for
    somebody to write, and not what others could have put there."""
    path = Path(secret.reference[0])
    try:
        path = path.expanduser()
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as stream:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return Missing(secret, "it is not a file", "name a regular file")
            if status.st_uid not in (os.geteuid(), 0):
                return Missing(secret, "it belongs to another user", f"make it yours: {path}")
            if stat.S_IMODE(status.st_mode) & 0o077:
                fix = f"run `chmod 600 {shlex.quote(str(path))}`"
                return Missing(secret, "others may read or write it", fix)
            return checked(secret, stream.read(TAKEN + 1))
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or "there is no home folder"
        return Missing(secret, f"the file cannot be read: {why}", f"put it at {path}")
