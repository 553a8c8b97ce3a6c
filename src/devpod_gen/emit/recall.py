"""What was rendered before, so that it need not be rendered to see that nothing changed.

Emitters are functions of the plan. So what a plan rendered to once is what it renders to,
as long as the emitters are the same: the key is a hash of the plan, of every file that has
a part in rendering, and of the versions of Python and Jinja. Kept are hashes of the files,
no text: nothing is ever written from here. Losing it costs 60 ms.
"""

import contextlib
import hashlib
import json
import os
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from devpod_gen import resources, source
from devpod_gen.disk import hashed, private_folder, publish
from devpod_gen.emit.file import RenderedFile, sha256_of
from devpod_gen.emit.paths import optional
from devpod_gen.emit.tree import Change, same
from devpod_gen.errors import HostError
from devpod_gen.home import cache_home
from devpod_gen.plan.model import Plan

_LARGEST = 1024 * 1024  # bytes of what is kept of one clone: hashes


def key_of(plan: Plan, *, own: bool) -> str:
    """What the files depend on. `own`: as the workflow's."""
    return hashlib.sha256(repr((plan, own, emitters())).encode()).hexdigest()


def recall(root: Path, plan: Plan, key: str) -> tuple[Change, ...] | None:
    """The files below `root`, where they are what `key` rendered to; None where one is not, or
    where that is not known. Raises as `compare` does. Files beyond the output folder may be
    absent."""
    output = plan.output
    found = _read(root, output)
    if not found or found.get("key") != key:
        return None
    others = (path for path in optional(plan) if path not in found["files"])
    if any(os.path.lexists(root / path) for path in others):
        return None
    return same(root, found["files"], optional=lambda path: not path.startswith(f"{output}/"))


def remember(root: Path, output: str, key: str, files: tuple[RenderedFile, ...]) -> None:
    """Keep what `key` has rendered to. Where the disk refuses, it is rendered again."""
    hashes = {file.path: sha256_of(file.text) for file in files}
    with contextlib.suppress(HostError):
        path = _path(root, output)
        private_folder(path.parent)
        publish(path, json.dumps({"key": key, "files": hashes}), mode=0o600, lasting=False)


def _read(root: Path, output: str) -> dict[str, Any] | None:
    """None where somebody else than this user could have written it."""
    try:
        content = source.own(_path(root, output), most=_LARGEST)
        found: dict[str, Any] | None = json.loads(content) if content else None
    except (ValueError, RecursionError, HostError):
        return None
    return found


def _path(root: Path, output: str) -> Path:
    """One file a clone and profile, whatever they become."""
    return cache_home() / "rendered" / hashed(root, output)[:16]


@cache
def emitters() -> str:
    """A hash that is another one once a template, an emitter or what else has a part in it is:
    of their names, sizes and times, of which nobody can set the one of the last change."""
    package = Path(__file__).parent.parent
    code = [path for name in ("emit", "plan", "profile") for path in (package / name).glob("*.py")]
    files = sorted((*code, *resources.templates().rglob("*.j2")))
    told = hashlib.sha256(repr((sys.version_info, _jinja())).encode())
    for path in files:
        about = path.stat()
        times = (about.st_mtime_ns, about.st_ctime_ns)
        told.update(repr((str(path), about.st_ino, about.st_size, *times)).encode())
    return told.hexdigest()


def _jinja() -> tuple[str, ...]:
    """The version of Jinja, without loading it: how its installation is called."""
    found = find_spec("jinja2")
    place = Path(found.origin).parent.parent if found and found.origin else Path()
    return tuple(sorted(path.name for path in place.glob("[Jj]inja2-*")))
