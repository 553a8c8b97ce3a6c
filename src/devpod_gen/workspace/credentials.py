"""Whether code inside a container may ask for the host's git credentials, and what asks.

Who lets it in is the user, by trusting the profile; `up` then notes for which container. So
neither a changed profile nor a container that another client made of it gets any.
"""

import sys
from pathlib import Path

from devpod_gen import source
from devpod_gen.disk import private_folder, publish
from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container

_RELAY = (sys.executable, "-I", "-m", "devpod_gen.cli.credentials")
_LISTEN = ("/usr/local/lib/devpod/git-credential", "listen")


def allow(data: Path, container: Container, *, asked: bool) -> None:
    """Note that this container gets credentials, or that none does."""
    if asked:
        publish(private_folder(data) / "credentials", container.id, mode=0o600)
    else:
        (data / "credentials").unlink(missing_ok=True)


def relay(engine: Engine, container: Container, user: str, data: Path) -> tuple[str, ...]:
    """The command by which a session, as its parent, lets git in the container ask the host
    for as long as it lasts; empty when that container gets nothing."""
    allowed = source.own(data / "credentials", most=1024) == container.id.encode()
    inside = engine.stdio_command(container.id, list(_LISTEN), user=user)
    return (*_RELAY, *inside) if allowed else ()
