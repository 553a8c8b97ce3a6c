"""Folders inside that are the system's: a repo over one of them would be the system."""

import posixpath

from devpod_gen.plan.hook import KEPT
from devpod_gen.profile.nesting import meet

_SYSTEM = (
    *("/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/proc", "/root", "/run"),
    *("/sbin", "/sys", "/usr/bin", "/usr/include", "/usr/lib", "/usr/lib32", "/usr/lib64"),
    *(
        "/usr/libexec",
        "/usr/sbin",
        "/usr/share",
        "/usr/local/bin",
        "/usr/local/etc",
        "/usr/local/lib/devpod",
    ),
    *("/usr/local/sbin", "/var/lib/apt", "/var/lib/dpkg", "/var/run", KEPT),
)


def system_folder(path: str) -> str | None:
    """The system's folder that `path` is, is in, or would hide; None: none of them."""
    plain = posixpath.normpath(f"/{path.lstrip('/')}")
    return next((one for one in _SYSTEM if meet(one, plain)), None)


def is_settings(home: str, path: str) -> bool:
    """Whether what is at `path` would be read by programs as what their user has told them:
    a hidden folder of the home, or the one of the user's programs."""
    below = path.removeprefix(f"{home.rstrip('/')}/")
    return below != path and (below.startswith(".") or below.split("/")[0] == "bin")
