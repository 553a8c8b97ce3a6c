"""profile.existing.gitpod and tools: extensions, ports, tasks; tools and versions."""

import pytest

from devpod_gen.profile.existing import gitpod, tools
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing
from devpod_gen.profile.hook import Hook

ONE = """
image: node:20
ports:
  - 8000
  - {port: 3000, name: web, onOpen: open-preview, visibility: public}
  - port: 5000-5010
tasks:
  - name: app
    before: make before
    init: |
      make deps
      make db
    command: make serve
  - init: npm ci
  - init: gp sync-await deps && make
  - {command: htop, env: {A: b}}
vscode:
  extensions: [golang.go, fwcd.kotlin@0.2.18:opROidxv3z==, nonsense]
github: {prebuilds: {master: true}}
"""


def parse(text: str, source: str) -> Existing:
    document = gitpod.document(text)
    return nothing(source, document) if isinstance(document, str) else gitpod.said(document, source)


def test_gitpod() -> None:
    said = parse(ONE, "x")
    assert (said.stacks, said.tools) == (("node",), (("node", "20"),))
    assert [(port.port, port.label, port.publish) for port in said.ports] == [
        (8000, None, False),
        (3000, "web", False),
    ]
    assert said.extensions == ("golang.go", "fwcd.kotlin")
    first = "{\nmake before\n} && {\nmake deps\nmake db\n}"
    assert said.hooks == (Hook("create", (("task-1", first), ("task-2", "npm ci"))),)
    assert [left.key for left in said.left_out] == [
        'ports: "5000-5010"',
        'extensions: "nonsense"',
        "task 1: command",
        "task 3: init",
        "task 4: command",
        "task 4: env",
        "github",
        "image",
    ]


def test_one_task_is_a_command() -> None:
    assert parse("tasks: [{init: make}]", "x").hooks == (Hook("create", (("", "make"),)),)


@pytest.mark.parametrize(
    "text", ["", "[]", "x", "tasks: 3\nports: {}\nvscode: []", "tasks: [3, [], null]", "{1: 2}"]
)
def test_nonsense(text: str) -> None:
    said = parse(text, "x")
    assert (said.hooks, said.ports, said.extensions) == ((), (), ())


def test_mise() -> None:
    text = """
min_version = "2024"
[tools]
node = "20"
python = ["3.12", "3.11"]
golang = {version = "1.22"}
"npm:prettier" = "3"
jq = "latest"
[env]
A = "b"
N = 3
_.file = ".env"
[tasks.x]
run = "x"
"""
    said = tools.mise(text, "mise.toml")
    assert said.tools == (("node", "20"), ("python", "3.12"), ("go", "1.22"))
    assert said.env == (("A", "b"), ("N", "3"))
    assert [left.key for left in said.left_out] == [
        "min_version",
        "tasks",
        'tools: "python"',
        'tools: "npm:prettier"',
        'tools: "jq"',
        'env: "_"',
    ]


def test_tool_versions() -> None:
    text = "nodejs 20.1.0 18.0.0 # x\n\n# c\nterraform 1.5\njava temurin-17\nBad! 1\nempty\n"
    said = tools.tool_versions(text, ".tool-versions")
    assert said.tools == (("node", "20.1.0"), ("terraform", "1.5"))
    assert [left.key for left in said.left_out] == ['"nodejs"', '"java"', '"Bad!"', '"empty"']
    assert said.left_out[-1] == LeftOut(
        '"empty"', "nothing is no version (1.24) and no range (>=1.22)"
    )


@pytest.mark.parametrize("text", ["[", "tools = 3", "x = " + "[" * 5000, "[tools]\na = []"])
def test_broken_toml(text: str) -> None:
    assert tools.mise(text, "x").tools == ()


def test_a_file_that_is_no_toml_is_named() -> None:
    said = tools.mise("[", "x")
    assert said == nothing("x", said.left_out[0].reason)
    assert said.left_out[0].reason.startswith("cannot be parsed: ")


def test_empty_files() -> None:
    assert tools.tool_versions("", "x") == tools.mise("", "x") == Existing("x")
