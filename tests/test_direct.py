"""A workspace made through the engine's API is the one that Compose would have made."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import ROOT, Ran, docker
from devpod_gen.engine.composed import Unknown, composed
from devpod_gen.workspace.identity import identify

Make = Callable[..., Path]
Command = Callable[..., Ran]

RICH = """
name = "shop"
[caches]
x = ["/home/dev/.cache/x"]
[env]
A = "pa$$ ${HOME} 'q' \\"d\\""
B = "two\\nlines"
[resources]
cpus = 1.5
memory = "512m"
pids = 512
shm = "128m"
[[ports]]
port = 18765
[[ports]]
port = 18766
publish = false
[hooks]
create = "true"
[[mounts]]
source = "a b"
target = "/data"
[[mounts]]
source = "none"
target = "/none"
readonly = false
optional = true
"""
# What is of one container only, whoever makes it.
OWN = ("Id", "Created", "State", "GraphDriver", "ResolvConfPath", "HostnamePath", "HostsPath",
       "LogPath")  # fmt: skip


def read(text: str, **variables: str) -> Any:
    document = yaml.safe_load(text)
    return composed(document, "p", Path("/repo/.devcontainer"), variables)


def small(service: str = "", more: str = "") -> str:
    return (
        "services:\n  dev:\n    image: i\n    labels: {a: b}\n"
        f"{service}\nnetworks:\n  default:\n    labels: {{c: d}}\n{more}"
    )


def test_every_golden_compose_file_without_services_is_known() -> None:
    """Else each `up` of such a profile would be Compose's, and slower."""
    seen = 0
    for path in sorted((ROOT / "tests/snapshots").rglob("test_compose_yaml*.yaml")):
        text = path.read_text()
        try:
            composed(yaml.safe_load(text), "p", path.parent, {"DEVPOD_PROJECT": "p"})
        except Unknown:
            services = yaml.safe_load(text)["services"]
            gpus = "reservations" in services["dev"].get("deploy", {}).get("resources", {})
            assert len(services) > 1 or gpus, path
        else:
            seen += 1
    assert seen > 10


@pytest.mark.parametrize(
    "text",
    [
        small("    unheard_of: 1"),
        small("    build: ."),
        small("    deploy: {resources: {reservations: {devices: []}}}"),
        small("    volumes: [{type: bind, source: ., target: /a}]"),
        small("    volumes: [{type: volume, source: none, target: /a}]"),
        small("    volumes: [{type: bind, source: ., target: /a, consistency: cached}]"),
        small("    ports: [{target: 1, published: 2, host_ip: 0.0.0.0, protocol: udp}]"),
        small("    hostname: $NAME"),
        small("    hostname: ${NAME}"),
        small("    hostname: ${NAME:?say it}"),
        small(more="volumes:\n  v: {driver: other}\n"),
        small(more="secrets: {}\n"),
        small().replace("dev:", "db:"),
    ],
)
def test_what_is_not_known_is_left_to_compose(text: str) -> None:
    with pytest.raises(Unknown):
        read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("$$HOME $${X}", "$HOME ${X}"),
        ("${SET}", "s"),
        ("${SET:-d} ${NOT:-d} ${EMPTY:-d} ${EMPTY-d}|", "s d d |"),
        ("${SET+a}${NOT+a}${EMPTY:+a}${EMPTY+b}", "ab"),
        ("${SET:?no}", "s"),
    ],
)
def test_variables_are_replaced_as_compose_does(text: str, value: str) -> None:
    found = read(small(f"    hostname: {json.dumps(text)}"), SET="s", EMPTY="")
    assert found.container["Hostname"] == value


def witness(container: str, own: str) -> dict[str, Any]:
    """What the engine has of it, without what is of one container only."""
    found: dict[str, Any] = json.loads(docker("inspect", container))[0]
    for key in OWN:
        del found[key]
    labels = found["Config"]["Labels"]
    labels.pop("com.docker.compose.replace", None)  # who was there before
    found["Config"]["Env"].sort()
    for key, by in (("Mounts", "Destination"),):
        found[key].sort(key=lambda one: one[by])
    found["HostConfig"]["Mounts"].sort(key=lambda one: one["Target"])
    del found["NetworkSettings"]["SandboxID"], found["NetworkSettings"]["SandboxKey"]
    for network in found["NetworkSettings"]["Networks"].values():
        del network["EndpointID"]
        network["Aliases"] = sorted(set(network["Aliases"]) - {own[:12]})
        network["DNSNames"] = sorted(set(network["DNSNames"]) - {own[:12]})
    return found


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_compose_takes_it_for_its_own_and_makes_the_same(workspace: Make, command: Command) -> None:
    """Compose itself, with the same files, leaves it as it is; told to make it anew, it makes
    one that differs in nothing."""
    repo = workspace({"devpod.toml": RICH, "a b/c": "c"})
    who = identify(repo, "shop", ".devcontainer")
    files = [who.data / "compose.yaml", who.data / "labels.yaml"]
    folder = str(repo / ".devcontainer")
    argv = ["compose", "-p", who.project, "--env-file", "/dev/null", "--project-directory", folder]
    argv += [word for file in files for word in ("-f", str(file))]
    name = f"{who.project}-dev-1"

    def compose(*words: str) -> str:
        env = os.environ | {"DEVPOD_PROJECT": who.project, "DEVPOD_WAIT_FOR": "service_started"}
        env |= {"DEVPOD_MOUNT_1": f"{repo}/a b", "DEVPOD_MOUNTED_1": "", "DEVPOD_MOUNTS": mounts}
        done = subprocess.run(
            ["docker", *argv, *words], env=env, check=True, capture_output=True, text=True
        )
        return done.stderr + done.stdout

    mounts = docker("inspect", "-f", '{{index .Config.Labels "devpod-gen.mounts"}}', name)
    ours = docker("inspect", "-f", "{{.Id}}", name)
    network = json.loads(docker("network", "inspect", f"{who.project}_default"))[0]
    assert network["Labels"]["com.docker.compose.network"] == "default"
    made = witness(ours, ours)
    compose("up", "--detach")
    assert docker("inspect", "-f", "{{.Id}}", name) == ours
    assert name in compose("ps")
    compose("up", "--detach", "--force-recreate")
    theirs = docker("inspect", "-f", "{{.Id}}", name)
    assert theirs != ours
    assert witness(theirs, theirs) == made
    again = json.loads(command("up", "--json", "-C", repo).out)["workspace"]
    assert (again["container"], again["created"]) == (theirs, False)
