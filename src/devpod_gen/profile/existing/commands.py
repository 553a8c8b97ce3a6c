"""The commands of a devcontainer.json as hooks. A list is a program and its words."""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import shellwords
from devpod_gen.profile.existing.base import HOMES, USERS
from devpod_gen.profile.existing.model import LeftOut
from devpod_gen.profile.hook import Command, Hook, HookName
from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_CLIENTS = ("${containerWorkspaceFolder", "${localWorkspaceFolder", "${localEnv:")
_OTHERS = late(rf"\b(?:chown|usermod|su|sudo -u)\b[^\n;&|]*\b{USERS}\b")
_ENGINES = ("docker", "docker-compose", "podman")
_COMMANDS: tuple[tuple[str, HookName], ...] = (
    ("onCreateCommand", "on-create"),
    ("updateContentCommand", "update-content"),
    ("postCreateCommand", "create"),
    ("postStartCommand", "start"),
    ("postAttachCommand", "attach"),
)


def hooks(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Hook]:
    """Its commands, but the one for the host; `left` gets what cannot run inside."""
    for key, name in _COMMANDS:
        value = document.get(key)
        many = value if isinstance(value, dict) else {"": value}
        parts = dict(_parts(key, many, left))
        if parts:
            yield Hook(name, tuple(parts.items()))


def _parts(key: str, many: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, Command]]:
    names: list[str] = []
    for name, command in many.items():
        reason = not_a_hook(command)
        if reason:
            left.append(LeftOut(f"{key}: {shown(name)}" if name else key, reason))
        elif command:
            names.append(_name(name))
            count = names.count(names[-1])
            yield names[-1] + f"-{count}" * (count > 1), _command(command)


def _name(name: str) -> str:
    """A part's name, as the profile has them; a command alone has none."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-0123456789")[:20].rstrip("-")
    return plain or ("part" if name else "")


def _command(command: str | list[str]) -> Command:
    return command if isinstance(command, str) else tuple(command)


def not_a_hook(command: object) -> str | None:
    """Why a command of another tool's cannot run as a hook; None if it can, or if it is none."""
    if command is None or command in ("", []):
        return None
    words = [command] if isinstance(command, str) else command
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return "is no command"
    text = " ".join(words)
    reasons = (
        (len(text) > 4096 or list(odd_values({"hooks": words}, "")), "is too long, or odd"),
        (any(variable in text for variable in _CLIENTS), "holds a variable of the client's"),
        (_OTHERS.search(text) or HOMES.search(text), "is about a user of another image"),
        (any(x[0] in _ENGINES for x in shellwords.commands(text)), "needs a container engine"),
    )
    return next((reason for fits, reason in reasons if fits), None)
