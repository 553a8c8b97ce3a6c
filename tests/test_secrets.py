"""Secrets on a real engine: they arrive, for the user alone, and nothing else has them."""

import base64
import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Files, Ran, docker, trust
from devpod_gen.engine import reference

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

ODD = "va\"l ue$x'`\\1234\ttab%20ü"
PROFILE = """
name = "{name}"
[secrets.TOKEN]
env = "TEST_TOKEN"
as = "env"
[secrets.KEY]
file = "{file}"
[secrets.LATER]
env = "TEST_LATER"
optional = true
"""


def with_secrets(make_repo: Make, command: Command, tmp_path: Path, name: str) -> Path:
    key = tmp_path / "key"
    key.write_bytes(b"-----BEGIN KEY-----\nbody of the key\n\x00\xff\n")
    key.chmod(0o600)
    files: Files = {"devpod.toml": PROFILE.format(name=name, file=key)}
    repo: Path = make_repo(files)
    trust(command, repo)
    return repo


def container_of(command: Command, repo: Path) -> str:
    (one,) = json.loads(command("status", "-C", repo, "--json").out)["workspaces"]
    return str(one["container"])


def test_a_workspace_with_secrets(make_repo: Make, command: Command, tmp_path: Path) -> None:
    env = {"TEST_TOKEN": ODD}
    repo = with_secrets(make_repo, command, tmp_path, "sec")
    try:
        assert command("up", "-C", repo, env=env).code == 0
        told = command("secrets", "list", "-C", repo).out.splitlines()
        assert [line.split("  ")[0::2] for line in told] == [
            ["KEY", "inside"],
            ["LATER", "not inside"],
            ["TOKEN", "inside"],
        ]
        container = container_of(command, repo)

        def inside(*argv: str, user: str = "dev") -> str:
            return docker("exec", "-u", user, container, *argv)

        assert inside("stat", "-c", "%a %U", "/run/secrets/TOKEN", "/run/secrets/KEY") == (
            "400 dev\n400 dev"
        )
        assert inside("stat", "-f", "-c", "%T", "/run/secrets") == "tmpfs"
        assert (
            inside("sha256sum", "/run/secrets/KEY").split()[0]
            == (
                subprocess.run(
                    ["sha256sum", str(tmp_path / "key")], capture_output=True, text=True, check=True
                ).stdout.split()[0]
            )
        )
        # In `exec` as a variable; in the engine's own exec, and for process 1, not.
        ran = command("exec", "-C", repo, "--", "printenv", "TOKEN")
        assert ran.out == f"{ODD}\n"
        assert command("exec", "-C", repo, "--", "printenv", "KEY").code == 1
        assert command("exec", "-C", repo, "--", "sh", "-c", "exit 7").code == 7
        assert "TOKEN" not in inside("env")
        assert "TOKEN=" not in docker("inspect", container)

        # What the container says is printed without them, in the pieces that it comes in.
        script = 'exec >/proc/1/fd/1; printf "%s" "$1"; sleep 0.2; printf "%s\\n" "$2" "$3"'
        inside("sh", "-c", script, "sh", ODD[:9], ODD[9:], json.dumps(ODD), user="root")
        logs = command("logs", "-C", repo)
        assert logs.code == 0
        assert "***\n" in logs.out
        assert logs.out.count("***") == 2
        assert ODD[2:9] not in logs.out
        assert ODD[2:9] in docker("logs", container)

        # Renewed while it runs, and what is gone outside goes inside.
        renewed = {"TEST_TOKEN": "another one", "TEST_LATER": "now"}
        ran = command("up", "-C", repo, "--json", env=renewed)
        assert json.loads(ran.out)["workspace"]["container"] == container
        assert inside("cat", "/run/secrets/TOKEN", "/run/secrets/LATER") == "another onenow"
        assert command("secrets", "push", "-C", repo, env=env).code == 0
        assert inside("ls", "/run/secrets") == "KEY\nTOKEN"

        # Nothing survives the container's stop; the next `up` feeds again.
        docker("stop", "--time=1", container)
        docker("start", container)
        assert inside("ls", "/run/secrets") == ""
        assert command("exec", "-C", repo, "--", "true").code == 0
        ran = command("logs", "-C", repo)  # there is nothing inside to hide: the sources say it
        assert (ran.code, ran.out) == (4, "")
        assert command("logs", "-C", repo, env=env).out.count("***") == 2
        docker("stop", "--time=1", container)
        assert command("logs", "-C", repo).code == 4  # nothing is printed unmasked
        assert "***" in command("logs", "-C", repo, env=env).out
        assert command("up", "-C", repo, env=env).code == 0
        assert container_of(command, repo) == container
        assert inside("ls", "/run/secrets") == "KEY\nTOKEN"
    finally:
        command("down", "--caches", "-C", repo)


