"""What this user has trusted: the exact content of profiles, each by its hash.

A profile that asks for more than the safe default is not built or run before that. The
records lie in the user's state folder, so no repo can bring its own.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devpod_gen.disk import private_folder, publish
from devpod_gen.errors import Finding, HostError, Untrusted
from devpod_gen.plan.asks import Ask, asks
from devpod_gen.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Content:
    """A profile with all that it includes, as it is now. `hash`: of every byte of it."""

    root: Path
    file: str
    hash: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """What was trusted, and in which clone."""

    hash: str
    root: str
    file: str


def content_of(root: Path, plan: Plan) -> Content:
    """The content behind a plan of the repo at `root`. Raises HostError."""
    try:
        profile = hashlib.sha256((root / plan.file).read_bytes()).hexdigest()
    except OSError as error:
        message = f"the profile cannot be read: {error.strerror}"
        raise HostError(message, where=plan.file, fix="make it a readable file") from error
    included = sorted((own.place, own.digest) for own in plan.own_stacks)
    digest = hashlib.sha256(json.dumps([profile, included]).encode()).hexdigest()
    return Content(root.resolve(), plan.file, digest, asks(plan))


def is_trusted(content: Content) -> bool:
    """Whether nothing is asked for, or this exact content was trusted."""
    return not content.asks or _record(_path(content.hash)) is not None


def require(root: Path, plan: Plan) -> None:
    """Raises Untrusted, which says what is asked for, unless the plan's content is trusted."""
    content = content_of(root, plan)
    if not is_trusted(content):
        raise untrusted(content, "the profile asks for what you have not trusted yet")


def untrusted(
    content: Content, message: str, *, fix: str = "read these, then run `devpod-gen trust`"
) -> Untrusted:
    """The error that names each thing that is asked for."""
    return Untrusted(
        message,
        where=content.file,
        findings=tuple(Finding(ask.where, ask.what) for ask in content.asks),
        fix=fix,
    )


def trust(content: Content) -> None:
    """Record that the user trusts this content. Raises HostError."""
    private_folder(_folder())
    record = {"hash": content.hash, "root": str(content.root), "file": content.file}
    publish(_path(content.hash), json.dumps(record, indent=2) + "\n", mode=0o600)


def records() -> tuple[Record, ...]:
    """Everything that was trusted, by clone and file."""
    found = (_record(path) for path in sorted(_folder().glob("*.json")))
    kept = [record for record in found if record]
    return tuple(sorted(kept, key=lambda record: (record.root, record.file, record.hash)))


def revoke(root: Path, file: str) -> tuple[Record, ...]:
    """Forget all that was trusted of a profile of the clone at `root`, and say what it was."""
    gone = tuple(x for x in records() if (x.root, x.file) == (str(root.resolve()), file))
    for record in gone:
        _path(record.hash).unlink(missing_ok=True)
    return gone


def _record(path: Path) -> Record | None:
    """The record at `path`; None where there is none that this version has written."""
    try:
        said: Any = json.loads(path.read_text(encoding="utf-8"))
        record = Record(said["hash"], said["root"], said["file"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return record if path == _path(record.hash) else None


def _path(digest: str) -> Path:
    return _folder() / f"{digest}.json"


def _folder() -> Path:
    """`$XDG_STATE_HOME/devpod-gen/trust`. Raises HostError when there is no home."""
    named = os.environ.get("XDG_STATE_HOME", "")
    if named.startswith("/"):  # a relative one is to be ignored, says the specification
        return Path(named) / "devpod-gen" / "trust"
    try:
        return Path.home() / ".local" / "state" / "devpod-gen" / "trust"
    except RuntimeError as error:
        message = "this user has no home folder"
        raise HostError(message, where="HOME", fix="set HOME or XDG_STATE_HOME") from error
