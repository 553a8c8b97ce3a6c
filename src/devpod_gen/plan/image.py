"""The chain of images behind a profile: base, one layer a stack, and the profile's own.

A tag is a hash of all that we put in, so an unchanged image is never built twice and a
stale one is never used. The distribution's own packages are not in it.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

from devpod_gen import resources
from devpod_gen.plan.model import Layer

BASE = "debian:trixie-slim"
"""What the base image is built on."""

REPOSITORY = "localhost/devpod-gen"
"""Where images that were built here live. `localhost` is a registry host by the reference
grammar, so an image that is missing is never looked for under a stranger's name."""

EPOCH = 1735689600
"""SOURCE_DATE_EPOCH of every build: the time that images and what is made in them have, so
that two builds can be compared. images/base/rootfs/usr/local/lib/devpod/layer has it, too."""

_RECIPE_ONLY = ("stack.toml",)


def chain(
    stacks: tuple[str, ...],
    args: tuple[tuple[str, str], ...],
    metadata: dict[str, object],
    *,
    registry: str | None = None,
) -> tuple[Layer, ...]:
    """The images for `stacks`, with the profile's `args` in the last layer, which is the one
    that a registry gets.

    Stacks are layered by name, so profiles that list the same ones in another order
    share every image.
    """
    layers = [_layer("base", "base", BASE)]
    shared = (("BASE", layers[0].ref),)
    names = sorted(stacks)
    for count, stack in enumerate(names, start=1):
        layers.append(_layer("-".join(names[:count]), stack, layers[-1].ref, shared))
    labels = (("devcontainer.metadata", json.dumps([metadata], separators=(",", ":"))),)
    last = _layer(layers[-1].name, "workspace", layers[-1].ref, args, labels)
    hosted = replace(last, ref=last.ref.replace(REPOSITORY, registry, 1)) if registry else last
    return (*layers, hosted)


def _layer(
    name: str,
    folder: str,
    parent: str,
    args: tuple[tuple[str, str], ...] = (),
    labels: tuple[tuple[str, str], ...] = (),
) -> Layer:
    content = json.dumps([folder, parent, args, labels, _content(resources.images() / folder)])
    tag = hashlib.sha256(content.encode()).hexdigest()[:16]
    return Layer(name, folder, f"{REPOSITORY}/{name}:{tag}", parent, args, labels)


def _content(folder: Path) -> list[tuple[str, str]]:
    """Path and sha256 of each file. Modes do not count: the Dockerfiles set them."""
    return [
        (path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _RECIPE_ONLY
    ]
