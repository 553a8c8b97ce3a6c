"""What a repo's own files say is taken over by init, or named with the reason."""

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
from devpod_gen.profile.detect import Detection, detect
from devpod_gen.profile.existing import devcontainer
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing
from devpod_gen.profile.existing.settle import settle
from devpod_gen.profile.existing.sources import existing
from devpod_gen.profile.model import Profile

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
  "initializeCommand": "rm -rf ~",
  "postCreateCommand": "make deps",
  "postStartCommand": ["echo", "a b"],
  "onCreateCommand": {"Get tools": "make tools", "odd": 3,
    "gone": "cd ${containerWorkspaceFolder}"},
  "customizations": {
    "vscode": {
      "extensions": ["golang.go", "not an id"],
      "settings": {"editor.rulers": [80, 100], "a": null, "b": {"c": "d & e"}},
    },
    "codespaces": {},
  },
}
"""


def profile_of(was: tuple[Existing, ...], found: Detection, name: str = "x") -> Profile:
    """The profile that init would write; valid, or this raises."""
    text = starter(name, found, stacks.known(), was)
    profile = load.parse(text.encode(), "devpod.toml")
    self_check(bundle(resolve(profile, stacks.known(), folder_name=name)))
    return profile


def parse(text: str, source: str) -> Existing:
    document = devcontainer.document(text)
    if isinstance(document, str):
        return nothing(source, document)
    return devcontainer.said(document, source)


def settled(folder: Path) -> tuple[Existing, ...]:
    return settle(existing(folder), detect(folder, stacks.known()), stacks.known())


def test_one() -> None:
    was = parse(ONE, "devcontainer.json")
    assert was.extensions == ("golang.go",)
    assert was.settings == (("editor.rulers", [80, 100]), ("b", {"c": "d & e"}))
    assert [(port.port, port.label, port.publish) for port in was.ports] == [
        (3000, "web", False),
        (5432, None, False),
    ]
    assert was.env == (("LOG", "debug"),)
    assert [(hook.name, hook.parts) for hook in was.hooks] == [
        ("on-create", (("get-tools", "make tools"),)),
        ("create", (("", "make deps"),)),
        ("start", (("", ("echo", "a b")),)),
    ]
    assert [left.key for left in was.left_out] == [
        'features: "ghcr.example.com/f:1"',
        'extensions: "not an id"',
        'settings: "a"',
        'forwardPorts: "db:5432"',
        'containerEnv: "PATH"',
        'containerEnv: "TOKEN"',
        'onCreateCommand: "odd"',
        'onCreateCommand: "gone"',
        "image",
        "initializeCommand",
        'customizations: "codespaces"',
    ]
    assert LeftOut("initializeCommand", "commands on the host are never run") in was.left_out


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
        '{"features": [], "build": "x", "dockerComposeFile": 3, "postCreateCommand": 4}',
    ],
)
def test_nonsense_says_nothing(text: str, tmp_path: Path) -> None:
    was = parse(text, "x")
    assert (was.extensions, was.settings, was.ports, was.env) == ((), (), (), ())
    (tmp_path / ".devcontainer.json").write_text(text)
    profile_of(settled(tmp_path), detect(tmp_path, stacks.known()))


@pytest.mark.parametrize(
    ("features", "stack", "tools", "packages", "left"),
    [
        ({"ghcr.io/devcontainers/features/node:1": {"version": "20"}}, "node", "20", (), ""),
        ({"ghcr.io/devcontainers/features/go:1": "1.22"}, "go", "1.22", (), ""),
        ({"python": "latest"}, "python", None, (), ""),
        ({"ghcr.io/devcontainers/features/node:1": {"version": "lts"}}, "node", None, (), ""),
        ({"ghcr.io/devcontainers/features/node:1": {"version": "none"}}, None, None, (), "none"),
        ({"ghcr.io/devcontainers/features/ruby:1": {"x": 1}}, "ruby", None, (), "options"),
        ({"ghcr.io/devcontainers/features/node:1": {"version": "a\nb"}}, "node", None, (), "none"),
        ({"ghcr.io/devcontainers/features/github-cli:1": {}}, None, None, ("gh",), ""),
        ({"ghcr.io/devcontainers/features/git:1": {}}, None, None, (), ""),
        (
            {"ghcr.io/rocker-org/devcontainer-features/apt-packages:1": {"packages": "jq, x;y"}},
            None,
            None,
            ("jq",),
            "no package",
        ),
        ({"ghcr.io/devcontainers/features/docker-in-docker:2": {}}, None, None, (), "engine"),
        ({"./local": {}}, None, None, (), "no key"),
    ],
)
def test_features(
    features: dict[str, Any], stack: str | None, tools: str | None, packages: Any, left: str
) -> None:
    was = parse(json.dumps({"features": features}), "x")
    assert was.stacks == ((stack,) if stack else ())
    assert was.tools == (((stack, tools),) if tools else ())
    assert was.packages == packages
    assert [left in reason.reason for reason in was.left_out] == [True] * bool(left)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("make", None),
        ("", None),
        ([], None),
        (["a", "b c"], None),
        ("echo docker compose; ls .vscode", None),
        ("a && docker compose pull", "needs a container engine"),
        ("sudo chown -R vscode:vscode .", "is about a user of another image"),
        ("cp x /home/node/y", "is about a user of another image"),
        ("cd ${localWorkspaceFolder}", "holds a variable of the client's"),
        ("x" * 5000, "is too long, or odd"),
        ("a\x1b", "is too long, or odd"),
        (["a", 3], "is no command"),
        (3, "is no command"),
        ({"a": {"b": "c"}}, "is no command"),
    ],
)
def test_commands(command: object, reason: str | None) -> None:
    was = parse(json.dumps({"postCreateCommand": command}), "x")
    assert [left.reason for left in was.left_out] == [reason] * bool(reason)
    assert bool(was.hooks) is (not reason and bool(command))


def test_parts_of_a_command_keep_apart() -> None:
    many = {"A b": "1", "a-b": "2", "3": "4", "x" * 99: "5"}
    (hook,) = parse(json.dumps({"postCreateCommand": many}), "x").hooks
    assert [name for name, _ in hook.parts] == ["a-b", "a-b-2", "part", "x" * 20]


@pytest.mark.parametrize(
    ("image", "tools"),
    [
        ("mcr.microsoft.com/devcontainers/python:1-3.11-bookworm", (("python", "3.11"),)),
        ("mcr.microsoft.com/devcontainers/javascript-node:4", ()),
        ("mcr.microsoft.com/devcontainers/javascript-node:20", (("node", "20"),)),
        ("mcr.microsoft.com/vscode/devcontainers/go:0-1.19", (("go", "1.19"),)),
        ("node:18-alpine", (("node", "18"),)),
        ("node:latest", ()),
        ("example.com/node:18", ()),
        ("mcr.microsoft.com/devcontainers/base:bookworm", ()),
        (["node:18"], ()),
    ],
)
def test_an_image_states_a_version(image: object, tools: object) -> None:
    assert parse(json.dumps({"image": image}), "x").tools == tools


def test_the_first_says_it(make_repo: Make) -> None:
    """devcontainer.json, then the compose file, then .gitpod.yml: duplicates vanish."""
    repo = make_repo(
        {
            "go.mod": "go 1.22\n",
            ".devcontainer.json": '{"forwardPorts": [8080], "containerEnv": {"A": "1", "B": "1"},'
            ' "features": {"go": "1.19", "node": "20"}}',
            "compose.yaml": "services: {app: {build: ., ports: ['8080:8080', '9000:9000'],"
            " environment: {A: '1', B: '2', C: '3'}}}",
            ".gitpod.yml": "ports: [{port: 9000}, {port: 9001, name: admin}]",
        }
    )
    json_, compose, gitpod = settled(repo)
    assert [port.port for one in (json_, compose, gitpod) for port in one.ports] == [
        8080,
        9000,
        9001,
    ]
    assert (json_.env, compose.env) == ((("A", "1"), ("B", "1")), (("C", "3"),))
    assert LeftOut('env: "B"', ".devcontainer.json says otherwise") in compose.left_out
    assert LeftOut('tools: "go"', "go.mod#go says otherwise") in json_.left_out
    assert (json_.stacks, json_.tools) == (("node",), (("node", "20"),))
    profile = profile_of((json_, compose, gitpod), detect(repo, stacks.known()))
    assert profile.stacks == ("go", "node")
    assert dict(profile.tools) == {"go": ">=1.22", "node": "20"}
    assert [(x.port, x.label, x.publish) for x in profile.ports] == [
        (8080, None, False),
        (9000, None, None),
        (9001, "admin", False),
    ]


def test_a_tool_with_a_dot_in_its_name(make_repo: Make) -> None:
    repo = make_repo({".tool-versions": "a.b 1.2\n"})
    profile = profile_of(settled(repo), detect(repo, stacks.known()))
    assert profile.tools == (("a.b", "1.2"),)


def test_other_configurations_are_named(make_repo: Make) -> None:
    repo = make_repo(
        {
            ".devcontainer/b/devcontainer.json": '{"forwardPorts": [2]}',
            ".devcontainer/a/devcontainer.json": '{"forwardPorts": [1]}',
            ".devcontainer/Dockerfile": "FROM debian\nRUN apt-get install jq\n",
        }
    )
    a, b, dockerfile = settled(repo)
    assert [port.port for port in a.ports] == [1]
    assert b == nothing(
        ".devcontainer/b/devcontainer.json", "is another configuration: see --profile"
    )
    assert dockerfile.packages == ("jq",)


def test_init_takes_over_and_tells(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo(
        {".devcontainer.json": ONE, "Dockerfile": "FROM x\nRUN apt install libpq-dev\n"}
    )
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    first = "taken over from .devcontainer.json: 1 variable, 2 ports, 1 extension, 2 settings"
    assert first in ran.err
    assert "not taken over: .devcontainer.json: image (devpod-gen builds" in ran.err
    assert "taken over from Dockerfile: 1 suggested package" in ran.err
    assert (repo / ".devcontainer.json").read_text() == ONE
    assert '# ["libpq-dev"]' in (repo / "devpod.toml").read_text()
    emitted = json.loads((repo / ".devcontainer/devcontainer.json").read_text())
    assert emitted["forwardPorts"] == [3000, 5432]
    assert emitted["customizations"]["vscode"]["settings"]["b"] == {"c": "d & e"}


def test_init_tells_programs(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo(
        {
            ".devcontainer.json": '{"forwardPorts": [3000], "runArgs": []}',
            ".tool-versions": "shellcheck 0.10.0\n",
        }
    )
    ran = cli("init", "--json", "--dry-run", "-C", repo)
    assert json.loads(ran.out)["existing"] == [
        {
            "source": ".devcontainer.json",
            "taken": {"ports": [3000]},
            "left_out": [{"key": "runArgs", "reason": "no key of a profile says that"}],
        },
        {"source": ".tool-versions", "taken": {"tools": {"shellcheck": "0.10.0"}}, "left_out": []},
    ]


def test_our_own_is_not_taken_over(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo({"go.mod": "go 1.22\n"})
    cli("init", "-C", repo)
    ran = cli("init", "--force", "-C", repo)
    assert ran.code == 0
    assert "taken over" not in ran.err


def test_hooks_and_services_are_in_the_profile(make_repo: Make) -> None:
    repo = make_repo(
        {
            ".devcontainer.json": '{"postCreateCommand": "make", "postStartCommand": {"a": ["b"]}}',
            ".gitpod.yml": "tasks: [{init: other}]",
            "compose.yaml": "services: {db: {image: 'redis:7', depends_on: [x]}, x: {image: x}}",
        }
    )
    was = settled(repo)
    profile = profile_of(was, detect(repo, stacks.known()))
    assert [(hook.name, hook.parts) for hook in profile.hooks.all] == [
        ("create", (("", "make"),)),
        ("start", (("a", ("b",)),)),
    ]
    assert [(x.name, x.image, x.depends) for x in profile.services] == [
        ("db", "redis:7", ("x",)),
        ("x", "x", ()),
    ]
    assert LeftOut('hooks: "create"', ".devcontainer.json says otherwise") in was[-1].left_out


def _real() -> list[Any]:
    data = SHARED / "data" / "devcontainers.json"
    rows: list[Any] = json.loads(data.read_text(encoding="utf-8")) if data.exists() else []
    return rows


@pytest.mark.skipif(not _real(), reason="the shared data of real repos is not on this machine")
def test_real_ones(tmp_path: Path) -> None:
    """Each of 300 makes a profile that is valid and emits; each key is taken or named."""
    (tmp_path / "package.json").write_text('{"engines": {"node": ">=20"}, "dependencies": {}}')
    found = detect(tmp_path, stacks.known())
    for row in _real():
        was = parse(row["content"], row["path"])
        profile_of(settle((was,), found, stacks.known()), found)
        assert _all_named(row["content"], was), row["repo"]


def _all_named(text: str, was: Existing) -> bool:
    """Commands and features are what nobody may lose silently."""
    document = devcontainer.document(text)
    named = {left.key.partition(": ")[0] for left in was.left_out}
    if isinstance(document, str):
        return named == {was.source}
    return all(_known(key, value, named, was) for key, value in document.items())


def _known(key: str, value: Any, named: set[str], was: Existing) -> bool:
    hooks = {"onCreateCommand": "on-create", "postCreateCommand": "create"}
    hooks |= {"updateContentCommand": "update-content", "postStartCommand": "start"}
    if key in hooks and value:
        return key in named or hooks[key] in {hook.name for hook in was.hooks}
    if key == "features" and value:
        names = {name.rpartition("/")[2].partition(":")[0].partition("@")[0] for name in value}
        silent = names <= {"git", "common-utils"}  # the base image has them
        return key in named or silent or bool(was.stacks or was.packages)
    if key == "mounts" and value:
        left = [one for one in was.left_out if one.key.startswith("mounts: ")]
        return len(left) + len(was.mounts) == len(value)
    return key in named or key not in ("initializeCommand", "image", "runArgs")
