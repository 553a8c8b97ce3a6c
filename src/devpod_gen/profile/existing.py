"""What a repo's own devcontainer.json says already, for the profile that init writes.

Format: the Development Containers specification, with comments and trailing commas. What
a profile can say is taken over; all else is named, with the reason. Nothing is executed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.untaken import LeftOut, left_out
from devpod_gen.profile.wording import shown

_PLACES = (".devcontainer/devcontainer.json", ".devcontainer.json")
_LARGEST = 64 * 1024
_EXTENSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\.[A-Za-z0-9][A-Za-z0-9._-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SET_BY_US = ("PATH", "HOME", "USER", "SHELL")


@dataclass(frozen=True, slots=True)
class Existing:
    """What was there. `left_out` names everything that the profile will not say."""

    source: str
    extensions: tuple[str, ...] = ()
    settings: tuple[tuple[str, Any], ...] = ()
    ports: tuple[tuple[int, str | None], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    left_out: tuple[LeftOut, ...] = ()


def existing(root: Path) -> Existing | None:
    """The first devcontainer.json of the repo, where clients look for it; None without one."""
    source = next((place for place in _PLACES if (root / place).is_file()), None)
    if source is None:
        return None
    try:
        if (root / source).stat().st_size > _LARGEST:
            return _nothing(source, f"is larger than {_LARGEST // 1024} KiB")
        return parse((root / source).read_text(encoding="utf-8-sig"), source)
    except (OSError, UnicodeDecodeError) as error:
        return _nothing(source, f"cannot be read: {error}")


def parse(text: str, source: str) -> Existing:
    """What the text of a devcontainer.json says. It never raises for what it holds."""
    import json5  # noqa: PLC0415 - only where there is one

    try:
        document = json5.loads(text)
    except (ValueError, RecursionError) as error:
        return _nothing(source, f"cannot be parsed: {str(error).splitlines()[0]}")
    if not isinstance(document, dict):
        return _nothing(source, "is no table")
    left: list[LeftOut] = []
    return Existing(
        source=source,
        extensions=tuple(dict.fromkeys(_extensions(document, left))),
        settings=tuple(dict(_settings(document, left)).items()),
        ports=tuple(dict(_ports(document, left)).items()),
        env=tuple(dict(_env(document, left)).items()),
        left_out=tuple(left) + tuple(left_out(document)),
    )


def _nothing(source: str, reason: str) -> Existing:
    return Existing(source, left_out=(LeftOut(source, reason),))


def _vscode(document: dict[str, Any], key: str) -> Any:
    """A part of VS Code's, at today's place and at the one of before 2022."""
    customizations = document.get("customizations")
    vscode = customizations.get("vscode") if isinstance(customizations, dict) else None
    today = vscode.get(key) if isinstance(vscode, dict) else None
    return today or document.get(key)


def _extensions(document: dict[str, Any], left: list[LeftOut]) -> Iterator[str]:
    for extension in _list(_vscode(document, "extensions")):
        if isinstance(extension, str) and _EXTENSION.fullmatch(extension.lstrip("-")):
            yield extension
        else:
            left.append(LeftOut(f"extensions: {shown(extension)}", "is no publisher.name"))


def _settings(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, Any]]:
    for key, value in _table(_vscode(document, "settings")).items():
        if _has_null(value):
            left.append(LeftOut(f"settings: {shown(key)}", "TOML has no null"))
        elif list(odd_values({key: value}, "")):
            left.append(LeftOut(f"settings: {shown(key)}", "holds control characters"))
        elif "${" in repr(value):
            left.append(LeftOut(f"settings: {shown(key)}", "holds a variable of the client's"))
        else:
            yield key, value


def _ports(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[int, str | None]]:
    attributes = _table(document.get("portsAttributes"))
    for port in _list(document.get("forwardPorts")):
        label = _table(attributes.get(str(port))).get("label")
        plain = isinstance(label, str) and label.isprintable() and len(label) <= 60
        number = int(port) if isinstance(port, str) and re.fullmatch(r"\d{1,5}", port) else port
        if isinstance(number, int) and not isinstance(number, bool) and 0 < number < 65536:
            yield number, label if plain else None
        else:
            left.append(LeftOut(f"forwardPorts: {shown(port)}", "ports of services are not yet"))


def _env(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    for place in ("containerEnv", "remoteEnv"):
        for name, value in _table(document.get(place)).items():
            reason = _not_plain(name, value)
            if reason:
                left.append(LeftOut(f"{place}: {shown(name)}", reason))
            else:
                yield name, value


def _not_plain(name: str, value: object) -> str | None:
    if not _VARIABLE.fullmatch(name) or name in _SET_BY_US or name.startswith("DEVPOD_"):
        return "the name is not allowed, or devpod-gen sets it"
    if not isinstance(value, str):
        return "only strings can be set"
    if "${" in value:
        return "values of the host's, and other variables, are not supported yet"
    return "holds control characters" if list(odd_values({"env": {name: value}}, "")) else None


def _has_null(value: object) -> bool:
    if isinstance(value, dict):
        return any(_has_null(item) for item in value.values())
    return value is None or (isinstance(value, list) and any(_has_null(item) for item in value))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
