"""A clone's workspace, removed: what is there, what would be lost, what goes."""

from collections.abc import Callable

from devpod_gen.disk import remove_folder
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import PROJECT, Project
from devpod_gen.workspace import clone, loss, ownership
from devpod_gen.workspace.finding import find
from devpod_gen.workspace.identity import Identity


def cache_sizes(engine: Engine, identity: Identity) -> tuple[tuple[str, int], ...]:
    """The volumes of the clone's caches, and the bytes that each holds."""
    volumes = [
        item.removeprefix("volume ")
        for name in ownership.projects(engine, identity)
        for item in engine.labelled(PROJECT, name)
        if item.startswith("volume ") and "_cache-" in item
    ]
    sizes = engine.volume_sizes() if volumes else {}
    return tuple((name, sizes.get(name, 0)) for name in sorted(volumes))


def down(engine: Engine, identity: Identity, *, caches: bool = False) -> tuple[str, ...]:
    """Remove all that `up` made, and what other clients made for the clone under project
    names of their own; say what that was. Caches stay unless asked for."""
    removed: list[str] = []
    for name in sorted(ownership.projects(engine, identity)):
        there = set(engine.labelled(PROJECT, name))
        if there:
            engine.remove(Project(name, ()), volumes=caches)
        if f"volume {clone.volume_of(name)}" in there:
            engine.remove_volume(clone.volume_of(name))
        removed += there - set(engine.labelled(PROJECT, name))
    remove_folder(identity.data)
    return tuple(sorted(removed))


def require_no_loss(engine: Engine, identity: Identity, image_of: Callable[[], str]) -> None:
    """Raises WouldLose where a clone in a volume has work that no remote has. `image_of`
    names an image to look with, for a volume without a container."""
    found = find(engine, identity)
    for name in sorted(ownership.projects(engine, identity)):
        volume = clone.volume_of(name)
        if f"volume {volume}" in engine.labelled(PROJECT, name):
            lost = clone.losses(engine, volume, found.image if found else image_of())
            loss.refuse(lost, f"volume {volume}")
