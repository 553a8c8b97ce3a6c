"""Setups of others with odd names in them: what a profile cannot say is named and left out, and
costs neither the rest nor a line of the profile."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devpod_gen.emit.starter import starter
from devpod_gen.profile.detect import Detection, FoundVersion

FEATURE = {"ghcr.io/devcontainers/features/node:1": {"version": "20"}}
CONFIG = ".devcontainer/devcontainer.json"

Cli = Callable[..., Any]


def taken(cli: Cli, repo: Path, file: str, said: dict[str, Any]) -> tuple[Any, Any]:
    """The profile that `init` makes, and what it says of the repo's own files."""
    path = repo / file
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(said), encoding="utf-8")
    done = cli("init", "--force", "--json", "-C", repo)
    assert done.code == 0, done.err
    assert cli("generate", "--check", "-C", repo).code == 0
    return tomllib.loads((repo / "devpod.toml").read_text()), json.loads(done.out)["existing"]


@pytest.mark.parametrize(
    "folder",
    ['a\n[hooks]\ncreate = "id"\n#', "a\rb", "a\u2028b", "a\u0085b", "a\x1b[2Jb", "a\u202eb"],
)
def test_a_folder_is_no_line_of_a_profile(folder: str, tmp_path: Path, cli: Cli) -> None:
    profile, _ = taken(
        cli, tmp_path, f".devcontainer/{folder}/devcontainer.json", {"features": FEATURE}
    )
    assert profile["tools"] == {"node": "20"}
    assert "hooks" not in profile


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"containerEnv": {"x" * 3000: "y"}}, "env"),
        ({"customizations": {"vscode": {"settings": {"${localEnv:HOME}": 1}}}}, "settings"),
        ({"customizations": {"vscode": {"settings": {"a": {"${env:HOME}": 1}}}}}, "settings"),
        ({"customizations": {"vscode": {"extensions": ["a." + "x" * 3000]}}}, "extensions"),
        ({"forwardPorts": [80], "portsAttributes": {"80": {"label": "\u2800"}}}, "ports"),
    ],
)
def test_what_no_profile_can_say_is_left_out(
    said: dict[str, Any], kind: str, tmp_path: Path, cli: Cli
) -> None:
    profile, existing = taken(cli, tmp_path, CONFIG, said)
    (one,) = existing
    assert any(left["key"].startswith(kind) for left in one["left_out"])
    assert "${" not in json.dumps(profile)


def test_a_tool_of_a_repos_own_stack_is_no_line_of_a_profile(tmp_path: Path, cli: Cli) -> None:
    """By its schema; whatever was detected, it is a key that is quoted."""
    own = tmp_path / ".devpod/stacks/mine"
    own.mkdir(parents=True)
    (own / "Dockerfile").write_text("ARG PARENT\nFROM ${PARENT} AS mine\n")
    (own / "stack.toml").write_text(
        'title = "Mine"\nmarkers = ["mine.txt"]\nprobe = [{ run = "true" }]\n'
        '[[version]]\ntool = \'go = "1" #\'\nkind = "pin"\nfile = "mine.txt"\npattern = \'(.*)\'\n'
    )
    (tmp_path / "mine.txt").write_text("1.0")
    done = cli("init", "-C", tmp_path)
    assert done.code == 2
    assert ".devpod/stacks/mine/stack.toml::version[0].tool: must be" in done.err
    assert not (tmp_path / "devpod.toml").exists()
    found = Detection((), (FoundVersion('go = "1" #', "1.0", "pin", "mine.txt"),), (), "")
    assert tomllib.loads(starter("shop", found, ()))["tools"] == {'go = "1" #': "1.0"}
