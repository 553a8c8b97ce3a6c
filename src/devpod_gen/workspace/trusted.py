"""The records of trust: one file for each content and repo, in the user's state folder,
0600."""

import difflib
import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from devpod_gen import source
from devpod_gen.disk import hashed, private_folder, publish
from devpod_gen.errors import HostError
from devpod_gen.home import state_home
from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass

Texts = Mapping[str, str]
"""Files by their paths; of what is no text, or too long to be read by anyone, a hash."""

_LONGEST = 256 * 1024
_LARGEST = 64 * 1024 * 1024  # bytes of a record: of what may be in a stack's folder, escaped


@dataclass(frozen=True, slots=True)
class Record:
    """What was trusted, in which clone of which repo (`gitfolder.owner`), and how it read."""

    hash: str
    repo: str
    root: str
    file: str
    texts: Texts = field(default_factory=dict)


def texts(files: Mapping[str, bytes]) -> Texts:
    """The files as a record keeps them."""
    return {path: _text(content) for path, content in files.items()}


def keep(record: Record) -> None:
    """Write it. Raises HostError."""
    private_folder(_folder())
    _require_mine()
    values = {"hash": record.hash, "repo": record.repo}
    values |= {"root": record.root, "file": record.file}
    text = json.dumps(values | {"texts": dict(record.texts)}, indent=2)
    publish(_path(record.hash, record.repo), text + "\n", mode=0o600)


def find(digest: str, repo: Path | None = None) -> Record | None:
    """A record of this content: of this repo, or of any. Raises HostError where somebody else
    could have written it."""
    _require_mine()
    paths = [_path(digest, str(repo))] if repo else sorted(_folder().glob(f"{digest}-*.json"))
    return next(filter(None, map(_record, paths)), None)


def last(repo: Path, file: str) -> Record | None:
    """What was trusted last of a profile of the repo."""
    found = [record for record in records() if (record.repo, record.file) == (str(repo), file)]
    return max(found, key=lambda one: _path(one.hash, one.repo).stat().st_mtime_ns, default=None)


def records() -> tuple[Record, ...]:
    """Everything that was trusted, by clone and file. Raises HostError, as `find`."""
    _require_mine()
    found = (_record(path) for path in sorted(_folder().glob("*.json")))
    kept = [record for record in found if record]
    return tuple(sorted(kept, key=lambda record: (record.root, record.file, record.hash)))


def revoke(repo: Path, file: str) -> tuple[Record, ...]:
    """Forget all that was trusted of a profile of the repo, and say what it was."""
    gone = tuple(x for x in records() if (x.repo, x.file) == (str(repo), file))
    for record in gone:
        _path(record.hash, record.repo).unlink(missing_ok=True)
    return gone


def difference(before: Texts, after: Texts) -> str:
    """A unified diff, without what could drive a terminal."""
    lines: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path, ""), after.get(path, "")
        lines += difflib.unified_diff(
            old.split("\n"), new.split("\n"), f"trusted/{path}", f"now/{path}", "", "", 1, ""
        )
    return "\n".join(printable(line) for line in lines)


def _text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = "\0"
    readable = "\0" not in text and len(content) <= _LONGEST
    return text if readable else f"sha256:{hashlib.sha256(content).hexdigest()}"


def _record(path: Path) -> Record | None:
    """The record at `path`; None where there is none that this version has written, or where
    somebody else than this user could have."""
    try:
        said: Any = json.loads(source.own(path, most=_LARGEST) or b"")
        kept = {str(name): str(text) for name, text in said.get("texts", {}).items()}
        record = Record(said["hash"], said["repo"], said["root"], said["file"], kept)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    return record if path == _path(record.hash, record.repo) else None


def _require_mine() -> None:
    """Whoever may write there has a say in what is run."""
    folder = _folder()
    try:
        mine = source.is_own(_path("", ""))
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"what you have trusted cannot be read: {error.strerror}"
        raise HostError(message, where=str(folder), fix="make it a folder of yours") from error
    if not mine:
        message = "others can write what you have trusted, so it is not this user's"
        fix = (
            f"own it and what is above it, and `chmod go-w {shlex.quote(str(folder))}`; "
            "or set XDG_STATE_HOME to a folder of yours"
        )
        raise HostError(message, where=str(folder), fix=fix)


def _path(digest: str, repo: str) -> Path:
    return _folder() / f"{digest}-{hashed(repo)[:12]}.json"


def _folder() -> Path:
    return state_home() / "trust"
