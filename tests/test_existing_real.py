"""Compose files, Dockerfiles, .gitpod.yml and version files of real repos.

Each is taken over or named, none crashes, and the profile is always valid.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from devpod_gen.profile import stacks
from devpod_gen.profile.detect import detect
from devpod_gen.profile.existing import gitpod, markup
from devpod_gen.profile.existing.model import Existing, nothing
from test_existing import profile_of, settled

DATA = Path(__file__).parent / "data" / "existing.json"


@cache
def rows() -> list[Any]:
    read: list[Any] = json.loads(DATA.read_text(encoding="utf-8"))
    return read


def files(ending: str) -> list[str]:
    return [
        text
        for row in rows()
        for name, text in row["files"].items()
        if name.lower().endswith(ending)
    ]


def test_there_are_enough() -> None:
    assert len(files(".gitpod.yml")) >= 15
    assert len(files("compose.yml") + files("compose.yaml")) >= 20
    assert len(files("dockerfile")) >= 20


@pytest.mark.parametrize(
    "row", rows(), ids=[f"{row['repo']}/{row['folder']}".rstrip("/") for row in rows()]
)
def test_a_real_setup(row: dict[str, Any], tmp_path: Path) -> None:
    for name, text in row["files"].items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    was = settled(tmp_path)
    profile_of(was, detect(tmp_path, stacks.known()))
    assert {one.source for one in was} >= set(row["files"]) - _unnamed(row["files"])
    assert not [one for one in was if one == nothing(one.source, "cannot be parsed")]
    for one in was:
        if one.source.endswith(".gitpod.yml"):
            _all_named(row["files"][one.source], one)


def _unnamed(names: dict[str, str]) -> set[str]:
    """Files that nothing in the repo names: clients would not read them either."""
    return {
        name
        for name in names
        if name.lower().endswith(".gitpod.dockerfile")
        or (name.startswith(".devcontainer/") and "compose" in name)
        or name.startswith(("docker-compose.", "compose."))
    } - {"compose.yaml"}


def _all_named(text: str, was: Existing) -> None:
    """Every task and port of a .gitpod.yml is in the profile or in the list."""
    document = markup.load(text)
    named = " ".join(left.key for left in was.left_out)
    said = gitpod.said(document, was.source)
    for index, task in enumerate(document.get("tasks") or (), start=1):
        for key in ("init", "before", "command"):
            if isinstance(task, dict) and task.get(key):
                assert f"task {index}: {key}" in named or (key != "command" and said.hooks)
    for port in document.get("ports") or ():
        number = port["port"] if isinstance(port, dict) else port
        assert number in {x.port for x in said.ports} or str(number) in named
