"""The chain of images behind a profile: base, one layer a stack, and the profile's own.

A tag is a hash of all that we put in, so an unchanged image is never built twice and a
stale one is never used. The distribution's own packages are not in it.
"""

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

from devpod_gen import __version__, resources
from devpod_gen.plan.jetbrains import RECIPE, BakePlan
from devpod_gen.plan.model import Layer
from devpod_gen.value import dataclass

BASE = "debian:trixie-slim"
"""What the base image is built on."""

REPOSITORY = "localhost/devpod-gen"
"""Where images that were built here live. `localhost` is a registry host by the reference
grammar, so an image that is missing is never looked for under a stranger's name."""

EPOCH = 1735689600
"""SOURCE_DATE_EPOCH of every build: the time that images and what is made in them have, so
that two builds can be compared. images/base/rootfs/usr/local/lib/devpod/layer has it, too."""

_RECIPE_ONLY = ("stack.toml",)
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Step:
    """A stack's image in the chain. `folder`: as a Layer's; `args`: the stack's own;
    `digest`: of the folder's files, where the stack is the repo's; `archive`: what it unpacks."""

    name: str
    folder: str
    args: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    archive: BakePlan | None = None

    @property
    def place(self) -> tuple[bool, bool, str]:
        """By which steps are sorted: what is ours comes first, so that others share it, and
        of that the largest last."""
        return bool(self.digest), bool(self.archive), self.name


def backend(bake: BakePlan | None) -> tuple[Step, ...]:
    """The step that puts an IDE's backend into the image."""
    return (Step(RECIPE, RECIPE, bake.args, archive=bake),) if bake else ()


Labels = tuple[tuple[str, str], ...]


def chain(
    steps: tuple[Step, ...],
    args: tuple[tuple[str, str], ...],
    metadata: dict[str, object],
    *,
    name: str | None = None,
    registry: str | None = None,
    marks: Labels = (),
) -> tuple[Layer, ...]:
    """The images for `steps`, with the profile's `args` in the last layer, which is the one
    that a registry gets, and which may have a `name` of its own. `marks`: labels of that one
    which are not in its tag.

    Stacks are layered by name, so profiles that list the same ones in another order
    share every image.
    """
    layers = [_layer("base", "base", BASE)]
    shared = ("BASE", layers[0].ref)
    ordered = sorted(steps, key=lambda step: step.place)
    for count, step in enumerate(ordered, start=1):
        so_far = joined([step.name for step in ordered[:count]])
        own = (shared, *step.args)
        layer = _layer(so_far, step.folder, layers[-1].ref, own, digest=step.digest)
        layers.append(replace(layer, target=step.name, archive=step.archive))
    labels = (("devcontainer.metadata", json.dumps([metadata], separators=(",", ":"))),)
    last = _layer(name or layers[-1].name, "workspace", layers[-1].ref, args, labels)
    last = replace(last, marks=marks)
    hosted = replace(last, ref=last.ref.replace(REPOSITORY, registry, 1)) if registry else last
    return (*layers, hosted)


def joined(names: list[str]) -> str:
    """The name of an image of these stacks, short whatever their number is: the tag says
    exactly what is in it."""
    if len(names) <= _MOST_NAMES:
        return "-".join(names)
    return f"{names[0]}-to-{names[-1]}-{len(names)}"


def _layer(
    name: str,
    folder: str,
    parent: str,
    args: tuple[tuple[str, str], ...] = (),
    labels: tuple[tuple[str, str], ...] = (),
    *,
    digest: str = "",
) -> Layer:
    # Where a repo's own stack lies on this machine is not in the tag; its files are.
    source = ("", digest) if digest else (folder, _content(resources.images() / folder))
    content = json.dumps([source[0], parent, args, labels, source[1]])
    tag = hashlib.sha256(content.encode()).hexdigest()[:16]
    marks = (
        ("org.opencontainers.image.title", f"devpod-gen {name}"),
        ("org.opencontainers.image.version", __version__),
    )
    ref = f"{REPOSITORY}/{name}:{tag}"
    return Layer(name, folder, ref, parent, args, labels, target=folder, marks=marks, digest=digest)


def recipe_files(folder: Path) -> tuple[Path, ...]:
    """The files of a recipe that go into its image."""
    return tuple(
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _RECIPE_ONLY
    )


@cache
def _content(folder: Path) -> tuple[tuple[str, str], ...]:
    """Path and sha256 of each file of a recipe of ours, which stays as it is while we run.
    Modes do not count: the Dockerfiles set them."""
    return tuple(
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in recipe_files(folder)
    )
