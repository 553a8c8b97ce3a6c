"""Services of a compose file that run beside the workspace, in a profile's words."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import servicekeys, variables
from devpod_gen.profile.existing.model import LeftOut, Service, entries
from devpod_gen.profile.existing.ports import is_port, numbers
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_NAME = late(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_IMAGE = late(
    r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?/)?"
    r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
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
    """What is beside a service: all `named` ones, those `built` from the repo, those that
    devcontainer.json asks to `run`, if it does, and the ports that it forwards."""

    named: frozenset[str]
    built: frozenset[str]
    run: tuple[str, ...] | None = None
    forwards: tuple[tuple[str, int], ...] = ()


def read(
    services: dict[str, dict[str, Any]],
    around: Around,
    left: list[LeftOut],
) -> Iterator[Service]:
    """Those that a profile can have, whole: what lacks a part that it needs is left out."""
    for name, service in services.items():
        lost: list[LeftOut] = []
        rest: list[LeftOut] = []
        reason = _not_one(name, service, around)
        says = {} if reason else _says(name, service, around, lost, rest)
        if lost:
            reason = f"needs {lost[0].key}: {lost[0].reason}"
        if reason:
            left.append(LeftOut(f"services: {shown(name)}", reason))
        else:
            left.extend((*rest, *_unsaid(name, service)))
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
        (servicekeys.mounts_repo(service), "works on the repo's files: run it in the workspace"),
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
    rest: list[LeftOut],
) -> dict[str, Any]:
    """The keys of its table. `lost` gets what it cannot run without, `rest` the others."""
    forwarded = (port for other, port in around.forwards if other == name)
    return {
        "image": _image(service),
        "command": servicekeys.whole_command(service, lost),
        "env": dict(variables.of_a_service("environment", service, lost)),
        "ports": list(dict.fromkeys((*_ports(name, service, rest), *forwarded))),
        "volumes": dict(servicekeys.volumes(name, service, rest)),
        "depends": [x for x in _names(service.get("depends_on")) if x in around.named],
        "health": servicekeys.health(name, service.get("healthcheck"), rest),
    }


def _unsaid(name: str, service: dict[str, Any]) -> Iterator[LeftOut]:
    for key in sorted(set(service) - _READ):
        if not key.startswith("x-"):
            yield LeftOut(f"{name}: {key}", _REASONS.get(key, "no key of a profile says that"))


def _names(value: object) -> list[str]:
    return (
        list(dict.fromkeys(str(name) for name in value)) if isinstance(value, list | dict) else []
    )


def _ports(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[int]:
    for entry in (*entries(service.get("ports")), *entries(service.get("expose"))):
        inside, _ = numbers(entry)
        if inside and is_port(inside):
            yield inside
        else:
            left.append(LeftOut(f"{name}: ports: {shown(entry)}", "is no single TCP port"))
