"""Secrets out of real managers, Debian's pass (with gpg) and age; and out of a stand-in for
1Password's, which is not free to run."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Ran, docker, need, trust
from test_secret_sources import OP

pytestmark = [
    pytest.mark.engine,
    pytest.mark.campaign,
    pytest.mark.usefixtures("engine", "nothing_left"),
]

LINES = "first line of the note\nsecond line\n"


def run(*argv: str, env: dict[str, str], stdin: str = "") -> str:
    done = subprocess.run(
        argv, env=env, input=stdin, text=True, capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout


@pytest.fixture
def keyring() -> Iterator[dict[str, str]]:
    """A gpg of its own: in a short path, since its agent listens on a socket there."""
    need("pass", "pass")
    need("gpg", "gnupg")
    home = Path(tempfile.mkdtemp(prefix="devpod-gen-gpg-", dir="/tmp"))
    env = {"GNUPGHOME": str(home), "PASSWORD_STORE_DIR": str(home / "store")}
    yield env
    stop = ["gpgconf", "--homedir", str(home), "--kill", "all"]
    subprocess.run(stop, check=False, capture_output=True)
    shutil.rmtree(home, ignore_errors=True)


def make_key(env: dict[str, str], user: str, passphrase: str) -> None:
    batch = ("gpg", "--batch", "--quiet", "--pinentry-mode", "loopback")
    given = ("--passphrase", passphrase)
    run(*batch, *given, "--quick-generate-key", user, "default", "default", "never", env=env)


def test_pass_and_age_and_op(
    keyring: dict[str, str],
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
    tmp_path: Path,
) -> None:
    """All in one profile, into a workspace, and then one of them is locked."""
    age, keygen = need("age", "age"), need("age-keygen", "age")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/op").write_text(f"#!/bin/sh\n{OP}")
    (tmp_path / "bin/op").chmod(0o755)
    added = keyring | {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    env = os.environ | added
    make_key(env, "ann@example.org", "")
    run("pass", "init", "ann@example.org", env=env)
    run("pass", "insert", "--echo", "shop/token", env=env, stdin="tok-from-pass\n")
    run("pass", "insert", "--multiline", "shop/note", env=env, stdin=LINES)
    run(keygen, "-o", str(tmp_path / "age.key"), env=env)
    public = run(keygen, "-y", str(tmp_path / "age.key"), env=env).strip()
    repo = make_repo({
        "devpod.toml": 'name = "managers"\n'
        '[secrets.PASS]\ncommand = ["pass", "show", "shop/token"]\nas = "env"\n'
        '[secrets.NOTE]\ncommand = ["pass", "show", "shop/note"]\n'
        f'[secrets.AGE]\ncommand = ["age", "--decrypt", "-i", "{tmp_path}/age.key", "x.age"]\n'
        '[secrets.OP]\nop = "op://dev/github/token"\n'
    })  # fmt: skip
    run(age, "-r", public, "-o", str(repo / "x.age"), env=env, stdin="tok-from-age\n")
    trust(command, repo)
    try:
        ran = command("up", "-C", repo, env=added)
        assert ran.code == 0, ran.err
        inside = command("exec", "-C", repo, "--", "sh", "-c", "cd /run/secrets; head -99 *")
        assert inside.out == (
            "==> AGE <==\ntok-from-age\n==> NOTE <==\n" + LINES + "\n"
            "==> OP <==\nghs_from_op\n==> PASS <==\ntok-from-pass"
        )
        assert command("exec", "-C", repo, "--", "printenv", "PASS").out == "tok-from-pass\n"
        assert command("down", "-C", repo).code == 0

        # An item that is not there, a key that is not there: what pass and age say is shown.
        wrong = repo / "x.age"
        wrong.write_text("no age file")
        run("pass", "rm", "--force", "shop/token", env=env)
        begun = time.monotonic()
        ran = command("up", "-C", repo, env=added)
        assert time.monotonic() - begun < 10
        assert ran.code == 4
        assert "secrets.PASS (command pass show shop/token): pass ended with 1: Error: shop/" in (
            ran.err
        )
        assert "secrets.AGE (command age --decrypt" in ran.err
        assert "tok-from" not in ran.err
        assert docker("ps", "-aq", "--filter", "label=devpod-gen.name=managers") == ""
    finally:
        command("down", "--caches", "-C", repo)


def test_a_locked_key(
    keyring: dict[str, str],
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
) -> None:
    """gpg asks for a passphrase, and there is nobody to ask."""
    env = os.environ | keyring
    make_key(env, "bob@example.org", "a passphrase")
    run("pass", "init", "bob@example.org", env=env)
    run("pass", "insert", "--echo", "locked", env=env, stdin="x\n")
    run("gpgconf", "--kill", "gpg-agent", env=env)
    repo = make_repo(
        {"devpod.toml": 'name = "l"\n[secrets.P]\ncommand = ["pass", "show", "locked"]\n'}
    )
    trust(command, repo)
    begun = time.monotonic()
    ran = command("up", "-C", repo, env=keyring)
    assert time.monotonic() - begun < 10
    assert ran.code == 4
    assert "the secret P could not be had: pass " in ran.err
    assert "fix: " in ran.err
