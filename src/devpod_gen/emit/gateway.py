"""The links that open IDEs on the workspace, and the SSH host that they name.

Formats: JetBrains Toolbox's `jetbrains://gateway/ssh/environment`, VS Code's
`vscode://vscode-remote/ssh-remote+HOST`, and ssh_config(5).
"""

import shlex
from dataclasses import dataclass
from urllib.parse import quote

from devpod_gen.emit.file import BLANK, RenderedFile, stamped
from devpod_gen.emit.render import render
from devpod_gen.errors import HostError
from devpod_gen.plan.model import Plan

_PRODUCTS = {
    "CLion": "CL",
    "DataGrip": "DB",
    "DataSpell": "DS",
    "GoLand": "GO",
    "IntelliJ": "IU",
    "PhpStorm": "PS",
    "PyCharm": "PY",
    "Rider": "RD",
    "RubyMine": "RM",
    "RustRover": "RR",
    "WebStorm": "WS",
}


@dataclass(frozen=True, slots=True)
class SshFiles:
    """The machine-local parts of the SSH door: absolute paths on the host."""

    alias: str
    """The host's name: `alias(plan)`, unless another clone on this machine has that."""
    identity: str
    known_hosts: str
    proxy: tuple[str, ...]
    """The command that speaks SSH with the container on its standard streams."""


def alias(plan: Plan) -> str:
    """The SSH host name of the workspace. Lower case: VS Code lower-cases it anyway."""
    return f"{plan.alias}.devpod-gen"


def links(plan: Plan) -> RenderedFile:
    """The page of links. It names the SSH alias only, so it is the same on every machine."""
    text = render(
        "gateway/links.md.j2",
        plan=plan,
        blank=BLANK,
        alias=alias(plan),
        toolbox=toolbox_link(plan),
        vscode=f"vscode://vscode-remote/ssh-remote+{alias(plan)}{quote(plan.folder)}",
    )
    return stamped(f"{plan.output}/gateway/links.md", text)


def toolbox_link(plan: Plan) -> str:
    """JetBrains Toolbox connects by SSH and opens the workspace in the plan's IDE."""
    values = {
        "h": alias(plan),
        "u": plan.user,
        "p": "22",
        "launchIde": "true",
        "ideHint": _PRODUCTS[plan.ide.backend] if plan.ide.backend else "IU",
        "projectHint": plan.folder,
    }
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in values.items())
    return f"jetbrains://gateway/ssh/environment?{query}"


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
