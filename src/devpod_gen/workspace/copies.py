"""What a repo's own stack is built from: a copy of the very bytes that were trusted."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from devpod_gen.disk import publish, staging
from devpod_gen.errors import FilesDiffer, HostError, ImageError
from devpod_gen.plan.model import Layer
from devpod_gen.profile.contents import contents


@contextmanager
def as_trusted(layers: tuple[Layer, ...]) -> Iterator[tuple[Layer, ...]]:
    """The layers, those of the repo's own stacks with recipes in a folder that nobody else
    writes to, and that is gone afterwards. Raises FilesDiffer where one was changed since
    the profile was read."""
    if not any(layer.digest for layer in layers):
        yield layers
        return
    with staging(Path(tempfile.gettempdir())) as folder:
        copies = {
            str(_copy(layer, folder / str(index))): layer
            for index, layer in enumerate(layers)
            if layer.digest
        }
        of_layer = {layer: copy for copy, layer in copies.items()}
        try:
            yield tuple(replace(one, folder=of_layer.get(one, one.folder)) for one in layers)
        except ImageError as error:  # its user knows the stack, and not the copy
            if error.where in copies:
                error.where = copies[error.where].folder
            raise


def _copy(layer: Layer, to: Path) -> Path:
    source = Path(layer.folder)
    try:
        found = contents(source, layer.target)
        if found.problems or found.digest != layer.digest:
            message = "the repo's own stack was changed since the profile was read"
            raise FilesDiffer(message, where=str(source), fix="run it again")
        for name, content in found.files.items():
            mode = (source / name).lstat().st_mode & 0o111 | 0o644
            publish(to / name, content, mode=mode)
        for name, text in found.links.items():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            (to / name).symlink_to(text)
    except OSError as error:
        message = f"the stack cannot be copied: {error.strerror}"
        raise HostError(message, where=str(source), fix="make it readable, and room") from error
    return to
