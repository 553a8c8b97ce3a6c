"""All that is in a folder that a stranger wrote: looked at, bounded, and hashed."""

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import field
from pathlib import Path

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass

LARGEST = 16 * 1024 * 1024
"""The files of a folder may have this many bytes together."""

MOST = 500
"""A folder may have this many entries."""


@dataclass(frozen=True, slots=True)
class Contents:
    """`digest`: of every path with its bytes; links by what they say. With `problems` it is
    of nothing that may be used. `files`: each path with the very bytes that were hashed;
    `links`: each with its text."""

    digest: str
    problems: tuple[Finding, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes of the files."""
        return sum(map(len, self.files.values()))


def contents(folder: Path, place: str, *, room: int = LARGEST) -> Contents:
    """Look at every entry of `folder`, which messages call `place`. Links must stay in it;
    what is neither file, folder nor link is refused, and so is too much: `room`, where others
    have had some of it already."""
    entries: list[tuple[str, str]] = []
    problems: list[Finding] = []
    files: dict[str, bytes] = {}
    links: dict[str, str] = {}
    for count, path in enumerate(_entries(folder)):
        name = path.relative_to(folder).as_posix()
        info = path.lstat()
        room -= 0 if stat.S_ISDIR(info.st_mode) else info.st_size
        if count >= MOST or room < 0:
            limit = f"{MOST} entries and {LARGEST // 1024 // 1024} MiB"
            return Contents("", (*problems, Finding(place, f"holds more than {limit}")))
        if stat.S_ISDIR(info.st_mode):
            continue
        problem = _problem(folder, path, info.st_mode)
        if problem:
            problems.append(Finding(printable(f"{place}/{name}"), problem))
        elif stat.S_ISLNK(info.st_mode):
            links[name] = os.readlink(path)  # noqa: PTH115 - the text itself, not a Path
            entries.append((name, f"link to {links[name]}"))
        else:
            files[name] = _read(path, room + info.st_size)
            entries.append((name, hashlib.sha256(files[name]).hexdigest()))
    listing = json.dumps(sorted(entries)).encode()
    return Contents(hashlib.sha256(listing).hexdigest(), tuple(problems), files, links)


def _entries(folder: Path) -> Iterator[Path]:
    """Everything below, by name: folders that are links are not gone into."""
    for base, folders, files in os.walk(folder):
        folders.sort()
        yield from (Path(base) / name for name in sorted((*files, *folders)))


def _problem(folder: Path, path: Path, mode: int) -> str | None:
    if stat.S_ISLNK(mode):
        inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
        return None if inside else "is a link that leads out of the stack's folder"
    if not stat.S_ISREG(mode):
        return "is neither a file nor a folder"
    return None if os.access(path, os.R_OK) else "cannot be read"


def _read(path: Path, room: int) -> bytes:
    """No more than there was room for: a file may grow while it is looked at, and may have
    become a link out of the folder, or a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        return stream.read(room + 1)
