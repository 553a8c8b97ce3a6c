"""verify on real repos and a real engine, through every door."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from conftest import ROOT, SHARED, Files, Ran, docker
from devpod_gen import resources

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]


def verified(command: Command, repo: Path, *options: str, code: int = 0) -> dict[str, Any]:
    """The report of a verification, held against its schema."""
    ran = command("verify", "--json", "-C", repo, *options)
    assert ran.code == code, f"{ran.err}\n{ran.out}"
    report: dict[str, Any] = json.loads(ran.out)
    jsonschema.validate(report, resources.schema("report"))
    return report


def checks(report: dict[str, Any], door: str) -> dict[str, Any]:
    return {check["id"]: check for check in report["checks"] if check["door"] == door}


def happened(report: dict[str, Any]) -> dict[str, float]:
    """The stages that took time, in order."""
    return {stage["name"]: stage["seconds"] for stage in report["stages"] if not absent(stage)}


def absent(stage: dict[str, Any]) -> bool:
    return bool(stage["note"]) and not stage["seconds"]


def test_the_example_by_init_and_verify(tmp_path: Path, command: Command) -> None:
    repo = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "go-node", repo)
    subprocess.run(["git", "init", "--quiet", str(repo)], check=True)
    assert command("init", "-C", repo).code == 0
    report = verified(command, repo, "--budget", "300s")

    assert report["ready"] is True
    for door in ("compose", "ssh", "devcontainer"):
        found = checks(report, door)
        assert all(check["ok"] for check in found.values()), found
        assert {"probe:go-1", "probe:node-2", "tool:go", "tool:node"} <= set(found)
        assert {"user", "repo", "git"} <= set(found)
        assert door == "ssh" or found["removed"]["detail"] == "nothing is left"
    assert checks(report, "host")["doors"]["ok"] is True, checks(report, "host")
    assert report["doors"]["jetbrains"] == "passed"
    assert "a program was uploaded" in checks(report, "jetbrains")["upload"]["detail"]
    assert checks(report, "devcontainer")["start"]["detail"].startswith("no build")
    assert report["image"]["id"] == docker(
        "image", "inspect", "-f", "{{.Id}}", report["image"]["ref"]
    )
    assert list(happened(report)) == ["resolve", "lock", "image", "create", "start", "probe"]
    notes = {stage["name"]: stage["note"] for stage in report["stages"] if absent(stage)}
    assert notes["hooks"] == "the profile has none"
    assert notes["dotfiles"] == "there are none"
    # Stages and rest are the whole: nothing is left out of the figure.
    whole = sum(happened(report).values()) + report["rest"]
    assert whole == pytest.approx(report["seconds_to_shell"], abs=0.01)
    assert 0 < report["rest"] < 2


def test_a_shell_is_ready_before_the_thorough_probes(workspace: Make, command: Command) -> None:
    """`up` asks Node.js, and npm is left to `verify`: as a second program it takes as long as all
    the rest of a running workspace's `up`."""
    repo = workspace({"devpod.toml": 'name = "quick"\nstacks = ["node"]\n'})
    for program in ("node", "npm"):
        script = f"#!/bin/sh\necho v1 is {program} | tee -a /tmp/asked\n"
        place = f"/usr/local/bin/{program}"
        write = ["sh", "-c", f'rm -f {place}; printf %s "$1" >{place}; chmod 755 {place}', "sh"]
        assert command("exec", "--root", "-C", repo, "--", *write, script).code == 0
    assert command("up", "-C", repo).code == 0
    assert command("exec", "-C", repo, "--", "cat", "/tmp/asked").out == "v1 is node\n"

    report = verified(command, repo)
    for door in ("compose", "ssh", "devcontainer"):
        assert checks(report, door)["probe:node-2"]["detail"].startswith("11.")


