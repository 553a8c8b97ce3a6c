"""The tables of a new profile that say what a repo's own files said."""

from collections.abc import Iterable
from typing import Any

import tomli_w

from devpod_gen.profile.existing.model import Existing
from devpod_gen.profile.hook import Hook
from devpod_gen.profile.model import Port
from devpod_gen.profile.mount import Mount
from devpod_gen.profile.wording import printable

_LISTS = ("mounts", "ports")


def tables(was: tuple[Existing, ...]) -> dict[str, Any]:
    """The tables, by their keys in the profile; those that would be empty are not there."""
    return _filled(
        image=_filled(packages=_all(one.packages for one in was)),
        env=dict(_all(one.env for one in was)),
        hooks={hook.name: _parts(hook) for hook in _all(one.hooks for one in was)},
        services={x.name: dict(x.says) for x in _all(one.services for one in was)},
        ide=_filled(
            vscode=_filled(
                extensions=_all(one.extensions for one in was),
                settings=dict(_all(one.settings for one in was)),
            )
        ),
        mounts=[_mount(mount) for mount in _all(one.mounts for one in was)],
        ports=[_port(port) for port in _all(one.ports for one in was)],
    )


def text_of(tables: dict[str, Any]) -> str:
    """The tables as TOML."""
    # A list of tables may be written as a key, which would then be the table's above.
    lists = [
        f"[[{key}]]\n{tomli_w.dumps(entry)}" for key in _LISTS for entry in tables.get(key, ())
    ]
    rest = {key: value for key, value in tables.items() if key not in _LISTS}
    return "\n".join(filter(None, (tomli_w.dumps(rest), *lists)))


def sources(was: tuple[Existing, ...]) -> str:
    """The files that said any of it."""
    return printable(", ".join(one.source for one in was if tables((one,))))


def _all(parts: Iterable[Iterable[Any]]) -> list[Any]:
    return [item for part in parts for item in part]


def _filled(**tables: Any) -> dict[str, Any]:
    return {key: value for key, value in tables.items() if value}


def _mount(mount: Mount) -> dict[str, Any]:
    said = {"source": mount.source, "target": mount.target, "readonly": bool(mount.readonly)}
    return said | _filled(optional=mount.optional)


def _port(port: Port) -> dict[str, Any]:
    return {"port": port.port} | _filled(label=port.label) | _unpublished(port)


def _unpublished(port: Port) -> dict[str, Any]:
    return {"publish": False} if port.publish is False else {}


def _parts(hook: Hook) -> Any:
    """One command alone, or a table of them."""
    parts = {name: list(part) if isinstance(part, tuple) else part for name, part in hook.parts}
    return parts[""] if set(parts) == {""} else parts
