"""Which doors a verification goes through, and what its report says of each."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from conftest import Ran
from devpod_gen import resources
from devpod_gen.engine.model import ImageInfo
from devpod_gen.verify.doors import ALL, DOORS, Choice, choice
from devpod_gen.verify.report import Check, Report
from devpod_gen.workspace.clock import Clock

IMAGE = ImageInfo("localhost/x:1", f"sha256:{'a' * 64}", None, 1, "linux/amd64", "")


def report(*checks: Check, doors: Choice = ALL) -> Report:
    return Report("shop", IMAGE, checks, Clock().timing(), (), None, doors=doors.doors, shell=False)


def test_a_choice_by_commas_by_repetition_and_in_any_order() -> None:
    assert choice([]) == choice(["all"]) == choice(["ssh,all"]) == ALL
    assert choice(["devcontainer,ssh"]) == choice(["ssh", "devcontainer"])
    assert choice(["devcontainer", "ssh"]).doors == ("ssh", "devcontainer")
    assert choice(["ssh"]).required
    assert not ALL.required


@pytest.mark.parametrize("word", ["", "shh", "ssh,", "kubernetes", "SSH"])
def test_a_word_that_is_no_door(word: str, cli: Callable[..., Ran], tmp_path: Path) -> None:
    ran = cli("verify", "--door", word, "-C", tmp_path)
    assert ran.code == 2
    assert "compose, ssh" in ran.err


def test_a_door_passes_by_what_was_run_only() -> None:
    found = report(
        Check("user", "compose", True, ""),
        Check("repo", "compose", None, ""),
        Check("start", "ssh", None, ""),
        Check("removed", "devcontainer", True, ""),
    )
    assert [found.state(door) for door in ("compose", "ssh", "devcontainer")] == [
        "passed",
        "not run",
        "not run",
    ]
    assert "ssh not run" in found.text()
    values = {"outcome": "ok"} | found.values()
    jsonschema.validate(values, resources.schema("report"))
    assert set(values["doors"]) == set(DOORS)


def test_a_door_that_was_not_asked_for_has_not_passed() -> None:
    found = report(Check("user", "ssh", True, ""), doors=choice(["ssh"]))
    assert (found.state("ssh"), found.state("compose")) == ("passed", "not asked")


def test_one_failed_check_is_a_failed_door() -> None:
    found = report(Check("user", "ssh", True, ""), Check("git", "ssh", False, ""))
    assert found.state("ssh") == "failed"


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_only_the_doors_that_were_asked_for(
    make_repo: Callable[..., Path], command: Callable[..., Ran]
) -> None:
    """And one that was, by its name, must open: the reference client is not there."""
    repo = make_repo({"devpod.toml": 'name = "doors"\n'}, "doors")
    command("generate", "-C", repo)
    path = os.pathsep.join(
        folder for folder in os.get_exec_path() if not (Path(folder) / "devcontainer").exists()
    )
    doors = ("--door", "ssh,devcontainer")
    ran = command("verify", "--json", *doors, "-C", repo, env={"PATH": path})
    found = json.loads(ran.out)
    jsonschema.validate(found, resources.schema("report"))
    assert ran.code == 1, ran.err
    assert found["doors"] == {
        "compose": "not asked",
        "ssh": "passed",
        "jetbrains": "not asked",
        "devcontainer": "failed",
    }
    failed = [(c["door"], c["id"]) for c in found["checks"] if c["ok"] is False]
    assert failed == [("devcontainer", "start")]
    assert {check["door"] for check in found["checks"]} == {"ssh", "devcontainer", "host"}
    assert found["seconds_to_shell"] > 0
