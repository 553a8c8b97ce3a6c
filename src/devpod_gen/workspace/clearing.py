"""Leftovers are removed, each under its workspace's lock."""

import contextlib
import re
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from devpod_gen.disk import remove_file, remove_folder
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Project
from devpod_gen.errors import Busy
from devpod_gen.home import data_home
from devpod_gen.workspace import clone, ownership
from devpod_gen.workspace.identity import Identity
from devpod_gen.workspace.leftovers import Leftover
from devpod_gen.workspace.lock import held


def remove(engine: Engine, found: Leftover) -> Leftover:
    """Remove it, and say what was removed, or why it was kept after all."""
    if found.kept:
        return found
    match = re.search(r"(?:^|-)([0-9a-f]{12})$", found.name)
    if found.kind in ("verification", "memory") or not match:
        return _remove(engine, found)
    # Under its lock: an `up` may be at its beginning.
    identity = Identity(match[1], found.name, Path(), "")
    try:
        with held(identity, "gc", patience=0, removed=True):
            if found.kind in ("half-made", "state") and _is_there(engine, found.name):
                return replace(found, items=(), kept="it was just started")
            return _remove(engine, found)
    except Busy as error:
        return replace(found, items=(), kept=error.message)
    finally:
        with contextlib.suppress(OSError):
            data_home().rmdir()


def _remove(engine: Engine, found: Leftover) -> Leftover:
    match found.kind:
        case "state":
            remove_folder(data_home() / found.name)
        case "memory":
            for item in found.items:
                remove_file(Path(item.removeprefix("file ")))
        case "caches":
            for item in found.items:
                engine.remove_volume(item.removeprefix("volume "))
        case "workspace" | "verification" | "half-made":
            engine.remove(Project(found.name, ()), volumes=found.kind == "verification")
            if f"volume {clone.volume_of(found.name)}" in found.items:
                engine.remove_volume(clone.volume_of(found.name))
        case _:
            assert_never(found.kind)
    return found


def _is_there(engine: Engine, name: str) -> bool:
    everyone = ownership.everyones(engine)
    return any(name in (one.project, one.labels["devpod-gen.id"]) for one in everyone)
