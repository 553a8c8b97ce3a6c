"""Compose files, Dockerfiles, .gitpod.yml and version files of real repos.

Each is taken over or named, none crashes, and the profile is always valid.
"""

import json
import random
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


ODD: tuple[str, ...] = (
    "\n",
    "\t",
    '"',
    "'",
    "{",
    "[",
    ": ",
    "- ",
    "&a ",
    "*a ",
    "<<: ",
    "${",
    "$$",
    "\\\n",
    "//",
    "(",
)
ODD += (
    "/*",
    "!x ",
    "~",
    "null",
    "-1",
    "1e9",
    "99999",
    "\x1b",
    "\u202e",
    "\x85",
    "\u2028",
    "<<E",
    "=",
)


def _spoilt(text: str, chance: random.Random) -> str:
    """The text with a few things that do not belong into it, or without some that do."""
    for _ in range(chance.choice((1, 2, 5, 20))):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.5:
            text = text[:at] + chance.choice(ODD) + text[at:]
        else:
            text = text[:at] + text[at + chance.choice((1, 3, 40)) :]
    return text


@pytest.mark.parametrize("seed", range(5))
def test_spoilt_setups(seed: int, tmp_path: Path) -> None:
    """Real files, each with mistakes in it: still taken over or named, still a valid profile."""
    chance = random.Random(seed)
    for number, row in enumerate(chance.sample(rows(), 40)):
        for name, text in row["files"].items():
            file = tmp_path / str(number) / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(_spoilt(text, chance), encoding="utf-8", newline="")
        folder = tmp_path / str(number)
        profile_of(settled(folder), detect(folder, stacks.known()))


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
