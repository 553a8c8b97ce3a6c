"""Extensions and settings of Visual Studio Code."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing.model import LeftOut, table
from devpod_gen.profile.toml import can_hold
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_EXTENSION = late(r"[A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9][A-Za-z0-9._-]*")


def vscode(document: dict[str, Any], key: str) -> Any:
    """A part of VS Code's, at today's place and at the one of before 2022."""
    today = table(table(document.get("customizations")).get("vscode"))
    return today.get(key) or document.get(key)


def extensions(ids: list[Any], left: list[LeftOut]) -> Iterator[str]:
    """The ids that a profile takes; a leading `-` drops one."""
    for extension in ids:
        if isinstance(extension, str) and _EXTENSION.fullmatch(extension.removeprefix("-")):
            yield extension
        else:
            left.append(LeftOut(f"extensions: {shown(extension)}", "is no publisher.name"))


def settings(said: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, Any]]:
    """The settings that a profile can hold."""
    for key, value in said.items():
        if _has_null(value):
            left.append(LeftOut(f"settings: {shown(key)}", "TOML has no null"))
        elif not can_hold({key: value}):
            left.append(LeftOut(f"settings: {shown(key)}", "holds control characters, or too much"))
        elif "${" in repr({key: value}):
            left.append(LeftOut(f"settings: {shown(key)}", "holds a variable of the client's"))
        else:
            yield key, value


def _has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    return value is None or (isinstance(value, list) and any(_has_null(item) for item in value))
