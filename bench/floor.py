"""The engine's own floor: a network, a container and a command in it, by its API alone."""

import time

from bench.place import Place
from devpod_gen.engine import wire


def floor(place: Place) -> dict[str, float]:
    """The seconds that the engine takes for each step; all is removed again."""
    name, seconds = f"{place.project}-floor", {}
    begun = time.monotonic()

    def step(what: str) -> None:
        nonlocal begun
        now = time.monotonic()
        seconds[what], begun = now - begun, now

    try:
        _ask("/networks/create", {"Name": name})
        step("network")
        host = {
            "Init": True,
            "NetworkMode": name,
            "Mounts": [{"Type": "bind", "Source": str(place.folder), "Target": place.workspace}],
        }
        made = _ask(f"/containers/create?name={name}", {"Image": place.image, "HostConfig": host})
        step("create")
        _ask(f"/containers/{made['Id']}/start", None)
        step("start")
        command = {"Cmd": ["zsh", "-lc", place.inside], "User": "dev"}
        run = _ask(f"/containers/{made['Id']}/exec", command)
        _ask(f"/exec/{run['Id']}/start", {"Detach": True})
        while wire.get(f"/exec/{run['Id']}/json")["Running"]:
            time.sleep(0.002)
        step("exec")
    finally:
        wire.ask("DELETE", f"/containers/{name}", query={"force": 1, "v": 1})
        wire.ask("DELETE", f"/networks/{name}")
    return seconds


def _ask(path: str, body: object) -> dict[str, str]:
    answer = wire.require(wire.ask("POST", path, body))
    found: dict[str, str] = answer.value if answer.body.startswith(b"{") else {}
    return found
