"""profile.existing: a repo's own devcontainer.json is taken over, or named with the reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import SHARED, Files, Ran
from devpod_gen.emit.bundle import bundle, self_check
from devpod_gen.emit.starter import starter
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import load, stacks
from devpod_gen.profile.detect import detect
from devpod_gen.profile.existing import Existing, existing, parse
from devpod_gen.profile.untaken import LeftOut

Make = Callable[[Files], Path]

ONE = """
// A comment, and trailing commas.
{
  "name": "x", /* here too */
  "image": "mcr.example.com/devcontainers/go:1",
  "features": {"ghcr.example.com/f:1": {},},
  "forwardPorts": [3000, "5432", "db:5432"],
  "portsAttributes": {"3000": {"label": "web"}},
  "containerEnv": {"LOG": "debug", "PATH": "/x", "TOKEN": "${localEnv:TOKEN}"},
  "postCreateCommand": "make deps",
  "customizations": {
    "vscode": {
      "extensions": ["golang.go", "not an id"],
      "settings": {"editor.rulers": [80, 100], "a": null, "b": {"c": "d & e"}},
    },
    "codespaces": {},
  },
}
"""


def test_one() -> None:
    was = parse(ONE, "devcontainer.json")
    assert was.extensions == ("golang.go",)
    assert was.settings == (("editor.rulers", [80, 100]), ("b", {"c": "d & e"}))
    assert was.ports == ((3000, "web"), (5432, None))
    assert was.env == (("LOG", "debug"),)
    assert [left.key for left in was.left_out] == [
        'extensions: "not an id"',
        'settings: "a"',
        'forwardPorts: "db:5432"',
        'containerEnv: "PATH"',
        'containerEnv: "TOKEN"',
        "features",
        "image",
        "postCreateCommand",
        'customizations: "codespaces"',
    ]
    assert LeftOut("postCreateCommand", "hooks are not supported yet") in was.left_out


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"x"',
        "{" * 5000,
        '{"forwardPorts": 3}',
        '{"customizations": []}',
        '{"customizations": {"vscode": "x"}, "containerEnv": ["a"], "portsAttributes": 1}',
    ],
)
def test_nonsense_says_nothing(text: str) -> None:
    was = parse(text, "x")
    assert (was.extensions, was.settings, was.ports, was.env) == ((), (), (), ())


def test_init_takes_over_and_tells(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo({".devcontainer.json": ONE})
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    assert (
        "taken over from .devcontainer.json: 1 extensions, 2 settings, 2 ports, 1 variables"
        in ran.err
    )
    assert "not taken over: postCreateCommand (hooks are not supported yet)" in ran.err
    assert (repo / ".devcontainer.json").read_text() == ONE
    emitted = json.loads((repo / ".devcontainer/devcontainer.json").read_text())
    assert emitted["forwardPorts"] == [3000, 5432]
    assert emitted["customizations"]["vscode"]["settings"]["b"] == {"c": "d & e"}


def test_our_own_is_not_taken_over(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo({"go.mod": "go 1.22\n"})
    cli("init", "-C", repo)
    ran = cli("init", "--force", "-C", repo)
    assert ran.code == 0
    assert "taken over" not in ran.err


def test_a_large_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".devcontainer.json").write_text("//" + "x" * 70_000 + "\n{}")
    was = existing(tmp_path)
    assert was
    assert was.left_out == (LeftOut(".devcontainer.json", "is larger than 64 KiB"),)


def _real() -> list[Any]:
    data = SHARED / "data" / "devcontainers.json"
    rows: list[Any] = json.loads(data.read_text(encoding="utf-8")) if data.exists() else []
    return rows


@pytest.mark.skipif(not _real(), reason="the shared data of real repos is not on this machine")
def test_real_ones(tmp_path: Path) -> None:
    """Each of 300 makes a profile that is valid and emits; each key is taken or named."""
    nothing = detect(tmp_path, ())
    for row in _real():
        was = parse(row["content"], row["path"])
        profile = load.parse(starter("x", nothing, (), was).encode(), "devpod.toml")
        self_check(bundle(resolve(profile, stacks.known(), folder_name="x")))
        assert _all_named(row["content"], was), row["repo"]


def _all_named(text: str, was: Existing) -> bool:
    """Lifecycle commands and features are what nobody may lose silently."""
    named = {left.key for left in was.left_out}
    if was.left_out and was.left_out[0].key == was.source:
        return True
    return all(
        key in named
        for key in ("postCreateCommand", "features", "initializeCommand", "mounts")
        if f'\n  "{key}"' in text or f'\n\t"{key}"' in text
    )
