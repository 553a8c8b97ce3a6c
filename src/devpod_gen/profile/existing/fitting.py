"""What of others' files a profile can hold, by the profile's own schema: a value that it would
refuse is left out and named, and does not cost the rest."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from devpod_gen.profile.existing.model import Existing, LeftOut
from devpod_gen.profile.fit import findings
from devpod_gen.profile.hostvariable import of_profile
from devpod_gen.profile.toml import can_hold
from devpod_gen.profile.wording import shown

_Said = tuple[Any, dict[str, Any]]

_SAID: dict[str, Callable[[Any], _Said]] = {
    "tools": lambda pair: (pair[0], {"tools": dict([pair])}),
    "packages": lambda name: (name, {"image": {"packages": [name]}}),
    "suggested": lambda name: (name, {"image": {"packages": [name]}}),
    "env": lambda pair: (pair[0], {"env": dict([pair])}),
    "extensions": lambda name: (name, {"ide": {"vscode": {"extensions": [name]}}}),
    "settings": lambda pair: (pair[0], {"ide": {"vscode": {"settings": dict([pair])}}}),
    "services": lambda one: (one.name, {"services": {one.name: dict(one.says)}}),
    "ports": lambda one: (
        one.port,
        {"ports": [{"port": one.port} | ({"label": one.label} if one.label else {})]},
    ),
    "mounts": lambda one: (
        one.target,
        {"mounts": [{"source": one.source, "target": one.target}]},
    ),
}
"""Of each kind: how an item is called, and a profile with that alone."""


def fitting(one: Existing) -> Existing:
    """The same, without what no profile could say."""
    left: list[LeftOut] = []
    kept: dict[str, Any] = {kind: tuple(_kept(one, kind, left)) for kind in _SAID}
    return replace(one, **kept, left_out=(*one.left_out, *left)) if left else one


def _kept(one: Existing, kind: str, left: list[LeftOut]) -> list[Any]:
    kept = []
    for item in getattr(one, kind):
        key, profile = _SAID[kind](item)
        if reason := _refused(profile):
            left.append(LeftOut(f"{kind}: {shown(key)}", reason))
        else:
            kept.append(item)
    return kept


def _refused(profile: dict[str, Any]) -> str:
    if not can_hold(profile):
        return "holds characters that are not seen, or too much"
    found = findings("profile", profile, "") or tuple(of_profile(profile, ""))
    return found[0].message if found else ""
