"""What commands load before they do anything: a command is as slow as what it imports.

Lists and not milliseconds, since a machine may be busy. Whoever makes a command load more
sees it here, and may decide that it is worth it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran
from devpod_gen.cli.commands import COMMANDS, found

HEAVY = {
    "asyncio", "attr", "attrs", "certifi", "concurrent", "docker", "email", "http", "jinja2",
    "json5", "jsonschema", "logging", "markupsafe", "multiprocessing", "packaging", "pydantic",
    "pygments", "referencing", "requests", "rich", "rpds", "ssl", "tarfile", "tempfile",
    "tomli_w", "urllib3", "xml", "yaml",
}  # fmt: skip
"""What takes from 5 ms (tempfile) to 120 (docker), with all that it brings along."""

WATCH = """
import json, os, sys
from devpod_gen.cli.app import app, main
def become(*_):
    raise SystemExit(0)
os.execve = become
os._exit = sys.exit
sys.argv[1:] = json.loads(sys.argv[1])
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
with open(os.environ["LOADED"], "w") as file:
    json.dump(sorted(sys.modules), file)
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Callable[..., set[str]]:
    """The modules that a command has loaded when it ends, or becomes another program."""

    def run(*argv: object) -> set[str]:
        file = tmp_path / "loaded.json"
        words = [sys.executable, "-W", "ignore", "-c", WATCH, json.dumps([str(a) for a in argv])]
        env = os.environ | {"LOADED": str(file)}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return set(json.loads(file.read_text()))

    return run


def heavy(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} & HEAVY


def of_ours(modules: set[str]) -> set[str]:
    """Which packages of ours, one level down."""
    parts = (name.split(".") for name in modules if name.startswith("devpod_gen."))
    return {words[1] for words in parts}


def test_the_version_loads_nothing_at_all(loaded: Callable[..., set[str]]) -> None:
    modules = loaded("--version")
    assert not {"typer", "click", "dataclasses"} & modules
    assert {name for name in modules if name.startswith("devpod_gen")} == {
        "devpod_gen",
        "devpod_gen.cli",
        "devpod_gen.cli.app",
    }


def test_help_loads_no_command(loaded: Callable[..., set[str]]) -> None:
    modules = loaded("--help")
    assert not heavy(modules)
    assert not {"emit", "engine", "plan", "verify", "workspace"} & of_ours(modules)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_list_says_what_each_commands_help_says(name: str, command: Callable[..., Ran]) -> None:
    """Since the list is made without loading them."""
    what = found(name)
    told = " ".join(command(name, "--help").out.split("Example:")[0].split())
    assert COMMANDS[name][1] in told, what


def test_generate_loads_neither_templates_nor_schemas_nor_an_engine(
    make_repo: Callable[..., Path], command: Callable[..., Ran], loaded: Callable[..., set[str]]
) -> None:
    text = 'name = "shop"\nstacks = ["go"]\n[[probe]]\nrun = "true"\n'
    repo = make_repo({"devpod.toml": text})
    assert command("generate", "-C", repo).code == 0
    modules = loaded("generate", "-C", repo)
    assert not heavy(modules)
    assert "engine" not in of_ours(modules)
    assert "devpod_gen.emit.render" not in modules


@pytest.mark.engine
def test_commands_on_a_workspace(
    workspace: Callable[..., Path], loaded: Callable[..., set[str]]
) -> None:
    repo = workspace({"devpod.toml": 'name = "shop"\n'})
    inside = loaded("exec", "-C", repo, "--", "true")
    assert not heavy(inside)
    assert not {"emit", "verify", "resources"} & of_ours(inside)
    assert "devpod_gen.workspace.lifecycle" not in inside
    assert heavy(loaded("status", "-C", repo)) <= {"jinja2", "markupsafe", "tempfile"}
    running = heavy(loaded("up", "-C", repo))
    assert running <= {"jinja2", "markupsafe", "tarfile", "tempfile"}, running
    assert "docker" not in loaded("down", "-C", repo)


@pytest.mark.skipif(sys.platform != "linux", reason="the figure is of Linux")
def test_the_size_of_a_start(loaded: Callable[..., set[str]]) -> None:
    """Typer itself brings about 200 modules."""
    assert len(loaded("--version")) < 75
    assert len(loaded("--help")) < 250


def test_the_console_script_is_the_one_that_was_looked_at() -> None:
    assert "devpod_gen.cli.app import main" in COMMAND.read_text()
