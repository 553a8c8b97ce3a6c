"""Environment variables that others set: which of them a profile can set, and why not."""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing.base import HOMES
from devpod_gen.profile.existing.model import LeftOut, table
from devpod_gen.profile.toml import can_hold
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_NAME = late(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_BUILDS = ("DEBIAN_FRONTEND",)
_SET_BY_US = ("PATH", "HOME", "USER", "SHELL")
_DOLLAR = late(r"\$(?:\$|\{[A-Za-z_]\w*(?::?-(?P<default>[^${}]*))?\}|(?=[A-Za-z_{]))", re.ASCII)


def plain(place: str, values: dict[str, object], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    """Those that the workspace can have; `left` gets the others, as keys of `place`."""
    for name, value in values.items():
        if name in _SET_BY_US or name.startswith("DEVPOD_"):
            left.append(LeftOut(f"{place}: {shown(name)}", "devpod-gen sets it"))
        elif name not in _OF_BUILDS:
            yield from _plain(place, name, value, left)


def of_a_service(
    place: str, service: dict[str, Any], left: list[LeftOut]
) -> Iterator[tuple[str, str]]:
    """Those of a compose file's service beside the workspace."""
    for name, value in of(service, "environment").items():
        yield from _plain(place, name, value, left, inside="services")


def _plain(
    place: str, name: str, value: object, left: list[LeftOut], *, inside: str = "env"
) -> Iterator[tuple[str, str]]:
    said = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    reason = None
    if not _NAME.fullmatch(name):
        reason = "is no name that a profile can say"
    elif not isinstance(said, str):
        reason = "only strings can be set"
    elif "${" in said:
        reason = "values of the host's, and other variables, are not supported yet"
    elif HOMES.search(said):
        reason = "is a folder of another image's user"
    elif not can_hold({inside: {name: said}}):
        reason = "holds control characters, or too much"
    if reason:
        left.append(LeftOut(f"{place}: {shown(name)}", reason))
    else:
        yield name, str(said)


def of(service: dict[str, Any], key: str) -> dict[str, object]:
    """The variables of a compose file's service, as a table; of a list, `NAME` alone is the
    host's."""
    value = service.get(key)
    if isinstance(value, list):
        pairs = (str(entry).partition("=") for entry in value)
        value = {name: said if equals else None for name, equals, said in pairs}
    return {name: _compose(said) for name, said in table(value).items()}


def _compose(value: object) -> object:
    if value is None:
        return "${…}"  # the host's, as every variable that is left
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return value
    text = expanded(value)
    return "${…}" if text is None else text


def expanded(text: str) -> str | None:
    """What Compose makes of a text where nobody sets a variable: `${NAME:-default}` is the
    default, `$$` a dollar. None where a variable has no default."""
    for match in _DOLLAR.finditer(text):
        if match[0] != "$$" and match["default"] is None:
            return None
    return _DOLLAR.sub(lambda match: "$" if match[0] == "$$" else match["default"], text)
