"""What the container's processes may do beyond a plain user's: as little as works."""

from devpod_gen.value import dataclass

_NEEDED = (
    *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID"),
    "SYS_CHROOT",
)
# The entrypoint matches the user to the repo's owner and becomes them; sshd, where that is
# uid 0, locks itself up and tells the kernel who has logged in.

_FOR_SUDO = ("FSETID", "NET_BIND_SERVICE", "SETFCAP")
# What packages do when they are installed.

NEVER = ("AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SETPCAP")
"""What services lose of the engine's own list. Their images start as root, and most become
their own user: what that takes stays."""

NO_NEW = "no-new-privileges:true"
"""No program gives who starts it more than they have: not sudo, either."""


@dataclass(frozen=True, slots=True)
class Privileges:
    """`capabilities`: the only ones; `options`: for the engine's `security_opt`."""

    capabilities: tuple[str, ...]
    options: tuple[str, ...]


def privileges(*, sudo: bool) -> Privileges:
    """With `sudo` the user can become root inside, which has a few capabilities more."""
    if sudo:
        return Privileges(tuple(sorted((*_NEEDED, *_FOR_SUDO))), ())
    return Privileges(_NEEDED, (NO_NEW,))
