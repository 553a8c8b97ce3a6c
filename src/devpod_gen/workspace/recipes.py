"""The recipes of an image and the bake file for them, for builds that others make."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from devpod_gen.disk import publish
from devpod_gen.engine import bake
from devpod_gen.engine.model import Build
from devpod_gen.errors import HostError
from devpod_gen.plan.image import BASE, recipe_files

FILE = "docker-bake.json"
"""One of the names that `docker buildx bake` looks for by itself."""


def described(builds: tuple[Build, ...], platforms: tuple[str, ...] = ()) -> dict[str, Any]:
    """The bake file, for this machine: it names the recipes where they are."""
    return bake.document(builds, BASE, platforms)


def export(
    builds: tuple[Build, ...], folder: Path, platforms: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The bake file and copies of the recipes that it names, in `folder`, to be used there.

    Raises HostError where there is something in it already: nothing is mixed with it.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        message = "the folder for the recipes is not empty"
        raise HostError(message, where=str(folder), fix="give --out a new or an empty folder")
    for build in builds:
        for path in recipe_files(build.recipe):
            copy = folder / "images" / build.name / path.relative_to(build.recipe)
            publish(copy, path.read_bytes(), mode=path.stat().st_mode & 0o755 | 0o644)
    moved = tuple(replace(build, recipe=Path("images", build.name)) for build in builds)
    document = bake.document(moved, BASE, platforms)
    publish(folder / FILE, json.dumps(document, indent=2) + "\n")
    return document
