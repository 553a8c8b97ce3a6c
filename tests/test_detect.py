"""profile.detect: on made repos, and on real ones where the shared data is there."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import SHARED, Files
from devpod_gen.profile import stacks
from devpod_gen.profile.detect import Detection, FoundVersion, detect

Make = Callable[[Files], Path]


def found(repo: Path) -> Detection:
    return detect(repo, stacks.known())


def test_go_and_node_with_the_main_one_first(make_repo: Make) -> None:
    repo = make_repo(
        {
            "go.mod": "module x\n\ngo 1.22\n\ntoolchain go1.24.2\n",
            "package.json": '{"engines": {"node": "^20 || >=22"}}',
        }
    )
    answer = found(repo)
    assert [(stack.name, stack.primary) for stack in answer.stacks] == [
        ("go", True),
        ("node", False),
    ]
    assert answer.versions == (
        FoundVersion("go", "1.24.2", "pin", "go.mod#toolchain"),
        FoundVersion("node", "^20 || >=22", "range", "package.json#engines.node"),
    )


@pytest.mark.parametrize(
    ("files", "tool", "value", "kind", "source"),
    [
        ({"go.mod": "go 1.21\n", ".go-version": "1.23.1\n"}, "go", "1.23.1", "pin", ".go-version"),
        ({"go.mod": "go 1.21\n"}, "go", "1.21", "floor", "go.mod#go"),
        ({"package.json": "{}", ".nvmrc": "v22.1.0\n"}, "node", "22.1.0", "pin", ".nvmrc"),
        (
            {"package.json": '{"volta": {"node": "18.2.0"}, "engines": {"node": ">=16"}}'},
            "node",
            "18.2.0",
            "pin",
            "package.json#volta.node",
        ),
        (
            {"package.json": "{}", ".tool-versions": "nodejs 20.1.0\n"},
            "node",
            "20.1.0",
            "pin",
            ".tool-versions",
        ),
        (
            {"pyproject.toml": "[project]\nrequires-python = '>=3.11'\n"},
            "python",
            ">=3.11",
            "range",
            "pyproject.toml#project.requires-python",
        ),
        (
            {"pyproject.toml": "", ".python-version": "3.12\n"},
            "python",
            "3.12",
            "pin",
            ".python-version",
        ),
        (
            {"setup.py": 'setup(python_requires=">=3.9")'},
            "python",
            ">=3.9",
            "range",
            "setup.py#python_requires",
        ),
    ],
)
def test_versions(
    make_repo: Make, files: Files, tool: str, value: str, kind: str, source: str
) -> None:
    (version,) = found(make_repo(files)).versions
    assert (version.tool, version.value, version.kind, version.source) == (
        tool,
        value,
        kind,
        source,
    )


@pytest.mark.parametrize(
    "files",
    [
        {"package.json": "{ not json", ".nvmrc": "lts/iron\n"},
        {"package.json": "[]"},
        {"package.json": '{"engines": "20"}'},
        {"package.json": "[" * 100_000},
        {"package.json": '{"engines": {"node": ["20"]}}'},
    ],
)
def test_a_broken_file_says_nothing(make_repo: Make, files: Files) -> None:
    answer = found(make_repo(files))
    assert [stack.name for stack in answer.stacks] == ["node"]
    assert answer.versions == ()


def test_nothing_is_an_answer(make_repo: Make) -> None:
    assert found(make_repo({"README.md": "", "samples/go.mod": "go 1.22\n"})) == Detection((), ())


def test_sources_without_a_marker(make_repo: Make) -> None:
    answer = found(make_repo({"main.go": "package main\n"}))
    assert [(stack.name, stack.evidence) for stack in answer.stacks] == [("go", "main.go")]


def _real() -> list[Any]:
    data = SHARED / "data" / "detect.json"
    if not data.exists():
        return []
    rows: list[Any] = json.loads(data.read_text(encoding="utf-8"))
    ours = {stack.name for stack in stacks.known()}
    return [row for row in rows if set(row["expect"]["stack"]) & ours]


@pytest.mark.skipif(not _real(), reason="the shared data of real repos is not on this machine")
def test_real_repos(tmp_path: Path) -> None:
    """The main stack of every one whose main stack we have, and the version it states."""
    wrong = []
    for index, row in enumerate(_real()):
        repo = tmp_path / str(index)
        repo.mkdir()
        for name in row["root"]:
            if name.endswith("/"):
                (repo / name).mkdir()
            else:
                (repo / name).write_text(row["files"].get(name) or "", encoding="utf-8")
        answer, expect = found(repo), row["expect"]
        ours = {stack.name for stack in stacks.known()}
        main = [stack.name for stack in answer.stacks if stack.primary]
        if expect["stack"][0] in ours and main != expect["stack"][:1]:
            wrong.append(f"{row['repo']}: {main}, not {expect['stack']}")
        versions = {version.tool: version for version in answer.versions}
        for tool, truth in expect["version_sources"].items():
            if tool in ours:
                got = versions.get(tool)
                if got is None or (got.value, got.kind, got.source) != tuple(truth.values()):
                    wrong.append(f"{row['repo']}: {tool} {got}, not {truth}")
    assert not wrong
