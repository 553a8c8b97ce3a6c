"""Which workspace a clone has: its id, its Compose project, and where its own files live."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from devpod_gen.errors import HostError


@dataclass(frozen=True, slots=True)
class Identity:
    """One clone's workspace. Two clones of a repo, or two profiles, have two."""

    id: str
    project: str
    root: Path
    """The repo's folder, with links resolved."""
    output: str
    """The folder of emitted files, relative to the root."""

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
        """What tells Compose and the reference client this clone's project name."""
        return self.root / self.output / ".env"

    @property
    def env_text(self) -> str:
        """What stands in it."""
        return f"# This clone's workspace, written by devpod-gen.\nDEVPOD_PROJECT={self.project}\n"

    @property
    def data(self) -> Path:
        """The folder of the parts that are true on this machine only."""
        return data_home() / self.id


def identify(root: Path, name: str, output: str) -> Identity:
    """The workspace of the clone at `root`, of the profile that is emitted to `output`."""
    real = root.resolve()
    digest = hashlib.sha256(os.fsencode(real) + b"\0" + output.encode()).hexdigest()[:8]
    return Identity(digest, f"{name}-{digest}", real, output)


def known(root: Path, output: str) -> Identity | None:
    """The workspace that was given to the clone at `root` last, by its `.env`; None when
    that says nothing.

    A `.env` that came with the repo, or from where the clone was before, names a project
    that is not this clone's: it is not believed.
    """
    try:
        text = (root / output / ".env").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"^DEVPOD_PROJECT=([a-z0-9-]+)-[0-9a-f]{8}$", text, re.MULTILINE)
    identity = identify(root, match[1], output) if match else None
    return identity if identity and identity.env_text in text else None


def data_home() -> Path:
    """`$XDG_DATA_HOME/devpod-gen`, by the XDG Base Directory specification.

    Raises HostError when there is no home.
    """
    named = os.environ.get("XDG_DATA_HOME", "")
    if named.startswith("/"):  # a relative one is to be ignored, says the specification
        return Path(named) / "devpod-gen"
    try:
        return Path.home() / ".local" / "share" / "devpod-gen"
    except RuntimeError as error:
        message = "this user has no home folder"
        raise HostError(message, where="HOME", fix="set HOME or XDG_DATA_HOME") from error