def test_the_examples_own_tests_pass_inside(workspace: Make, command: Command) -> None:
    files = {
        path.relative_to(ROOT / "examples/go-node").as_posix(): path.read_text()
        for path in (ROOT / "examples/go-node").rglob("*")
        if path.is_file()
    }
    repo = workspace(files | {"devpod.toml": 'name = "shop"\nstacks = ["go", "node"]\n'})
    go = command("exec", "-C", repo, "--", "go", "test", "./...")
    assert (go.code, go.out.split()[0]) == (0, "ok"), go.err
    node = command("exec", "-C", repo, "--", "npm", "test")
    assert "# pass 1" in node.out or "pass 1" in node.out, node.out + node.err


REAL = ["vitejs/vite", "devcontainers/cli", "psf/requests", "pallets/flask", "simonw/sqlite-utils"]


def _marker_files(name: str) -> Files:
    rows = json.loads((SHARED / "data" / "detect.json").read_text(encoding="utf-8"))
    (row,) = [row for row in rows if row["repo"] == name]
    return {file: text or "" for file, text in row["files"].items() if "/" not in file}


@pytest.mark.skipif(
    not (SHARED / "data").exists(), reason="the shared data of real repos is not on this machine"
)
@pytest.mark.parametrize("name", REAL)
def test_real_repos(name: str, make_repo: Make, command: Command) -> None:
    """Their own marker files, and so their own versions."""
    repo = make_repo(_marker_files(name), name.split("/")[1])
    assert command("init", "-C", repo).code == 0
    assert verified(command, repo)["ready"] is True


@pytest.mark.parametrize("uid", [501, 1000, 1001, 65534])
def test_files_belong_to_the_hosts_user(uid: int, make_repo: Make, command: Command) -> None:
    repo = make_repo(
        {"devpod.toml": 'name = "uid"\n[caches]\nx = ["/home/dev/.cache/x"]\n'}, f"u{uid}"
    )
    for path in (repo, *repo.rglob("*")):
        os.chown(path, uid, uid)
    assert command("generate", "-C", repo).code == 0
    report = verified(command, repo)
    for door in ("compose", "devcontainer"):
        found = checks(report, door)
        assert found["repo"]["detail"].endswith(f"files belong to uid {uid}")
        assert found["cache:/home/dev/.cache/x"]["detail"] == f"owned by uid {uid}"


def test_the_second_door_is_said_to_be_absent(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": 'name = "one"\n'})
    command("generate", "-C", repo)
    path = os.pathsep.join(
        folder for folder in os.get_exec_path() if not (Path(folder) / "devcontainer").exists()
    )
    ran = command("verify", "--json", "-C", repo, env={"PATH": path})
    assert ran.code == 0
    (check,) = checks(json.loads(ran.out), "devcontainer").values()
    assert check["ok"] is None
    assert check["detail"].startswith("not run: @devcontainers/cli")


def test_verify_beside_the_users_own_workspace(workspace: Make, command: Command) -> None:
    """It neither touches that one nor falls over the ports that it holds."""
    repo = workspace({"devpod.toml": 'name = "busy"\n[[ports]]\nport = 18080\n'})
    before = docker("ps", "--no-trunc", "--filter", "name=busy-", "--format", "{{.ID}} {{.Ports}}")
    assert "127.0.0.1:18080" in before
    report = verified(command, repo)
    assert "on loopback only: 127.0.0.1:" in checks(report, "compose")["ports"]["detail"]
    after = docker("ps", "--no-trunc", "--filter", "name=busy-", "--format", "{{.ID}} {{.Ports}}")
    assert after == before


def test_pip_installs_for_the_user_without_a_venv(workspace: Make, command: Command) -> None:
    """As the commands that repos have do. Nothing is fetched: that there is none is the end."""
    repo = workspace({"devpod.toml": 'name = "pip"\nstacks = ["python"]\n'})
    ran = command("exec", "-C", repo, "--", "pip", "install", "--no-index", "no-such-thing")
    assert "No matching distribution found for no-such-thing" in ran.err, ran.err
    assert "externally-managed" not in ran.err
