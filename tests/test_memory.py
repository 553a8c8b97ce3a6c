"""A limit of memory where the profile sets none: the machine's, and never a start's failure."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import create_autospec

import pytest
import yaml

from conftest import Ran, docker
from devpod_gen.engine.api import Engine
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.verify.limits import limits
from devpod_gen.workspace import memory
from devpod_gen.workspace.batch import Timed

Make = Callable[..., Path]
Command = Callable[..., Ran]

SERVICES = '[services.db]\nimage = "x:1"\n[services.web]\nimage = "x:1"\n'


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        ("MemTotal:       24683412 kB\nMemFree: 1 kB\n", 19200),
        ("MemTotal:       24683000 kB\n", 19200),  # another kernel's
        ("MemTotal:        8000000 kB\n", 6144),
        ("MemTotal:         300000 kB\n", None),
        ("MemFree: 1 kB\n", None),
        ("", None),
    ],
)
def test_four_fifths_of_the_machines(
    told: str, wanted: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "meminfo").write_text(told)
    monkeypatch.setattr(memory, "_TOLD", tmp_path / "meminfo")
    assert memory.limit() == wanted
    assert dict(memory.variables()) == ({memory.VARIABLE: f"{wanted}m"} if wanted else {})


def test_a_machine_that_does_not_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_TOLD", tmp_path / "none")
    assert memory.variables() == ()


@pytest.mark.parametrize("machine", [None, "build.example.com"])
def test_an_engine_elsewhere_has_another_ones(machine: str | None) -> None:
    engine = create_autospec(Engine, instance=True)
    engine.other_machine.return_value = machine
    assert memory.elsewhere(engine) == ({memory.VARIABLE: ""} if machine else {})


def limited(repo: Path, **variables: str) -> dict[str, int]:
    """The limit of each service, in MiB, as Compose reads the emitted file."""
    argv = ("docker", "compose", "--env-file", os.devnull)
    done = subprocess.run(
        [*argv, "-f", str(repo / ".devcontainer/compose.yaml"), "config"],
        env=os.environ | {"DEVPOD_PROJECT": "p"} | variables,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    limits_of = {
        name: one.get("deploy", {}).get("resources", {}).get("limits", {})
        for name, one in yaml.safe_load(done.stdout)["services"].items()
    }
    return {name: int(one.get("memory", 0)) // 1024**2 for name, one in limits_of.items()}


def test_every_container_without_its_own_has_it(make_repo: Make, cli: Command) -> None:
    own = '[services.own]\nimage = "x:1"\nresources = { memory = "64m" }\n'
    repo = make_repo({"devpod.toml": SERVICES + own})
    assert cli("generate", "-C", repo).code == 0
    most = memory.limit()
    assert f"\n{memory.VARIABLE}={most}m\n" in (repo / ".devcontainer/.env").read_text()
    mine = {"own": 64}
    assert limited(repo, DEVPOD_MEMORY="512m") == mine | dict.fromkeys(("dev", "db", "web"), 512)
    # Without a .env there is none.
    assert limited(repo) == mine | dict.fromkeys(("dev", "db", "web"), 0)


def test_the_profiles_own_wins(make_repo: Make, cli: Command) -> None:
    repo = make_repo({"devpod.toml": '[resources]\nmemory = "1000g"\n'})
    assert cli("generate", "-C", repo).code == 0
    assert limited(repo, DEVPOD_MEMORY="512m") == {"dev": 1000 * 1024}


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ("{most}", True),
        ("123456789", False),
        ("max", None),
        ("9223372036854771712", None),
        ("", None),
    ],
)
def test_an_engine_that_holds_nothing_to_it_fails_nothing(said: str, verdict: bool | None) -> None:
    plan = resolve(parse(b"", "devpod.toml"), stacks.known(), folder_name="shop")
    (look,) = (one for one in limits(plan) if one.id == "limit:memory")
    most = (memory.limit() or 0) * 1024**2
    assert look.judge([Timed(0, said.format(most=most), 0.0)])[0] is verdict


@pytest.mark.engine
def test_inside_and_in_status(workspace: Make, command: Command) -> None:
    repo = workspace({"devpod.toml": 'name = "shop"\n'})
    most = (memory.limit() or 0) * 1024**2
    (found,) = json.loads(command("status", "--json", "-C", repo).out)["workspaces"]
    assert found["memory"] == most
    assert int(docker("inspect", "--format={{.HostConfig.Memory}}", found["container"])) == most
    assert f"at most {most // 1024**2} MiB" in command("status", "-C", repo).out
    read = "cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes"
    inside = command("exec", "-C", repo, "sh", "-c", f"exec 2>/dev/null; {read}")
    assert int(inside.out) == most
