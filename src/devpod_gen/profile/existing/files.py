"""Files of a stranger's repo, read within limits: what is not read says why."""

from pathlib import Path

LARGEST = 64 * 1024
"""Bytes of a file that people write by hand."""
_WIDEST = 16 * 1024  # characters of a line, likewise


class UnreadError(ValueError):
    """A file that is left alone; the message says why."""


def read(root: Path, name: str) -> str:
    """The text of a file of the repo: no BOM, lines end in LF. Raises UnreadError."""
    file = root / name
    try:
        reason = _unfit(root, file)
        content = b"" if reason else _head(file)
    except (OSError, ValueError, RuntimeError) as error:
        reason, content = f"cannot be read: {getattr(error, 'strerror', None) or error}", b""
    reason = reason or _odd(content)
    if reason:
        raise UnreadError(reason)
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _unfit(root: Path, file: Path) -> str | None:
    if not file.resolve().is_relative_to(root.resolve()):
        return "leads out of the repo"
    if not file.is_file():  # a named pipe would never end
        return "is no file" if file.exists() else "is not there"
    return None


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1)


def _odd(content: bytes) -> str | None:
    if len(content) > LARGEST:
        return f"is larger than {LARGEST // 1024} KiB"
    if b"\0" in content:
        return "is no text"
    if max(map(len, content.split(b"\n"))) > _WIDEST:
        return f"has a line of more than {_WIDEST // 1024} KiB"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"is not UTF-8: byte {error.start}"
    return None
