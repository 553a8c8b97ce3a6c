"""What a repo's own devcontainer.json says already.

Format: the Development Containers specification, with comments and trailing commas. What
a profile can say is taken over; all else is named, with the reason. Nothing is executed.
"""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile import document as documents
from devpod_gen.profile.existing import features, variables
from devpod_gen.profile.existing.base import versions
from devpod_gen.profile.existing.model import (
    Command,
    Existing,
    Hook,
    HookName,
    LeftOut,
    entries,
    table,
)
from devpod_gen.profile.existing.untaken import left_out
from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.model import Port
from devpod_gen.profile.wording import shown

_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9][A-Za-z0-9._-]*")
_CLIENTS = ("${containerWorkspaceFolder", "${localWorkspaceFolder", "${localEnv:")
_COMMANDS: tuple[tuple[str, HookName], ...] = (
    ("onCreateCommand", "on-create"),
    ("updateContentCommand", "update-content"),
    ("postCreateCommand", "create"),
    ("postStartCommand", "start"),
    ("postAttachCommand", "attach"),
)


def document(text: str) -> dict[str, Any] | str:
    """What the text of a devcontainer.json holds, or why it holds nothing."""
    import json5  # noqa: PLC0415 - only where there is one

    try:
        held = documents.document(".json", text)  # quick; the other reads all that clients do
        held = json5.loads(text) if held is None else held
    except (ValueError, RecursionError) as error:
        return f"cannot be parsed: {str(error).splitlines()[0]}"
    return held if isinstance(held, dict) else "is no table"


def said(document: dict[str, Any], source: str) -> Existing:
    """What the document says."""
    left: list[LeftOut] = []
    wanted = features.read(table(document.get("features")), left)
    of_image = versions(document.get("image"))
    return Existing(
        source=source,
        stacks=(*wanted.stacks, *(tool for tool, _ in of_image)),
        tools=tuple((dict(of_image) | dict(wanted.tools)).items()),
        packages=wanted.packages,
        extensions=tuple(dict.fromkeys(_extensions(document, left))),
        settings=tuple(dict(_settings(document, left)).items()),
        ports=tuple({port.port: port for port in _ports(document, left)}.values()),
        env=tuple(dict(_env(document, left)).items()),
        hooks=tuple(_hooks(document, left)),
        left_out=tuple(left) + tuple(left_out(document)),
    )


def _vscode(document: dict[str, Any], key: str) -> Any:
    """A part of VS Code's, at today's place and at the one of before 2022."""
    vscode = table(table(document.get("customizations")).get("vscode"))
    return vscode.get(key) or document.get(key)


def _extensions(document: dict[str, Any], left: list[LeftOut]) -> Iterator[str]:
    return extensions(entries(_vscode(document, "extensions")), left)


def extensions(ids: list[Any], left: list[LeftOut]) -> Iterator[str]:
    """The ids that a profile takes; a leading `-` drops one."""
    for extension in ids:
        if isinstance(extension, str) and _EXTENSION.fullmatch(extension.removeprefix("-")):
            yield extension
        else:
            left.append(LeftOut(f"extensions: {shown(extension)}", "is no publisher.name"))


def _settings(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, Any]]:
    for key, value in table(_vscode(document, "settings")).items():
        if _has_null(value):
            left.append(LeftOut(f"settings: {shown(key)}", "TOML has no null"))
        elif list(odd_values({key: value}, "")):
            left.append(LeftOut(f"settings: {shown(key)}", "holds control characters"))
        elif "${" in repr(value):
            left.append(LeftOut(f"settings: {shown(key)}", "holds a variable of the client's"))
        else:
            yield key, value


def _ports(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Port]:
    attributes = table(document.get("portsAttributes"))
    for port in entries(document.get("forwardPorts")):
        label = table(attributes.get(str(port))).get("label")
        number = int(port) if isinstance(port, str) and re.fullmatch(r"\d{1,5}", port) else port
        if is_port(number):
            yield Port(number, plain_label(label), publish=False)
        else:
            left.append(LeftOut(f"forwardPorts: {shown(port)}", "ports of services are not yet"))


def is_port(value: object) -> bool:
    """Whether a value is the number of a port."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def plain_label(label: object) -> str | None:
    """A label that a profile can hold; None for anything else."""
    plain = isinstance(label, str) and label.isprintable() and len(label) <= 60
    return str(label) if plain else None


def _env(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    for place in ("containerEnv", "remoteEnv"):
        yield from variables.plain(place, table(document.get(place)), left)


def _hooks(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Hook]:
    for key, name in _COMMANDS:
        value = document.get(key)
        many = value if isinstance(value, dict) else {"": value}
        parts = dict(_parts(key, many, left))
        if parts:
            yield Hook(name, tuple(parts.items()))


def _parts(key: str, many: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, Command]]:
    for name, command in many.items():
        reason = not_a_hook(command)
        if reason:
            left.append(LeftOut(f"{key}: {shown(name)}" if name else key, reason))
        elif command:
            part = re.sub("[^a-z0-9-]+", "-", name.lower()).strip("-0123456789")[:30]
            yield part or ("part" if name else ""), _command(command)


def _command(command: str | list[str]) -> Command:
    return command if isinstance(command, str) else tuple(command)


def not_a_hook(command: object) -> str | None:
    """Why a command of another tool's cannot run as a hook; None if it can, or if it is none."""
    if command is None or command in ("", []):
        return None
    words = [command] if isinstance(command, str) else command
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return "is no command"
    if list(odd_values({"hooks": words}, "")) or len(" ".join(words)) > 4096:
        return "holds control characters, or is too long"
    if any(variable in word for word in words for variable in _CLIENTS):
        return "holds a variable of the client's"
    return None


def _has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    return value is None or (isinstance(value, list) and any(_has_null(item) for item in value))
