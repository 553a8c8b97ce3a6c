"""Why the engine started no container, by its own words; each is looked for where the engine puts
it, since names and commands of the profile's can be in the same line."""

import re

from devpod_gen.engine import wire
from devpod_gen.regex import late

_PORT_TAKEN = late(r": (?:port is already allocated|address already in use)\s*$", re.MULTILINE)
_ADDRESS = late(
    r"\b(?:Bind for|listen (?:tcp|udp)[46]?|failed to bind (?:host )?port for) ([0-9.]+:(\d+))"
)
_NAME_TAKEN = late(r'The container name "/?([^"]+)" is already in use by container')
_NO_GPU = late(r'could not select device driver "\w*" with capabilities')
_NO_NETWORK = late(
    r"(?:could not find an available, non-overlapping IPv4 address pool"
    r"|all predefined address pools have been fully subnetted)"
)


def cause(said: str) -> tuple[str, str] | None:
    """What is wrong, and what to do; None where the words tell of nothing that is known."""
    if taken := _NAME_TAKEN.search(said):
        message = f"a container that is not this workspace's is called {taken[1]}"
        return message, f"look at it with `docker inspect {taken[1]}`; then rename or remove it"
    if _PORT_TAKEN.search(said):
        return _port_taken(_ADDRESS.search(said))
    if _NO_GPU.search(said):
        message = "the engine has no GPU to give"
        fix = "install NVIDIA's container toolkit on the engine's host, or drop resources.gpus"
        return message, fix
    if _NO_NETWORK.search(said):
        message = "the engine has no network left to give"
        return message, "`docker network prune` removes those that no container uses"
    return None


def _port_taken(address: "re.Match[str] | None") -> tuple[str, str]:
    if not address:
        message = "a port of the profile is taken by another program"
        return message, "look at what listens (`ss -ltnp`), or change [[ports]] in the profile"
    if holder := _holder(int(address[2])):
        name, folder = holder
        message = f"the port {address[1]} is taken by the container {name}"
        message += f", of the workspace in {folder}" if folder else ""
        way = f"`devpod-gen down -C {folder}`" if folder else f"`docker stop {name}`"
        return message, f"stop that with {way}, or change [[ports]] in the profile"
    message = f"the port {address[1]} is taken by another program"
    return message, "stop what listens there (`ss -ltnp`), or change [[ports]] in the profile"


def _holder(port: int) -> tuple[str, str] | None:
    """The running container that has the port of the host, and where its workspace is."""
    for one in wire.get("/containers/json") or ():
        if any(bound.get("PublicPort") == port for bound in one.get("Ports") or ()):
            labels = one.get("Labels") or {}
            return one["Names"][0].removeprefix("/"), labels.get("devcontainer.local_folder", "")
    return None
