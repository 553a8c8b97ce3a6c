"""Services of a compose file that run beside the workspace, in a profile's words."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devpod_gen.profile.existing import variables
from devpod_gen.profile.existing.model import LeftOut, Service, entries, table
from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.wording import shown

_NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_IMAGE = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_FOLDER = re.compile(r"/(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9._@+/-]*[A-Za-z0-9._@+-]")
_TIME = re.compile(r"(?:(\d{1,4})m)?(?:(\d{1,4})(?:\.\d+)?s)?")
_READ = frozenset(("image", "command", "environment", "ports", "expose", "volumes", "depends_on"))
_READ |= {"healthcheck", "restart", "container_name", "networks", "hostname", "links", "init"}
_READ |= {"logging", "profiles", "stdin_open", "tty", "pull_policy"}
_REASONS = {
    "deploy": "limits go to resources",
    "cap_add": "a service has the engine's rights",
    "network_mode": "it is reached by its name, not at localhost",
}
_NEEDED = {
    "env_file": "files of variables may hold secrets, and are not read",
    "secrets": "secrets are not handed to services yet",
    "configs": "files are not handed to services",
    "privileged": "a service has the engine's rights",
    "network_mode": "services share a network of their own",
    "entrypoint": "a service has its image's entrypoint",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What is beside a service: all `named` ones, those `built` from the repo, and those
    that devcontainer.json asks to `run`, if it does."""

    named: frozenset[str]
    built: frozenset[str]
    run: tuple[str, ...] | None = None


def read(
    services: dict[str, dict[str, Any]],
    around: Around,
    left: list[LeftOut],
) -> Iterator[Service]:
    """Those that a profile can have, whole: what lacks a part that it needs is left out."""
    for name, service in services.items():
        lost: list[LeftOut] = []
        reason = _not_one(name, service, around)
        says = {} if reason else _says(name, service, around, lost, left)
        if lost:
            reason = f"needs {lost[0].key}: {lost[0].reason}"
        if reason:
            left.append(LeftOut(f"services: {shown(name)}", reason))
        else:
            left.extend(_unsaid(name, service))
            yield Service(name, tuple((key, value) for key, value in says.items() if value))


def _not_one(name: str, service: dict[str, Any], around: Around) -> str | None:
    """The first reason why a profile cannot have it."""
    needed = next((key for key in _NEEDED if service.get(key) and not _joins(key, service)), "")
    image = _image(service)
    reasons = (
        (not _NAME.fullmatch(name) or name == "dev", "the name is not allowed"),
        (around.run is not None and name not in around.run, "runServices does not name it"),
        (service.get("profiles"), "is not started by default: it has profiles"),
        (around.built & {*_names(service.get("depends_on"))}, "stands before what is built here"),
        ("docker.sock" in str(service.get("volumes")), "needs the engine's socket"),
        (needed, f"needs {needed}: {_NEEDED.get(needed)}"),
        (not _IMAGE.fullmatch(image), f"has no image that a profile can name: {shown(image)}"),
    )
    return next((reason for fits, reason in reasons if fits), None)


def _joins(key: str, service: dict[str, Any]) -> bool:
    """Whether it shares another service's network: here it has a name instead."""
    return key == "network_mode" and str(service[key]).startswith("service:")


def _image(service: dict[str, Any]) -> str:
    image = str(service.get("image") or "")
    return variables.expanded(image) or image


def _says(
    name: str,
    service: dict[str, Any],
    around: Around,
    lost: list[LeftOut],
    left: list[LeftOut],
) -> dict[str, Any]:
    """The keys of its table. `lost` gets what it cannot run without, `left` the rest."""
    return {
        "image": _image(service),
        "command": _command("command", service.get("command"), lost),
        "env": dict(variables.plain("environment", variables.of(service, "environment"), lost)),
        "ports": list(dict.fromkeys(_ports(name, service, left))),
        "volumes": dict(_volumes(name, service, left)),
        "depends": [x for x in _names(service.get("depends_on")) if x in around.named],
        "health": _health(name, service.get("healthcheck"), left),
    }


def _unsaid(name: str, service: dict[str, Any]) -> Iterator[LeftOut]:
    for key in sorted(set(service) - _READ):
        if not key.startswith("x-"):
            yield LeftOut(f"{name}: {key}", _REASONS.get(key, "no key of a profile says that"))


