"""What is searched: one workspace, its image, and what we keep of it on this machine."""

from collections.abc import Callable
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Project
from devpod_gen.value import dataclass

Look = Callable[[str, bytes], None]
"""Takes what exactly it is, and a text."""


@dataclass(frozen=True, slots=True)
class Scope:
    """One workspace: its repo, what we keep for it, its project, image and container."""

    engine: Engine
    root: Path
    data: Path
    project: Project
    image: str = ""
    container: str = ""
