"""What nobody needs any more, of what we have made: for `gc`.

Only what carries our labels and is surely over: a folder that cannot be looked for from
here, a process that may live, work that no remote has, are left alone.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, Container
from devpod_gen.home import data_home
from devpod_gen.value import dataclass
from devpod_gen.workspace import clone, history, ownership, record, throwaway, written

Kind = Literal["workspace", "verification", "half-made", "caches", "state", "memory"]


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that can go: what it is, and why. `items`: what the engine has of it.
    `size`: bytes, where they were asked for."""

    kind: Kind
    name: str
    why: str
    items: tuple[str, ...]
    size: int | None = None
    kept: str | None = None
    """Why it is not removed all the same."""


def find(engine: Engine, *, caches: bool = False) -> tuple[Leftover, ...]:
    """All that can go. Looks only. `caches`: also the caches that no container uses."""
    everyone = ownership.everyones(engine)
    dead = [_workspace(engine, one) for one in everyone if _is_gone(one)]
    busy = {one.project for one in everyone}
    mine = engine.projects()
    over = [_verification(engine, name) for name in sorted(mine) if throwaway.is_over(name)]
    half = [
        Leftover("half-made", name, "it was never started", items)
        for name, items in sorted(mine.items())
        if name not in busy and _is_network_only(name, items)
    ]
    unused = _caches(engine, mine, busy - {one.name for one in dead}) if caches else []
    return (*dead, *over, *half, *unused, *_state(engine, everyone), *_memories())


def _verification(engine: Engine, name: str) -> Leftover:
    """What a killed one has left. A name proves nothing: each thing has to have our labels."""
    items = _items(engine, name)
    others = sorted(set(items) - set(engine.proven(name)))
    kept = f"{', '.join(others)} has no label of devpod-gen's" if others else None
    return Leftover("verification", name, "its process has ended", items, kept=kept)


def _items(engine: Engine, project: str) -> tuple[str, ...]:
    return engine.labelled(PROJECT, project)


def _is_network_only(project: str, items: tuple[str, ...]) -> bool:
    """A start has made it and got no further. A clone in a volume is no such thing."""
    if project.startswith(ownership.VERIFYING):
        return False
    return any(item.startswith("network ") for item in items) and not any(
        item.startswith("container ") or item.endswith("_workspace") for item in items
    )


def _is_gone(container: Container) -> bool:
    """Whether its repo is gone or was moved. One that another machine has started, or
    another client where the folder above is not to be seen either, is not judged."""
    output = ownership.made_from(container)
    host = container.labels["devpod-gen.host"]
    if not output or (host and host != ownership.host()):
        return False
    root = output.parent if output.name == ".devcontainer" else output.parent.parent
    try:
        return not root.exists() and (bool(host) or root.parent.is_dir())
    except OSError:
        return False


def _workspace(engine: Engine, one: Container) -> Leftover:
    items = tuple(item for item in _items(engine, one.project) if "_cache-" not in item)
    why = f"{ownership.made_from(one)} is not there any more"
    volume = clone.volume_of(one.project)
    kept = None
    if f"volume {volume}" in items and (lost := clone.losses(engine, volume, one.image)):
        kept = f"there is work in {volume} that would be lost: {', '.join(lost[:3])}"
    return Leftover("workspace", one.project, why, items, kept=kept)


def _caches(engine: Engine, mine: Mapping[str, tuple[str, ...]], alive: set[str]) -> list[Leftover]:
    """Cache volumes of workspaces that are down or gone."""
    sizes = engine.volume_sizes()
    found = []
    for name, items in sorted(mine.items()):
        volumes = tuple(item for item in items if item.startswith("volume ") and "_cache-" in item)
        if volumes and name not in alive and not name.startswith(ownership.VERIFYING):
            size = sum(sizes.get(item.removeprefix("volume "), 0) for item in volumes)
            found.append(Leftover("caches", name, "no container uses them", volumes, size))
    return found + [
        Leftover("caches", name, "no container shares it", (f"volume {name}",), sizes.get(name, 0))
        for name in engine.unused_volumes("devpod-gen.shared", "devpod-gen")
    ]


def _state(engine: Engine, everyone: tuple[Container, ...]) -> list[Leftover]:
    """Our folders of workspaces that this engine does not have, and locks of them."""
    ids = {one.labels["devpod-gen.id"] for one in everyone}
    outputs = {ownership.made_from(one) for one in everyone}
    names = {path.name.removesuffix(".lock") for path in data_home().glob("*")}
    found = []
    for name in sorted(names - ids):
        known = record.read(data_home() / name)
        elsewhere = known and known.engine != engine.address()
        used = known and Path(known.root) / known.output in outputs
        if re.fullmatch(r"[0-9a-f]{12}", name) and not elsewhere and not used:
            item = f"folder {data_home() / name}"
            found.append(Leftover("state", name, "there is no such workspace", (item,)))
    return found


def _memories() -> list[Leftover]:
    """What is kept of clones that are gone: histories, and the texts that were generated."""
    roots: dict[Path, list[str]] = {}
    for path, root in (*history.places(), *written.places()):
        if _was_removed(root):
            roots.setdefault(root, []).append(f"file {path}")
    return [
        Leftover("memory", str(root), "the repo is not there any more", tuple(items))
        for root, items in sorted(roots.items())
    ]


def _was_removed(root: Path) -> bool:
    """Whether a folder is gone from a place that can be seen. Where nothing of its path is
    there, it may be another machine's that shares this home, or on a disk that is not."""
    try:
        above = next(folder for folder in root.parents if folder.exists())
        return root.is_absolute() and above != Path("/") and not root.exists()
    except (OSError, StopIteration):
        return False
