"""Which workspace a clone has: its id, its Compose project, and where its own files live."""

import re
from pathlib import Path

from devpod_gen import source
from devpod_gen.disk import hashed
from devpod_gen.home import data_home
from devpod_gen.value import dataclass

LARGEST_ENV = 64 * 1024
"""A `.env` of ours never has as many bytes."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One clone's workspace. Two clones or worktrees of a repo, or two profiles, have two."""

    id: str
    project: str
    root: Path
    """The repo's folder, with links resolved."""
    output: str
    """The folder of emitted files, relative to the root."""
    branch: str | None = None
    """Of a clone in a volume that is beside the repo's own one."""

    @property
    def compose_file(self) -> Path:
        """The emitted compose file."""
        return self.root / self.output / "compose.yaml"

    @property
    def config_file(self) -> Path:
        """The emitted devcontainer.json."""
        return self.root / self.output / "devcontainer.json"

    @property
    def env_file(self) -> Path:
        """What tells Compose and the reference client what is true of this clone only."""
        return self.root / self.output / ".env"

    @property
    def data(self) -> Path:
        """The folder of the parts that are true on this machine only."""
        return data_home() / self.id


def identify(root: Path, name: str, output: str, branch: str | None = None) -> Identity:
    """The workspace of the clone at `root`, of the profile that is emitted to `output`.

    The hash is long enough that no machine sees two of the same.
    """
    real = root.resolve()
    digest = hashed(real, output, *((branch,) if branch else ()))[:12]
    return Identity(digest, f"{name}-{digest}", real, output, branch)


def known(root: Path, output: str, branch: str | None = None) -> Identity | None:
    """The workspace that was given to the clone at `root` last, by its `.env`; None when
    that says nothing.

    A `.env` that came with the repo, or from where the clone was before, names a project
    that is not this clone's: it is not believed.
    """
    try:
        content = source.read(root / output / ".env", most=LARGEST_ENV, inside=root)
    except (OSError, source.RefusedError):
        return None
    text = content.decode("utf-8", errors="replace")
    match = re.search(r"^DEVPOD_PROJECT=([a-z0-9-]+)-([0-9a-f]{12})$", text, re.MULTILINE)
    if not match or identify(root, match[1], output).id != match[2]:
        return None
    return identify(root, match[1], output, branch)


def worktrees_home() -> Path:
    """Where the worktrees of branches are, with links resolved, as a repo's folder is. Raises
    HostError when there is no home."""
    return (data_home() / "worktrees").resolve()
