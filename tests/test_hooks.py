"""Hooks: in the specification's order, once whoever comes first, never silently failing."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker
from devpod_gen.plan.hook import KEPT
from test_environment import checks, happened, verified
from test_workspace import client

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

HOOKS = """
name = "hooks"
[env]
SAID = "it's $HOME"
[hooks]
on-create = "echo on-create $PWD $(id -un) >>order"
update-content = ["sh", "-c", "echo update-content $0 >>order", "'a' $b"]
create = { a = "sleep 1; echo create-a \\"$SAID\\" >>order", b = "echo create-b >>order" }
start = "echo start >>order"
attach = "echo attach >>order; echo hello"
"""
CREATED = [
    "on-create /workspaces/hooks dev",
    "update-content 'a' $b",
    "create-b",
    "create-a it's $HOME",
    "start",
]


def order(repo: Path) -> list[str]:
    return (repo / "order").read_text().splitlines()


def test_up_then_the_client(workspace: Make, command: Command) -> None:
    repo = workspace({"devpod.toml": HOOKS})
    assert order(repo) == CREATED
    assert command("up", "-C", repo).code == 0
    assert order(repo) == CREATED
    container = json.loads(client("up", repo=repo))["containerId"]
    assert order(repo) == [*CREATED, "attach"]  # the client's postAttachCommand
    docker("stop", container)
    assert json.loads(client("up", repo=repo))["containerId"] == container
    assert order(repo) == [*CREATED, "attach", "start", "attach"]
    assert command("up", "-C", repo).code == 0
    docker("stop", container)
    assert command("up", "-C", repo).code == 0
    assert order(repo) == [*CREATED, "attach", "start", "attach", "start"]


def test_the_client_then_up(make_repo: Make, command: Command) -> None:
    """Of an image of the user's own, which may not have our runner: its text goes along."""
    base = make_repo({"devpod.toml": 'name = "b"\n'}, "base")
    ref = json.loads(command("build", "--json", "-C", base).out)["image"]["ref"]
    repo = make_repo({"devpod.toml": f'{HOOKS}[image]\nref = "{ref}"\n'})
    assert command("generate", "-C", repo).code == 0
    try:
        container = json.loads(client("up", repo=repo))["containerId"]
        assert order(repo) == [*CREATED, "attach"]
        ran = command("up", "--json", "-C", repo)
        assert json.loads(ran.out)["workspace"]["container"] == container
        assert order(repo) == [*CREATED, "attach"]
        shell = subprocess.run(
            [str(COMMAND), "shell", "-C", str(repo)],
            input="echo in the shell\n",
            capture_output=True,
            text=True,
            check=True,
        )
        assert shell.stdout == "in the shell\n"
        assert "hello" in shell.stderr
        assert order(repo) == [*CREATED, "attach", "attach"]
    finally:
        assert command("down", "--caches", "-C", repo).code == 0


def test_what_the_client_knows_of_a_container_of_ours(workspace: Make) -> None:
    """Of one that is there it reads extensions and hooks from the container's label alone."""
    profile = f'{HOOKS}[ide.vscode]\nextensions = ["golang.go"]\nsettings = {{ a = "it\'s $x" }}\n'
    repo = workspace({"devpod.toml": profile})
    told = client("read-configuration", "--include-merged-configuration", repo=repo)
    merged = json.loads(told.splitlines()[-1])["mergedConfiguration"]
    vscode = [entry for entry in merged["customizations"]["vscode"] if entry]
    assert vscode == [{"extensions": ["golang.go"], "settings": {"a": "it's $x"}}]
    assert merged["postStartCommands"] == [["/usr/local/lib/devpod/hook", "start"]]
    assert merged["remoteUser"] == "dev"


def test_warm_fills_the_caches_once_a_lock(workspace: Make, command: Command) -> None:
    files = {
        "devpod.toml": 'name = "warm"\nstacks = ["go"]\n[caches]\ngo = ["/home/dev/go/pkg/mod"]\n'
        "[hooks]\nwarm = 'echo \"$(cat go.sum)\" >>warmed'\n",
        "go.sum": "one",
    }
    repo = workspace(files)
    assert command("down", "-C", repo).code == 0
    assert command("up", "-C", repo).code == 0  # a new container, the old cache
    assert (repo / "warmed").read_text().split() == ["one"]
    (repo / "go.sum").write_text("two")
    container = json.loads(client("up", repo=repo))["containerId"]
    assert (repo / "warmed").read_text().split() == ["one", "two"]  # whoever comes first
    assert (
        json.loads(command("up", "--json", "-C", repo).out)["workspace"]["container"] == container
    )
    assert (repo / "warmed").read_text().split() == ["one", "two"]
    assert command("down", "--caches", "-C", repo).code == 0
    client("up", repo=repo)
    assert (repo / "warmed").read_text().split() == ["one", "two", "two"]


def test_a_failing_hook_fails_up(make_repo: Make, command: Command) -> None:
    lines = "for i in $(seq 40); do echo line $i; done; echo broken >&2; exit 5"
    repo = make_repo(
        {"devpod.toml": f'name = "f"\n[hooks]\ncreate = "{lines}"\nstart = "touch started"\n'}
    )
    ran = command("up", "-C", repo)
    assert ran.code == 7
    told = ran.err[ran.err.index("error:") :].splitlines()
    assert told[:2] == ["error: the hook create ended with 5", "  at hooks.create"]
    assert "  | line 40" in told
    assert "  | broken" in told
    assert told[-1].endswith("all that it said is in /var/tmp/devpod-gen/create.log")
    assert len(told) <= 15
    assert not (repo / "started").exists()  # what comes later is not run
    log = command("exec", "-C", repo, "--", "cat", f"{KEPT}/create.log")  # one can look inside
    assert log.out.startswith("line 1\n")

    report = verified(command, repo, code=1)
    assert "ended with 5" in checks(report, "compose")["hooks"]["detail"]
    assert checks(report, "compose")["hook:create"] | {"seconds": 0} == {
        "id": "hook:create",
        "door": "compose",
        "ok": False,
        "detail": "broken",
        "seconds": 0,
    }
    assert command("down", "-C", repo).code == 0


def test_verify_runs_them_through_every_door(make_repo: Make, command: Command) -> None:
    probe = '[[probe]]\nrun = "grep -c create-a order"\n'
    repo = make_repo({"devpod.toml": HOOKS + probe})
    assert command("generate", "-C", repo).code == 0
    report = verified(command, repo)
    assert happened(report)["hooks"] > 0
    for door in ("compose", "devcontainer"):
        found = checks(report, door)
        for name in ("on-create", "update-content", "create", "start", "attach"):
            assert found[f"hook:{name}"]["ok"] is True
    assert order(repo) == [*CREATED, "attach"] * 2  # a container each
