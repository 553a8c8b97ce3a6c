"""A file that is the user's, and that we change by a line: where its bytes really are, and
whether it may be touched."""

import os
import stat
from pathlib import Path

from devpod_gen.errors import HostError


def real(path: Path) -> Path:
    """Where the bytes are: dotfiles are often links, and stay ones. Raises HostError."""
    try:
        return Path(os.path.realpath(path, strict=False))
    except OSError as error:
        message = f"the file cannot be looked for: {error.strerror}"
        raise HostError(message, where=str(path), fix="make it a file, or remove it") from error


def untouchable(target: Path) -> str | None:
    """Why it is not to be written, if so: who made it read-only writes it from elsewhere.
    By its mode, since root may write everything."""
    try:
        found = target.stat()
    except FileNotFoundError:
        return _no_place(target)
    except OSError as error:
        return f"{target} cannot be looked at: {error.strerror}"
    reasons = (
        (not stat.S_ISREG(found.st_mode), "is no file"),
        (found.st_uid != os.geteuid(), "is somebody else's"),
        (found.st_nlink > 1, "has a second name, which would be left behind"),
        (not _is_open(target), "is read-only"),
    )
    told = next((reason for holds, reason in reasons if holds), None)
    if told:
        return f"{target} {told}"
    return None if _is_open(target.parent) else f"{target.parent} is read-only"


def mode(target: Path) -> int:
    """The mode that it has; a new one is its owner's only."""
    return stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o600


def read(target: Path) -> bytes | None:
    """What it holds; None where it is no file: a pipe would be waited for. Raises HostError."""
    try:
        return target.read_bytes() if target.is_file() else None
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        raise HostError(message, where=str(target), fix="make it a readable file") from error


def _no_place(target: Path) -> str | None:
    """Why a new file cannot be there; its folder may be made, but not the one above."""
    folder = target.parent if target.parent.exists() else target.parent.parent
    if not folder.exists():
        return f"{target} is in a folder that is not there"
    return None if _is_open(folder) else f"{folder} is read-only"


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IWUSR) and os.access(path, os.W_OK)
