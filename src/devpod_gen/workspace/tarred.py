"""Archives that a stranger's program, or image, has written: read as they come, member by member,
with no more of one held than a part. The standard library takes a name of any length into
memory, makes the zeros of a hole of any size, and goes back for ever where a length is below
zero."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

PART = 512 << 10
"""How much of a file is looked at at once: what fits into a processor's cache."""

_LONGEST = 1 << 20
"""Bytes that names and the like may have, in front of a member."""

_BLOCK = 64 << 10
"""tarfile copies what is left of a block at each read: larger ones are slower."""

_BEFORE = (
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
)


class _Member(tarfile.TarInfo):
    """One whose lengths are looked at before they are believed."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:
        if self.size < 0 or (self.type in _BEFORE and self.size > _LONGEST):
            message = "the archive has a length that none would have"
            raise tarfile.ReadError(message)
        return super()._proc_member(archive)  # type: ignore[misc,no-any-return]

    def _block(self, count: int) -> int:
        if count < 0:
            message = "the archive has a length below zero"
            raise tarfile.ReadError(message)
        return super()._block(count)  # type: ignore[misc,no-any-return]


def opened(stream: IO[bytes]) -> tarfile.TarFile:
    """The archive that a stream is. Raises TarError."""
    with _no_archive():
        return tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK, tarinfo=_Member)


@contextmanager
def _no_archive() -> Iterator[None]:
    """What the library says of what is none, in one way."""
    try:
        yield
    except (RecursionError, ValueError, OverflowError, IndexError) as error:
        message = f"the archive is none: {error}"
        raise tarfile.ReadError(message) from error


def members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Each, as it comes. Raises TarError for what is no archive."""
    while True:
        with _no_archive():
            member = archive.next()
        if member is None:
            return
        yield member
        archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps them all


def parts(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    """What is in a file, without its holes; nothing of what is no file."""
    content = archive.extractfile(member) if member.isfile() else None
    if not content:
        return
    if member.sparse is None:
        while part := content.read(PART):
            yield part
        return
    holds = cast("list[tuple[int, int]]", member.sparse)  # as it is, whatever typeshed says
    raw: Any = content.raw  # type: ignore[attr-defined]  # what is around it would go back
    for offset, size in holds:
        raw.seek(offset)
        left = size
        while left > 0 and (part := raw.read(min(PART, left))):
            yield part
            left -= len(part)