def _names(value: object) -> list[str]:
    return (
        list(dict.fromkeys(str(name) for name in value)) if isinstance(value, list | dict) else []
    )


def _command(place: str, value: object, left: list[LeftOut]) -> str | list[str] | None:
    """A command, with `${X:-y}` as y; one with another variable is left out."""
    if value is None or value in ("", []):
        return None
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str | int) for word in words):
        left.append(LeftOut(place, "is no command"))
        return None
    plain = [text for word in words if (text := variables.expanded(str(word))) is not None]
    reason = _odd(plain) if len(plain) == len(words) else "holds a variable of the host's"
    if reason:
        left.append(LeftOut(place, reason))
        return None
    return plain[0] if isinstance(value, str) else plain


def _odd(words: list[str]) -> str | None:
    if list(odd_values(words, "")) or len(" ".join(words)) > 4096:
        return "holds control characters, or is too long"
    return None


def _ports(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[int]:
    for entry in (*entries(service.get("ports")), *entries(service.get("expose"))):
        inside, _ = numbers(entry)
        if inside and 0 < inside < 65536:
            yield inside
        else:
            left.append(LeftOut(f"{name}: ports: {shown(entry)}", "is no single TCP port"))


def numbers(entry: object) -> tuple[int | None, int | None]:
    """The port inside, and the one on the host, of an entry of a compose file's `ports`."""
    if isinstance(entry, dict):
        if entry.get("protocol", "tcp") != "tcp":
            return None, None
        return _number(entry.get("target")), _number(entry.get("published"))
    text = (variables.expanded(str(entry)) or str(entry)).removesuffix("/tcp")
    outer, _, inside = text.rpartition(":")
    return _number(inside), _number(outer.rpartition(":")[2])


def _number(value: object) -> int | None:
    text = variables.expanded(str(value)) or ""
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else None


def _volumes(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    folders: set[str] = set()
    for entry in entries(service.get("volumes")):
        source, target = volume(entry)
        name_of = re.sub("[^a-z0-9-]+", "-", source.lower()).strip("-")
        reason = _not_a_volume(source, name_of, target)
        if target in folders:
            reason = "its folder is there twice"
        if reason:
            left.append(LeftOut(f"{name}: volumes: {shown(entry)}", reason))
        else:
            folders.add(target)
            yield name_of, target


def volume(entry: object) -> tuple[str, str]:
    """The source and the folder inside of an entry of a compose file's `volumes`."""
    if isinstance(entry, dict):
        return str(entry.get("source") or ""), str(entry.get("target") or "")
    source, _, rest = (variables.expanded(str(entry)) or str(entry)).partition(":")
    return (source, rest.partition(":")[0]) if rest else ("", source)


def _not_a_volume(source: str, name: str, target: str) -> str | None:
    if re.match(r"[./~$]", source):
        return "folders and files of the host are not handed to services"
    if not source:
        return "has no name: nothing in it is kept"
    return None if _NAME.fullmatch(name) and _FOLDER.fullmatch(target) else "is no folder"


def _health(name: str, value: object, left: list[LeftOut]) -> dict[str, Any] | None:
    check, place = table(value), f"{name}: healthcheck"
    test = check.get("test")
    if not check or check.get("disable") is True or test in (None, "", [], ["NONE"]):
        return None
    if isinstance(test, list) and test[0] in ("CMD", "CMD-SHELL"):
        test = test[1:] if test[0] == "CMD" else " ".join(map(str, test[1:]))
    command = _command(place, test, left)
    if command is None:
        return None
    times = {"interval": "interval", "timeout": "timeout", "start_period": "start"}
    limits = {ours: seconds for key, ours in times.items() if (seconds := _seconds(check.get(key)))}
    retries = check.get("retries")
    if isinstance(retries, int) and 0 < retries <= 1000:
        limits["retries"] = retries
    return {"command": command} | limits


def _seconds(value: object) -> int | None:
    match = _TIME.fullmatch(str(value))
    if not match:
        return None
    seconds = 60 * int(match[1] or 0) + int(match[2] or 0)
    return seconds if 0 < seconds <= 3600 else None
