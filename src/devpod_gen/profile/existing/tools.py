"""Tools and versions that mise.toml and .tool-versions state."""

import tomllib
from typing import Any

from devpod_gen.profile.existing import variables
from devpod_gen.profile.existing.features import is_version
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing, table
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

ALIASES = {"nodejs": "node", "golang": "go", "dotnet-core": "dotnet"}
"""What asdf's plugins are called, where the profile has another name."""
_NAME = late(r"[a-z0-9][a-z0-9._-]*")
_REASONS = {
    "tasks": "mise is in the image, and runs them from this file",
    "settings": "mise is in the image, and reads them from this file",
    "min_version": "the image has its own mise",
}


def mise(text: str, source: str) -> Existing:
    """What a mise.toml says: tools, and plain variables."""
    try:
        document: dict[str, Any] = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return nothing(source, f"cannot be parsed: {str(error).splitlines()[0]}")
    left = [
        LeftOut(key, _REASONS.get(key, "no key of a profile says that"))
        for key in sorted(set(document) - {"tools", "env"})
    ]
    wanted = {name: _versions(value) for name, value in table(document.get("tools")).items()}
    return Existing(
        source,
        tools=_pins(wanted, left, "tools: "),
        env=tuple(variables.plain("env", table(document.get("env")), left)),
        left_out=tuple(left),
    )


def tool_versions(text: str, source: str) -> Existing:
    """What a .tool-versions says: a tool and its versions a line."""
    lines = (line.partition("#")[0].split() for line in text.split("\n"))
    left: list[LeftOut] = []
    pins = _pins({words[0]: words[1:] for words in lines if words}, left, "")
    return Existing(source, tools=pins, left_out=tuple(left))


def _versions(value: object) -> list[str]:
    """`"1"`, `["2", "1"]` and `{ version = "1" }` are what mise takes."""
    if isinstance(value, list):
        return [version for item in value for version in _versions(item)]
    return _versions(value.get("version")) if isinstance(value, dict) else [str(value)]


def _pins(
    wanted: dict[str, list[str]], left: list[LeftOut], place: str
) -> tuple[tuple[str, str], ...]:
    pins: dict[str, str] = {}
    for asked, versions in wanted.items():
        name, key = ALIASES.get(asked, asked), f"{place}{shown(asked)}"
        if not _NAME.fullmatch(name):
            left.append(LeftOut(key, "is no tool's name that a profile can say"))
        elif not versions or not is_version(versions[0]):
            said = shown(versions[0]) if versions else "nothing"
            left.append(LeftOut(key, f"{said} is no version (1.24) and no range (>=1.22)"))
        else:
            pins[name] = versions[0]
        if len(versions) > 1:
            left.append(LeftOut(key, "only the first of its versions is taken"))
    return tuple(pins.items())