def test_what_a_hook_says_is_masked(make_repo: Make, command: Command) -> None:
    """It has printed the secret, in several forms, before it failed."""
    said = ("cat /run/secrets/T", "echo", "base64 -w 0 /run/secrets/T", "echo")
    hook = "; ".join([*said, "tr a-z A-Z </etc/hostname", "false"])
    profile = f'name = "says"\n[hooks]\ncreate = "({hook}) >&2"\n[secrets.T]\nenv = "TEST_TOKEN"\n'
    repo = make_repo({"devpod.toml": profile})
    trust(command, repo)
    try:
        for options in (("--json",), ("-v",)):
            ran = command("up", "-C", repo, *options, env={"TEST_TOKEN": ODD})
            assert ran.code == 7
            assert "SAYS" in ran.err
            assert ran.err.count("***") == 2
            encoded = base64.b64encode(ODD.encode()).decode()
            for form in (ODD, json.dumps(ODD)[1:-1], encoded, ODD[:10], encoded[:10]):
                assert form not in ran.out + ran.err
    finally:
        command("down", "-C", repo)


@pytest.mark.campaign
def test_a_source_that_is_locked_starts_nothing(
    make_repo: Make, command: Command, tmp_path: Path
) -> None:
    """With exit code 4, in under ten seconds, and what to do."""
    locked = tmp_path / "bin" / "op"
    locked.parent.mkdir()
    locked.write_text("#!/bin/sh\nexec sleep 60\n")
    locked.chmod(0o755)
    repo = make_repo({"devpod.toml": 'name = "l"\n[secrets.A]\nop = "op://dev/github/token"\n'})
    env = {"PATH": f"{locked.parent}:{os.environ['PATH']}"}
    assert command("up", "-C", repo, env=env).code == 3  # a stranger's profile asks nobody
    trust(command, repo)
    begun = time.monotonic()
    ran = command("up", "-C", repo, "--json", env=env)
    assert time.monotonic() - begun < 10
    assert ran.code == 4
    error = json.loads(ran.out)["error"]
    assert error["kind"] == "secret-source"
    assert error["message"].startswith("the secret A could not be had: op did not answer in 8 s")
    assert error["where"] == "secrets.A (op op://dev/github/token)"
    assert json.loads(command("status", "-C", repo, "--json").out)["workspaces"] == []


def test_a_container_that_a_client_started(
    make_repo: Make, command: Command, tmp_path: Path
) -> None:
    """As VS Code does: it knows nothing of sources; `secrets push` brings them."""
    client = reference.program()
    if not client:
        pytest.fail("the reference client is required: put it on PATH")
    env = {"TEST_TOKEN": ODD}
    repo = with_secrets(make_repo, command, tmp_path, "secpush")
    try:
        assert command("up", "-C", repo, env=env).code == 0  # builds what is missing
        assert command("down", "-C", repo).code == 0
        assert command("secrets", "push", "-C", repo, env=env).code == 7
        subprocess.run(
            [client, "up", "--workspace-folder", str(repo)], check=True, capture_output=True
        )
        told = json.loads(command("secrets", "list", "-C", repo, "--json").out)["secrets"]
        assert {one["name"]: one["inside"] for one in told} == {
            "KEY": False,
            "LATER": False,
            "TOKEN": False,
        }
        ran = command("secrets", "push", "-C", repo, "--json", env=env)
        assert json.loads(ran.out) == {"outcome": "ok", "pushed": ["KEY", "TOKEN"]}
        assert command("exec", "-C", repo, "--", "printenv", "TOKEN").out == f"{ODD}\n"
    finally:
        command("down", "--caches", "-C", repo)
