"""What an engine may be told of a container of ours at most, whoever wrote the file.

The compose file is ours and closed; this looks once more, at what is really sent, or was.
Format: the body of `POST /containers/create`, and `HostConfig` as the engine tells it.
A setting that is not known here is refused, unless it says nothing.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from devpod_gen.engine.model import SERVICE, Allowed, Bind
from devpod_gen.errors import Finding, Forbidden
from devpod_gen.regex import late

_OURS = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE"),
        *("SETFCAP", "SETGID", "SETUID", "SYS_CHROOT"),
    )
)
_WORST = frozenset(("AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SETPCAP"))
"""What a service has lost, if it keeps the rest of the engine's own."""

_OWN = ("CapAdd", "CapDrop", "SecurityOpt")
"""What each service has its own of."""

_NO_SERVICE = Allowed("", (), ("ALL",), ("no-new-privileges:true",))
_NAMELESS = late("[0-9a-f]{64}")
"""A volume that an image asks for; Compose keeps it for the next container."""

_VOLUMES_OF_IDES = (
    ("vscode", "/vscode"),
    ("jb_devcontainers_shared_volume", "/.jbdevcontainer"),
)
_SCREEN = late(r"(?:/run/user/\d+|/mnt/wslg(?:/runtime-dir)?)/wayland-\d+")

_LOOPBACK = frozenset(("127.0.0.1", "::1"))
_NOTHING: tuple[Any, ...] = (None, "", 0, False, [], {}, ())
_TOP = frozenset(
    (
        *("Image", "Cmd", "Hostname", "WorkingDir", "Env", "Labels", "ExposedPorts", "HostConfig"),
        *("AttachStdout", "AttachStderr", "NetworkingConfig"),
    )
)


_MADE = "a container would have more than a workspace may have; there is none now"
_MEND = "run `devpod-gen generate --force`; if that does not mend it, report it"
_THERE = "a container with this workspace's labels has more than a workspace may have"
_LOOK = "see what has made it; `devpod-gen down` removes it, and `up` makes one as the profile says"


def require(
    body: Mapping[str, Any], allowed: Allowed, *, name: str, said: tuple[str, str] = (_MADE, _MEND)
) -> None:
    """Raises Forbidden, which names each thing, where the request for the container `name` asks
    for another one than `allowed` says, or for more than any of ours may have."""
    found = tuple(Finding(f"{name}::{key}", what) for key, what in refused(body, allowed))
    if found:
        raise Forbidden(said[0], where=name, findings=found, fix=said[1])


def require_there(inspected: Mapping[str, Any], allowed: tuple[Allowed, ...]) -> None:
    """The same of a container that is there, and that a client may have made, with what IDEs add
    of their own, and with the clone by another of its paths."""
    host = inspected.get("HostConfig") or {}
    every = [*(host.get("Mounts") or ()), *map(_mount, host.get("Binds") or ())]
    known = frozenset(bind.source for one in allowed for bind in one.binds)
    mounts = [_by_its_name(one, known) for one in every if not _of_ide(one)]
    rest = host | {"Mounts": mounts, "Binds": None}
    require_made({**inspected, "HostConfig": rest}, allowed, said=(_THERE, _LOOK))


