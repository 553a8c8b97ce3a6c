"""Several files below a repo, written as one: what was begun and not ended is undone."""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from devpod_gen import opened
from devpod_gen.errors import HostError, NotOurs
from devpod_gen.value import dataclass


@contextmanager
def all_or_none(root: Path, relatives: Iterable[str]) -> Iterator[None]:
    """What is written inside is there in whole; when anything stops it, also a signal, each of
    the paths below `root` holds what it held before. Their folders, which are made if need be,
    stay open meanwhile: what becomes of their names changes nothing. Raises as `read` does, and
    HostError where something could not be put back."""
    with contextlib.ExitStack() as stack:
        held = [_held(stack, root, relative) for relative in sorted(set(relatives))]
        try:
            yield
        except BaseException as error:
            lost = [str(one.path) for one in held if not one.put_back()]
            if lost:
                message = "this could not be put back as it was"
                fix = "see what git says of it, and make room"
                raise HostError(message, where=", ".join(lost), fix=fix) from error
            raise


@dataclass(frozen=True, slots=True)
class _Held:
    """A file as it was, and the folder that it was in."""

    path: Path
    folder: int
    name: str
    before: bytes | None
    mode: int

    def put_back(self) -> bool:
        """Whether it holds what it held."""
        try:
            if opened.content_in(self.folder, self.name, self.path) == self.before:
                return True
            if self.before is None:
                os.unlink(self.name, dir_fd=self.folder)
            else:
                opened.replace(self.folder, self.name, self.before, self.mode)
        except (OSError, NotOurs):
            return False
        return True


def _held(stack: contextlib.ExitStack, root: Path, relative: str) -> _Held:
    path = root / relative
    with opened.told(path, "read"):
        place = stack.enter_context(opened.folder_of(root, relative, make=True))
        status = opened.status_in(*place, path)
        mode = stat.S_IMODE(status.st_mode) if status else 0o644
        return _Held(path, *place, opened.content_in(*place, path), mode)
