"""status and logs on a real engine: workspaces are found whoever started them."""

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran, docker

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n[[ports]]\nport = 18093\n'}


def told(command: Command, repo: Path, *argv: str) -> list[dict[str, Any]]:
    ran = command("status", "--json", "-C", repo, *argv)
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads(ran.out)["workspaces"]
    return found


def test_status_says_what_is_there(workspace: Make, command: Command, make_repo: Make) -> None:
    assert command("status", "-C", make_repo(PLAIN, "none")).out == "this repo has no workspace\n"
    repo = workspace(PLAIN)
    subprocess.run(["git", "-C", str(repo), "checkout", "-q", "-b", "feature/x"], check=True)
    (one,) = told(command, repo)
    assert len(one["id"]) == 12
    assert one["project"] == f"shop-{one['id']}"
    assert one["container"] == docker("ps", "-q", "--no-trunc", "-f", f"name={one['project']}")
    assert (one["name"], one["profile"], one["branch"]) == ("shop", None, "feature/x")
    assert (one["state"], one["started_by"], one["drift"]) == ("running", "devpod-gen", False)
    assert (one["folder"], one["ssh_host"]) == (str(repo), "shop.devpod-gen")
    assert one["ports"] == ["127.0.0.1:18093->18093"]
    assert one["since"] == docker("inspect", "-f", "{{.State.StartedAt}}", one["container"])
    assert command("status", "-C", repo).out.startswith("shop  feature/x  running  since 20")
    assert one in told(command, repo, "--all")

    docker("stop", one["container"])
    (repo / "devpod.toml").write_text('name = "shop"\n[env]\nA = "1"\n')
    (stopped,) = told(command, repo)
    assert (stopped["state"], stopped["drift"]) == ("exited", True)
    assert stopped["since"] > one["since"]
    (repo / "devpod.toml").write_text("nope = [")
    assert told(command, repo)[0]["drift"] is None
    (repo / "devpod.toml").write_text(PLAIN["devpod.toml"])


@pytest.mark.parametrize("starter", ["devcontainer", "compose"])
def test_whoever_started_it(make_repo: Make, command: Command, starter: str) -> None:
    """Under a project's name that is not ours."""
    repo = make_repo({"devpod.toml": 'name = "fleet-alone"\n'})
    assert command("build", "-C", repo).code == 0
    assert command("generate", "-C", repo).code == 0
    (repo / ".devcontainer/.env").unlink()
    by = {
        "devcontainer": ["devcontainer", "up", "--workspace-folder", str(repo)],
        "compose": [
            "docker",
            "compose",
            "-f",
            str(repo / ".devcontainer/compose.yaml"),
            "up",
            "-d",
        ],
    }
    try:
        env = os.environ | {"DEVPOD_PROJECT": "fleet-alone"}
        subprocess.run(by[starter], check=True, capture_output=True, env=env)
        (one,) = told(command, repo)
        assert (one["started_by"], one["project"], one["state"]) == (
            starter,
            "fleet-alone",
            "running",
        )
        assert command("exec", "-C", repo, "--", "pwd").out == "/workspaces/fleet-alone\n"
        assert command("logs", "-C", repo).code == 0
    finally:
        ran = command("down", "--caches", "-C", repo)
    assert "container fleet-alone-dev-1" in ran.out
    assert "network fleet-alone_default" in ran.out
    assert told(command, repo) == []


def test_one_that_jetbrains_has_started(make_repo: Make, command: Command, tmp_path: Path) -> None:
    """The IDE itself cannot be run here: its labels, as people have seen them."""
    repo = make_repo(PLAIN)
    assert command("build", "-C", repo).code == 0
    assert command("generate", "-C", repo).code == 0
    labels = {
        "com.intellij.devcontainer.id": "x",
        "com.intellij.devcontainer.sources.path": str(repo),
    }
    override = tmp_path / "override.yaml"
    override.write_text(json.dumps({"services": {"dev": {"labels": labels}}}))
    compose = ["docker", "compose", "-f", str(repo / ".devcontainer/compose.yaml")]
    compose += ["-f", str(override), "-p", "jb-shop", "up", "-d"]
    try:
        subprocess.run(compose, check=True, capture_output=True)
        (one,) = told(command, repo)
        assert (one["started_by"], one["folder"]) == ("JetBrains", str(repo))
        assert command("exec", "-C", repo, "--", "true").code == 0
    finally:
        assert "container jb-shop-dev-1" in command("down", "--caches", "-C", repo).out


def test_logs(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN | {"compose.yaml": "name: other\nservices:\n  x:\n    image: x\n"})
    container = told(command, repo)[0]["container"]
    docker("exec", container, "sh", "-c", "echo hello >/proc/1/fd/1")
    assert command("logs", "dev", "-C", repo, cwd=repo).out == "hello\n"
    assert "| hello\n" in command("logs", "-C", repo).out
    ran = command("logs", "db", "-C", repo)
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "  fix: name one of: dev")
    docker("stop", container)
    assert "hello" in command("logs", "-C", repo).out


def test_status_is_quick(workspace: Make, command: Command) -> None:
    repo = workspace(PLAIN)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    told(command, repo)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of the processor, not of the clock: other tests may keep the machine busy.
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.8
