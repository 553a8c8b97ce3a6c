"""Trust: what a stranger's profile asks for is not run before its user has trusted just that."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran

Cli = Callable[..., Ran]
Make = Callable[..., Path]

STACK = """
title = "Toy"
markers = ["toy.json"]
[tools.toy]
distribution = "1.0"
command = "toy --version"
pattern = '([0-9.]+)'
mise = "toy"
[[probe]]
run = "toy"
"""
FILES = {
    "devpod.toml": 'name = "t"\nstacks = ["toy"]\n',
    ".devpod/stacks/toy/stack.toml": STACK,
    ".devpod/stacks/toy/Dockerfile": "ARG PARENT\nFROM ${PARENT}\n",
}


def state() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen" / "trust"


def asked(cli: Cli, repo: Path) -> str:
    """The hash that the untrusted content has."""
    ran = cli("trust", "-C", repo, "--json")
    assert ran.code == 3
    fix: str = json.loads(ran.out)["error"]["fix"]
    return fix.rpartition(" ")[2].rstrip("`")


@pytest.mark.parametrize("verb", ["build", "verify", "up"])
def test_nothing_runs_before(verb: str, make_repo: Make, cli: Cli) -> None:
    """Before the engine is even looked for, and before a file is written."""
    repo = make_repo(FILES)
    ran = cli(verb, "-C", repo, "--json")
    assert ran.code == 3
    error = json.loads(ran.out)["error"]
    assert error["kind"] == "untrusted"
    assert [finding["where"] for finding in error["findings"]] == [".devpod/stacks/toy"]
    assert "Dockerfile runs in a build" in error["findings"][0]["message"]
    assert not (repo / ".devcontainer").exists()


def test_what_is_harmless_needs_none(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    assert cli("generate", "-C", repo).code == 0
    (repo / "devpod.toml").write_text('name = "t"\nstacks = ["go"]\n')
    ran = cli("trust", "-C", repo)
    assert (ran.code, ran.out) == (0, "the profile asks for nothing that needs trust\n")
    assert not state().exists()


def test_by_hash_and_again_after_any_change(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    first = asked(cli, repo)
    wrong = cli("trust", "-C", repo, "--yes", "0" * 64)
    assert wrong.code == 3
    assert "another hash" in wrong.err
    assert cli("trust", "-C", repo, "--yes", first).code == 0
    (record,) = state().iterdir()
    assert record.name == f"{first}.json"
    assert record.stat().st_mode & 0o777 == 0o600
    assert cli("trust", "-C", repo).out == "trusted\n"  # and is not asked for again

    for path, more in (
        ("devpod.toml", "# a comment\n"),
        (".devpod/stacks/toy/Dockerfile", "# x\n"),
        (".devpod/stacks/toy/stack.toml", "\n"),
        (".devpod/stacks/toy/new.sh", "true\n"),
    ):
        target = repo / path
        before = target.read_text() if target.exists() else None
        target.write_text((before or "") + more)
        assert asked(cli, repo) != first, path
        if before is None:
            target.unlink()
        else:
            target.write_text(before)
    assert cli("trust", "-C", repo).code == 0  # as it was


def test_the_hash_is_of_the_content_only(make_repo: Make, cli: Cli) -> None:
    """So a second clone of the same content is trusted, too."""
    one, two = make_repo(FILES, "one"), make_repo(FILES, "two")
    assert cli("trust", "-C", one, "--yes", asked(cli, one)).code == 0
    assert cli("trust", "-C", two).code == 0


def test_list_and_revoke(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    digest = asked(cli, repo)
    assert cli("trust", "--list").out == "nothing is trusted\n"
    cli("trust", "-C", repo, "--yes", digest)
    listed = json.loads(cli("trust", "--list", "--json").out)["records"]
    assert listed == [{"hash": digest, "root": str(repo.resolve()), "file": "devpod.toml"}]
    assert digest[:12] in cli("trust", "--revoke", "-C", repo).out
    assert asked(cli, repo) == digest
    assert cli("trust", "--revoke", "-C", repo).out == "there was nothing to revoke\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"hash": "x", "root": "/", "file": "f"}'])
def test_a_record_that_is_none_trusts_nothing(text: str, make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    state().mkdir(parents=True)
    digest = asked(cli, repo)
    (state() / f"{digest}.json").write_text(text)
    assert asked(cli, repo) == digest


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3), ("\n", 3)])
def test_at_a_terminal_it_asks(answer: str, code: int, make_repo: Make) -> None:
    repo = make_repo(FILES)
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with os.fdopen(theirs) as terminal:
        done = subprocess.run(
            [str(COMMAND), "trust", "-C", str(repo)],
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    os.close(ours)
    assert done.returncode == code, done.stderr
    assert ".devpod/stacks/toy: a stack of the repo's own" in done.stderr
    assert "do you trust them?" in done.stderr


def test_init_tells_and_trusts_nothing(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(
        {path: text for path, text in FILES.items() if path != "devpod.toml"} | {"toy.json": "{}"}
    )
    dry = cli("init", "--dry-run", "--json", "-C", repo)
    assert [ask["where"] for ask in json.loads(dry.out)["asks"]] == [".devpod/stacks/toy"]
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    assert "stacks: toy (toy.json)" in ran.out
    assert "needs your trust: .devpod/stacks/toy" in ran.err
    assert "run `devpod-gen trust`" in ran.err
    assert cli("build", "-C", repo).code == 3
