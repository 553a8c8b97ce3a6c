"""A folder of the host as a tar, the same bytes for the same content."""

import io
import tarfile
from pathlib import Path

from devpod_gen.errors import HostError

LARGEST = 64 * 1024 * 1024
"""Bytes that the files may hold together: dotfiles are no data."""


def pack(folder: Path) -> bytes:
    """The folder's files, folders and links, without any `.git`; nothing is followed.

    Raises HostError when it cannot be read, and when it is far too large.
    """
    if not folder.is_dir():
        message = "there is no such folder"
        raise HostError(message, where=str(folder), fix="correct dotfiles.path")
    stream, held = io.BytesIO(), 0
    try:
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(folder)
                if ".git" not in inside.parts and (path.is_symlink() or _plain(path)):
                    held += path.lstat().st_size
                    _require_small(folder, held)
                    tar.add(path, str(inside), recursive=False, filter=_nobodys)
    except OSError as error:
        message = f"the dotfiles cannot be read: {error.strerror}"
        raise HostError(message, where=str(error.filename or folder), fix="make it readable") from (
            error
        )
    return stream.getvalue()


def _plain(path: Path) -> bool:
    return path.is_file() or path.is_dir()


def _require_small(folder: Path, held: int) -> None:
    if held > LARGEST:
        message = f"the folder holds more than {LARGEST // 1024 // 1024} MiB"
        raise HostError(message, where=str(folder), fix="name a folder of dotfiles only")


def _nobodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without what is true of this machine only."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = 0
    return entry
