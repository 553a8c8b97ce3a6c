"""The doors, compared: a difference between them is a finding that names both."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran
from devpod_gen.verify.agreement import compared
from devpod_gen.verify.report import Check

SAME = "user=dev\nHOME=/home/dev\nPATH=/usr/bin:/bin\nthe cache /c=writable\n"


def test_the_same_through_each_door() -> None:
    found = compared({"compose": SAME, "ssh": f"Welcome=home\n{SAME}"}, ())
    assert (found.id, found.door, found.ok) == ("doors", "host", True)
    assert found.detail == "compose, ssh: 4 values are the same through each of them"


def test_a_difference_names_the_doors_and_both_values() -> None:
    other = SAME.replace("PATH=/usr/bin:/bin", "PATH=/bin").replace("writable", "not writable")
    found = compared({"compose": SAME, "ssh": other, "devcontainer": SAME}, ())
    assert found.ok is False
    assert found.detail.splitlines() == [
        "PATH is /usr/bin:/bin through compose and devcontainer, but /bin through ssh",
        "the cache /c is writable through compose and devcontainer, but not writable through ssh",
    ]


def test_a_tool_of_another_version_is_a_difference() -> None:
    checks = [
        Check("tool:go", "compose", True, "", value="1.24.4"),
        Check("tool:go", "ssh", True, "", value="1.22.0"),
        Check("tool:node", "ssh", True, "", value="22"),
    ]
    found = compared({"compose": SAME, "ssh": SAME}, checks)
    told = "the version of go is 1.24.4 through compose, but 1.22.0 through ssh"
    assert (found.ok, found.detail) == (False, told)


def test_what_a_door_was_not_asked_is_no_difference() -> None:
    found = compared({"compose": SAME, "jetbrains": "at login HOME=/home/dev\n"}, ())
    assert found.ok


def test_one_door_alone_has_not_passed() -> None:
    found = compared({"ssh": SAME}, ())
    assert (found.ok, found.detail[:8]) == (None, "not run:")


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_real_difference(make_repo: Callable[..., Path], command: Callable[..., Ran]) -> None:
    """Sessions of sshd that have another PATH and another umask."""
    base = make_repo({"devpod.toml": 'name = "agree"\n'}, "agree")
    command("generate", "-C", base)
    ref = json.loads(command("build", "--json", "-C", base).out)["image"]["ref"]
    odd = '[ -z "$SSH_CONNECTION" ] || { PATH=/odd:$PATH; umask 077; }'
    recipe = f"FROM {ref}\nRUN echo '{odd}' >/etc/devpod/env.d/99-odd.sh\n"
    tag = "localhost/devpod-gen-test/agree:1"
    argv = ["docker", "build", "--quiet", "--tag", tag, "-"]
    subprocess.run(argv, input=recipe, text=True, check=True, capture_output=True)

    own = make_repo({"devpod.toml": f'name = "agree"\n[image]\nref = "{tag}"\n'}, "own")
    command("generate", "-C", own)
    ran = command("verify", "--json", "--door", "compose,ssh", "-C", own)
    assert ran.code == 1, ran.err
    (failed,) = [check for check in json.loads(ran.out)["checks"] if check["ok"] is False]
    assert failed["id"] == "doors"
    assert failed["detail"].count("through compose, but ") == len(failed["detail"].splitlines())
    assert "but /odd:" in failed["detail"]
    assert "umask is 0022 through compose, but 0077 through ssh" in failed["detail"]
