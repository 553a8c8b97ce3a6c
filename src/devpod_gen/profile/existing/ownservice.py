"""The service of a compose file that is the workspace, or is developed in it."""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import mounts as host
from devpod_gen.profile.existing import variables
from devpod_gen.profile.existing.model import LeftOut, entries
from devpod_gen.profile.existing.ports import is_port, numbers
from devpod_gen.profile.existing.servicekeys import REPO, volume
from devpod_gen.profile.model import Port
from devpod_gen.profile.mount import Mount
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_SAID = frozenset(("image", "build", "environment", "ports", "expose", "volumes", "command"))
_OURS = frozenset(("working_dir", "container_name", "init", "networks", "restart", "tty", "user"))
_OURS |= {"stdin_open", "hostname", "links", "depends_on", "platform", "stop_signal", "labels"}
_OURS |= {"logging", "pull_policy", "stop_grace_period", "develop"}
_REASONS = {
    "env_file": "files of variables may hold secrets, and are not read",
    "secrets": "secrets are not supported yet",
    "privileged": "a workspace has no more rights than it needs",
    "cap_add": "a workspace has no more rights than it needs",
    "security_opt": "a workspace has no more rights than it needs",
    "deploy": "limits go to resources",
    "entrypoint": "the image has an entrypoint of its own",
    "extends": "other files are not followed",
    "healthcheck": "probes take the place of health checks",
    "network_mode": "services are reached by their names, not at localhost",
}
_STAYS = late(r"sleep|tail|infinity|/bin/(?:ba)?sh$")
_UNKNOWN = "no key of a profile says that"


def env(
    name: str, service: dict[str, Any], several: int, left: list[LeftOut]
) -> Iterator[tuple[str, str]]:
    """Its variables, unless there are `several` such services, each with its own."""
    place, values = f"{name}: environment", variables.of(service, "environment")
    if several > 1 and values:
        left.append(LeftOut(place, "several services are built from this repo, each with its own"))
        return
    for key, value in variables.plain(place, values, left):
        if value.lower() in ("production", "prod"):
            left.append(LeftOut(f"{place}: {shown(key)}", "is for production"))
        else:
            yield key, value


def ports(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[Port]:
    """One that Compose publishes under its own number is published; others are the IDE's."""
    for entry in (*entries(service.get("ports")), *entries(service.get("expose"))):
        inside, outside = numbers(entry)
        if inside and is_port(inside):
            yield Port(inside, None, publish=inside == outside)
        else:
            left.append(LeftOut(f"{name}: ports: {shown(entry)}", "is no single TCP port"))


def others(name: str, service: dict[str, Any]) -> Iterator[LeftOut]:
    """What else it says, and a profile does not."""
    command = service.get("command")
    if command and not _STAYS.search(str(command)):
        yield LeftOut(f"{name}: command", "the workspace stays up by itself: start it in a shell")
    for key in sorted(set(service) - _SAID - _OURS):
        if not key.startswith("x-"):
            yield LeftOut(f"{name}: {key}", _REASONS.get(key, _UNKNOWN))


def mounts(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[Mount]:
    """Its mounts of the host, but for that of the repo itself."""
    for entry in entries(service.get("volumes")):
        source, target = volume(entry)
        if REPO.fullmatch(source):
            continue
        mount: Mount | str = "volumes of a workspace are [caches]"
        if source.startswith("."):
            mount = "the repo is mounted whole, as the workspace"
        elif re.match(r"[/~$]", source):
            mount = host.of_compose(entry, source, target)
        if isinstance(mount, Mount):
            yield mount
        else:
            left.append(LeftOut(f"{name}: volumes: {shown(entry)}", mount))