def _by_its_name(mount: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """As we call the folder: a client may have been told a link to it."""
    source = str(mount.get("Source"))
    if mount.get("Type") != "bind" or source in known:
        return mount
    return {**mount, "Source": os.path.realpath(source)}


def _of_ide(mount: Mapping[str, Any]) -> bool:
    """A volume with its server, and the socket of the desktop."""
    source, target = str(mount.get("Source")), str(mount.get("Target"))
    if mount.get("Type") == "volume":
        return (source, target) in _VOLUMES_OF_IDES
    shown = bool(_SCREEN.fullmatch(source)) and target.startswith("/tmp/vscode-wayland-")  # noqa: S108
    return mount.get("Type") == "bind" and shown and ".." not in target


def require_made(
    inspected: Mapping[str, Any],
    allowed: tuple[Allowed, ...],
    *,
    said: tuple[str, str] = (_MADE, _MEND),
) -> None:
    """The same of a container that Compose has made, as the engine tells of it; it must be of
    one of the services that are `allowed`."""
    name = str(inspected.get("Name", "")).lstrip("/")
    config = inspected.get("Config") or {}
    service = (config.get("Labels") or {}).get(SERVICE)
    known = next((one for one in allowed if one.service == service), _NO_SERVICE)
    host = {
        key: value
        for key, value in (inspected.get("HostConfig") or {}).items()
        if not (key in _DEFAULTS and _DEFAULTS[key](value))
    }
    if (inspected.get("HostConfig") or {}).get("MaskedPaths") == []:  # by an option that is gone
        host["SecurityOpt"] = [*(host.get("SecurityOpt") or ()), "systempaths=unconfined"]
    if (networks := _connected(inspected)) and host.get("NetworkMode") == "bridge":
        host["NetworkMode"] = networks  # Podman says how, and not which
    host["Mounts"] = [*(host.get("Mounts") or ()), *map(_mount, host.pop("Binds", None) or ())]
    for key in ("CapAdd", "CapDrop"):  # engines add the prefix, or leave it out
        host[key] = [one.removeprefix("CAP_") for one in host.get(key) or ()]
    require({"HostConfig": host, "Image": config.get("Image")}, known, name=name, said=said)


def _connected(inspected: Mapping[str, Any]) -> str:
    """The one network that it is in, where it is one of a project's."""
    found = tuple((inspected.get("NetworkSettings") or {}).get("Networks") or ())
    return found[0] if len(found) == 1 and found[0] not in ("bridge", "podman") else ""


def _mount(bind: str) -> dict[str, Any]:
    """A mount of the old kind: `SOURCE:TARGET[:MODE]`."""
    source, _, rest = bind.partition(":")
    target, _, mode = rest.partition(":")
    kind = "bind" if "/" in source else "volume"
    made = {"Type": kind, "Source": source, "Target": target}
    return made | ({"ReadOnly": True} if "ro" in mode.split(",") else {})


def refused(body: Mapping[str, Any], allowed: Allowed) -> Iterator[tuple[str, str]]:
    """Each setting that goes too far, and what it says."""
    for key in sorted(set(body) - _TOP):
        if body[key] not in _NOTHING:
            yield key, f"{body[key]!r} is not for a workspace"
    host = body.get("HostConfig") or {}
    for key in sorted(set(host) - set(_OWN)):
        value = host[key]
        if value in _NOTHING:
            continue
        if key == "Mounts":
            yield from ((f"HostConfig.{key}", told) for told in _mounts(value, allowed))
        elif key not in _MAY or not _MAY[key](value):
            yield f"HostConfig.{key}", f"{value!r} is not for a workspace"
    yield from _privileges(host, allowed)
    yield from _said(body, host, allowed)


def _said(
    body: Mapping[str, Any], host: Mapping[str, Any], allowed: Allowed
) -> Iterator[tuple[str, str]]:
    """What the plan says of it, each where it says something."""
    image = str(body.get("Image")).removeprefix("docker.io/").removeprefix("library/")
    if allowed.images and image not in (
        one.removeprefix("docker.io/").removeprefix("library/") for one in allowed.images
    ):
        yield "Image", f"{body.get('Image')!r} is not the plan's"
    if allowed.network and (network := host.get("NetworkMode")) != allowed.network:
        yield "HostConfig.NetworkMode", f"{network!r} is not the project's"
    if allowed.pids and (pids := host.get("PidsLimit")) != allowed.pids:
        yield "HostConfig.PidsLimit", f"{pids!r} is not the plan's"
    if allowed.bounded and not host.get("Memory"):
        yield "HostConfig.Memory", "there is no limit"


def _privileges(host: Mapping[str, Any], allowed: Allowed) -> Iterator[tuple[str, str]]:
    """Twice: what the plan says, and what no plan of ours says."""
    added, dropped = frozenset(host.get("CapAdd") or ()), frozenset(host.get("CapDrop") or ())
    if not added <= _OURS & frozenset(allowed.added):
        yield "HostConfig.CapAdd", f"{sorted(added)!r} is not for a workspace"
    lost = dropped == {"ALL"} or (dropped >= _WORST and not added)
    if not lost or not dropped >= frozenset(allowed.dropped):
        yield "HostConfig.CapDrop", "the engine's own capabilities are not dropped"
    if (options := tuple(host.get("SecurityOpt") or ())) != allowed.options:
        yield "HostConfig.SecurityOpt", f"{list(options)!r} is not for a workspace"


def _mounts(entries: list[dict[str, Any]], allowed: Allowed) -> Iterator[str]:
    binds = allowed.binds
    for entry in entries:
        match entry:
            case {"Type": "bind", "Source": str(source)} if _plain(entry, "BindOptions"):
                if not any(_is(entry, bind) for bind in binds if bind.source == source):
                    yield f"{source} of the host is not the workspace's{_so(entry, source, binds)}"
            case {"Type": "volume", "Source": str(source)} if _plain(entry):
                if source not in allowed.volumes and not _NAMELESS.fullmatch(source):
                    yield f"the volume {source} is not the workspace's"
            case {"Type": "tmpfs"} if _plain(entry, "TmpfsOptions"):
                pass
            case _:
                yield f"{entry!r} is not for a workspace"


def _is(entry: dict[str, Any], bind: Bind) -> bool:
    """Whether it is where it may be, and no more than can be read where that is so."""
    there = bind.target is None or entry.get("Target") == bind.target
    return there and (entry.get("ReadOnly") is True or not bind.readonly)


def _so(entry: dict[str, Any], source: str, binds: tuple[Bind, ...]) -> str:
    known = any(bind.source == source for bind in binds)
    mode = "" if entry.get("ReadOnly") else ", writable,"
    return f"{mode} at {entry.get('Target')}" if known else ""


def _plain(entry: dict[str, Any], *more: str) -> bool:
    """Whether it says nothing else; a bind's own options would share mounts with the host."""
    known = {"Type", "Source", "Target", "ReadOnly", *more}
    return set(entry) <= known and not entry.get("BindOptions")


def _loopback(bindings: dict[str, list[dict[str, str]]]) -> bool:
    return all(one.get("HostIp") in _LOOPBACK for every in bindings.values() for one in every)


def _network(name: str) -> bool:
    """One of the project's own, never the host's or another container's."""
    return name not in ("host", "none") and ":" not in name and PurePosixPath(name).name == name


# What an engine says of itself where nobody has asked for anything.
_DEFAULTS: dict[str, Callable[[Any], bool]] = {
    "CgroupnsMode": lambda value: value in ("private", "host"),  # host: control groups version 1
    "ConsoleSize": lambda _: True,
    "IpcMode": lambda value: value in ("private", "shareable"),
    "LogConfig": lambda _: True,
    "MaskedPaths": bool,
    "MemorySwap": lambda value: isinstance(value, int) and value > 0,
    "OomKillDisable": lambda value: not value,
    "ReadonlyPaths": bool,
    "RestartPolicy": lambda value: value.get("Name") in ("", "no"),
    "Runtime": lambda value: "/" not in str(value),
}


_MAY: dict[str, Callable[[Any], bool]] = {
    "DeviceRequests": lambda value: all(
        one.get("Driver") == "nvidia" and one.get("Capabilities") == [["gpu"]] for one in value
    ),
    "PortBindings": _loopback,
    "NetworkMode": _network,
    "Init": lambda value: value is True,
    "Memory": lambda value: isinstance(value, int) and value > 0,
    "NanoCpus": lambda value: isinstance(value, int) and value > 0,
    "PidsLimit": lambda value: isinstance(value, int) and value > 0,
    "ShmSize": lambda value: isinstance(value, int) and value > 0,
}
