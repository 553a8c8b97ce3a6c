"""The SSH host that links name. Format: ssh_config(5)."""

import shlex
from dataclasses import dataclass

from devpod_gen.emit.render import render
from devpod_gen.errors import HostError
from devpod_gen.plan.model import Plan


@dataclass(frozen=True, slots=True)
class SshFiles:
    """The machine-local parts of the SSH door: absolute paths on the host."""

    alias: str
    """The host's name: `links.alias(plan)`, unless another clone on this machine has that."""
    identity: str
    known_hosts: str
    proxy: tuple[str, ...]
    """The command that speaks SSH with the container on its standard streams."""


def ssh_config(plan: Plan, files: SshFiles) -> str:
    """The ssh_config of one workspace. It is never written into the repo.

    An ssh_config that a repo's author controls is code execution on the host of
    whoever includes it, so it lives in the user's data folder.
    """
    # ssh hands the line to the user's shell, after its own percent signs.
    proxy = " ".join(shlex.quote(_printable(word)).replace("%", "%%") for word in files.proxy)
    return render(
        "gateway/ssh_config.j2",
        plan=plan,
        alias=files.alias,
        identity=_ssh_quoted(files.identity),
        known_hosts=_ssh_quoted(files.known_hosts),
        proxy=proxy,
    )


def _ssh_quoted(path: str) -> str:
    """A path as a word of ssh_config, which has no escape for a quote."""
    escaped = _printable(path, forbidden='"').replace("%", "%%")
    return f'"{escaped}"' if " " in escaped else escaped


def _printable(text: str, forbidden: str = "") -> str:
    """A line break in an ssh_config would be a directive of somebody's choice."""
    if text.isprintable() and not set(text) & set(forbidden):
        return text
    message = "ssh cannot be told this path: it holds a quote or a control character"
    raise HostError(message, where=repr(text), fix="set XDG_DATA_HOME to a plain path")
