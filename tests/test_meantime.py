"""What is changed between the look and the start has no part in what is started: code in a
container of this repo can write into it at any time."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import Ran, docker
from devpod_gen.engine import conformity
from devpod_gen.engine.model import Allowed
from devpod_gen.engine.surroundings import surroundings
from devpod_gen.errors import Forbidden
from devpod_gen.workspace import services
from devpod_gen.workspace.identity import identify

Make = Callable[..., Path]

SERVICE = """[services.db]
image = "{base}"
command = ["sleep", "infinity"]
"""


def doctored(file: Path) -> None:
    """All that a compose file can say, in each of its services."""
    found: dict[str, Any] = yaml.safe_load(file.read_text())
    for one in found["services"].values():
        one |= {"privileged": True, "pid": "host", "env_file": ["/etc/hostname"]}
        one["environment"] = {"HOST_PATH": "${PATH}"}
        one.setdefault("volumes", []).append("/:/host")
    found["services"]["evil"] = {"image": "devpod-gen-test/none", "privileged": True}
    file.write_text(json.dumps(found))


@pytest.fixture
def base(engine: None) -> str:  # noqa: ARG001 - it is needed
    return docker("images", "--format={{.Repository}}:{{.Tag}}", "localhost/devpod-gen/debian")


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """These files are doctored when all was looked at, and nothing is started yet."""
    files: list[Path] = []
    start = services.start

    def late(*given: Any, **named: Any) -> None:
        for file in files:
            doctored(file)
        start(*given, **named)

    monkeypatch.setattr(services, "start", late)
    yield files
    assert all("privileged" in file.read_text() for file in files)


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("service", ["", SERVICE])
def test_a_compose_file_that_is_changed_late_is_not_what_is_started(
    service: str, base: str, make_repo: Make, cli: Callable[..., Ran], meanwhile: list[Path]
) -> None:
    repo = make_repo({"devpod.toml": 'name = "late"\n' + service.format(base=base)})
    who = identify(repo, "late", ".devcontainer")
    meanwhile.append(who.compose_file)
    try:
        ran = cli("up", "-C", repo)
        assert ran.code == 0, ran.err
        mine = ("ps", "-aq", f"--filter=label=com.docker.compose.project={who.project}")
        found = json.loads(docker("inspect", *docker(*mine).split()))
        assert len(found) == 1 + bool(service)
        for one in found:
            host, said = one["HostConfig"], one["Config"]["Env"] or ()
            assert (host["Privileged"], host["PidMode"]) == (False, "")
            assert "/" not in [mount["Source"] for mount in one["Mounts"]]
            assert not any(word.startswith("HOST_PATH=") for word in said)
        assert (who.data / "compose.yaml").stat().st_mode & 0o777 == 0o600
    finally:
        assert cli("down", "--caches", "-C", repo).code == 0


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("running", [True, False])
def test_a_container_that_only_has_the_labels_is_not_taken_over(
    running: bool, make_repo: Make, cli: Callable[..., Ran]
) -> None:
    """Labels are anybody's to write: a compose file that an editor has started, an image."""
    repo = make_repo({"devpod.toml": 'name = "alike"\n'})
    try:
        made = json.loads(cli("up", "--json", "-C", repo).out)["workspace"]["container"]
        config = json.loads(docker("inspect", made))[0]["Config"]
        docker("rm", "--force", made)
        labels = [f"--label={key}={value}" for key, value in config["Labels"].items()]
        more = ("--cap-add=SYS_ADMIN", "--volume=/:/host:ro", config["Image"], "sleep", "600")
        alike = docker("run", "--detach", *labels, *more)
        if not running:
            docker("kill", alike)
        ran = cli("up", "-C", repo)
        assert ran.code == 3, ran.err
        for word in ("SYS_ADMIN", "/ of the host", "SecurityOpt", "NetworkMode", "PidsLimit"):
            assert word in ran.err
        state = json.loads(docker("inspect", alike))[0]["State"]
        assert state["Running"] is running, "it is not ours to start, or to end"
    finally:
        assert cli("down", "--caches", "-C", repo).code == 0


@pytest.mark.parametrize(
    "name", ["DEVPOD_CLONE", "DEVPOD_GIT_SOURCE", "DEVPOD_PORT_80", "COMPOSE_FILE"]
)
def test_what_a_compose_file_asks_for_is_not_taken_from_around(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a workspace there are such variables, of that one."""
    monkeypatch.setenv(name, "/etc")
    found = surroundings([("DEVPOD_PROJECT", "p")], ())
    assert (name in found, found["DEVPOD_PROJECT"]) == (False, "p")
    assert found["PATH"]


INSPECTED: dict[str, Any] = {
    "Name": "/shop-dev-1",
    "Config": {"Image": "i", "Labels": {"com.docker.compose.service": "dev"}},
    "HostConfig": {
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges:true"],
        "NetworkMode": "shop_default",
        "PidsLimit": 64,
        "Memory": 1024,
        "MaskedPaths": ["/proc/kcore"],
        "ReadonlyPaths": ["/proc/sys"],
        "Mounts": [{"Type": "volume", "Source": "vscode", "Target": "/vscode"}],
        "Binds": ["/run/user/1000/wayland-0:/tmp/vscode-wayland-1.sock"],
    },
}
MAY = Allowed(
    *("dev", (), ("ALL",), ("no-new-privileges:true",), (), ()),
    images=("i",), network="shop_default", pids=64, bounded=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ("MaskedPaths", [], "SecurityOpt"),
        ("NetworkMode", "bridge", "NetworkMode"),
        ("NetworkMode", "other_default", "NetworkMode"),
        ("PidsLimit", None, "PidsLimit"),
        ("PidsLimit", 4000000, "PidsLimit"),
        ("Memory", 0, "Memory"),
        ("Binds", ["/run/docker.sock:/tmp/vscode-wayland-1.sock"], "Mounts"),
        ("Binds", ["/run/user/1000/wayland-0:/tmp/vscode-wayland-/../../usr/x"], "Mounts"),
        ("Mounts", [{"Type": "volume", "Source": "vscode", "Target": "/usr"}], "Mounts"),
        ("Mounts", [{"Type": "volume", "Source": "other", "Target": "/vscode"}], "Mounts"),
        ("Image", "another", "Image"),
    ],
)
def test_what_a_container_that_is_there_may_have(key: str, value: Any, named: str) -> None:
    conformity.require_there(INSPECTED, (MAY,))
    kind = "Config" if key == "Image" else "HostConfig"
    other = {**INSPECTED, kind: INSPECTED[kind] | {key: value}}
    with pytest.raises(Forbidden) as caught:
        conformity.require_there(other, (MAY,))
    assert [one.where.rpartition(".")[2].rpartition("::")[2] for one in caught.value.findings] == [
        named
    ]
