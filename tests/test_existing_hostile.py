"""Files that were written to do harm: each is named and left, quickly, and nothing runs."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Files, Ran, tree
from devpod_gen.profile import stacks
from devpod_gen.profile.detect import detect
from devpod_gen.profile.existing import markup
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import LeftOut
from devpod_gen.profile.existing.sources import existing
from test_existing import profile_of, settled

Make = Callable[[Files], Path]

NAMES = (
    ".devcontainer.json",
    ".devcontainer/Dockerfile",
    "compose.yaml",
    "Dockerfile",
    ".gitpod.yml",
    "mise.toml",
    ".tool-versions",
)
BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 9)
)
MERGES = "m0: &m0 {a: b}\n" + "".join(
    f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 20)}], k{i}: v}}\n" for i in range(1, 20)
)
TEXTS = {
    "deep-flow": "[" * 60_000,
    "deep-lines": "[\n" * 30_000,
    "deep-tables": '{"a":' * 10_000,
    "deep-settings": '{"customizations": {"vscode": {"settings": '
    + '{"a":' * 900
    + "1"
    + "}" * 903,
    "deep-block": "\n".join(" " * i + "a:" for i in range(340)),
    "deep-lists": "- " * 8_000 + "x",
    "bomb": BOMB,
    "merges": MERGES,
    "self": "a: &a [*a]\nservices: &s {x: *s}\n",
    "many-aliases": "a: &a x\nb: [" + "*a, " * 5_000 + "]\n",
    "python-tag": "services: !!python/object/apply:os.system ['touch pwned']\n",
    "own-tag": "services: !include /etc/passwd\n",
    "long-line": "x" * 60_000,
    "long-lines": ("a" * 16_000 + "\n") * 4,
    "many-lines": "a\n" * 32_000,
    "keys": "".join(f"k{i}: v\n" for i in range(6_000)),
    "colons": ":" * 16_000,
    "dashes": "-" * 16_000 + "\n" + "---\n" * 1_000,
    "quotes": "\"'" * 8_000,
    "backslashes": "FROM a\nRUN " + "\\\n" * 16_000,
    "dollars": "FROM a\nRUN apt-get install " + "$(" * 7_000 + "\nENV A=" + "$" * 15_000,
    "parens": "FROM a\nRUN " + "(" * 15_000,
    "heredocs": "FROM a\nRUN " + "<<A " * 3_900 + "\n" + "x\n" * 1_000,
    "froms": "".join(f"FROM s{i + 1} AS s{i}\n" for i in range(3_000)),
    "comments": "/*" * 8_000 + "{" + "//" * 1_000,
    "nul": "services:\0 {}\n",
    "bom": "\ufeff\ufeff{}",
    "numbers": f"ports: [{'9' * 5_000}]\nforwardPorts: [1e999]\n",
    "dates": "services: {x: {image: 2001-01-01}}\na = 2001-01-01\n",
    "escapes": 'services: {x: {image: "a\\x1b[31m\\n"}}\n\x1b]0;x\x07',
    "bidi": 'services: {x: {image: redis, environment: {A: "\u202e"}}}\n',
    "crlf": "services:\r\n  x:\r\n    image: redis\r\n",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_each_text_in_each_file(text: str, make_repo: Make) -> None:
    """Whatever a file holds, the profile is valid, and there soon."""
    repo = make_repo({})
    for name in NAMES:
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).write_bytes(text.encode())
    before = tree(repo)
    start = time.process_time()
    was = settled(repo)
    assert time.process_time() - start < 10
    assert {one.source for one in was} == set(NAMES)
    assert all(one.left_out for one in was if len(text) > 64 * 1024)
    profile_of(was, detect(repo, stacks.known()))
    assert tree(repo) == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (TEXTS["deep-lines"], "is nested more than 40 levels deep"),
        (TEXTS["deep-block"], "is nested more than 40 levels deep"),
        (TEXTS["bomb"], "its aliases make it too large"),
        (TEXTS["merges"], "its aliases make it too large"),
        (TEXTS["self"], "its aliases make it too large"),
        (TEXTS["many-aliases"], "its aliases make it too large"),
        (TEXTS["python-tag"], "holds the tag tag:yaml.org,2002:python/object/apply:os.system"),
        (TEXTS["own-tag"], "holds the tag !include: tags are not followed"),
        ("a: 'b", "cannot be parsed: found unexpected end of stream (line 1)"),
        ("a: b\n---\nc: d", "cannot be parsed: but found another document (line 2)"),
        ("a: \x1b", "cannot be parsed: unacceptable character #x001b"),
        ("a: !!int x", "cannot be parsed: ValueError"),
        ("{a: b}: c", "cannot be parsed: found unhashable key (line 1)"),
    ],
)
def test_yaml_is_refused(text: str, reason: str) -> None:
    with pytest.raises(UnreadError) as caught:
        markup.load(text)
    assert str(caught.value).startswith(reason)


def test_yaml_is_that_of_compose() -> None:
    text = "{a: yes, b: on, c: 22:22, d: 1.10, e: 010, f: true, g: ~, h: 3, i: 2001-01-01, j: 0x1}"
    assert markup.load(text) == {
        "a": "yes",
        "b": "on",
        "c": "22:22",
        "d": "1.10",
        "e": "010",
        "f": True,
        "g": None,
        "h": 3,
        "i": "2001-01-01",
        "j": "0x1",
    }
    assert markup.load("a: &a {x: y}\nb: {<<: *a, z: *a}") == {
        "a": {"x": "y"},
        "b": {"x": "y", "z": {"x": "y"}},
    }


def test_files_that_are_none(tmp_path: Path) -> None:
    """Links out of the repo, pipes, folders, bytes, and what is too large are not read."""
    outside = tmp_path / "outside"
    outside.write_text("services: {x: {image: redis, environment: {A: secret}}}")
    repo = tmp_path / "repo"
    (repo / ".devcontainer").mkdir(parents=True)
    (repo / "compose.yaml").symlink_to(outside)
    os.mkfifo(repo / ".gitpod.yml")
    (repo / "mise.toml").mkdir()
    (repo / ".tool-versions").write_bytes(b"\xff\xfe")
    (repo / "Dockerfile").write_text("FROM a\n# " + ("x" * 1000 + "\n") * 70)
    (repo / ".devcontainer.json").write_text(
        '{"dockerComposeFile": ["../outside", "/etc/hostname", "loop", "gone", 3, "a\\u0000b",'
        ' ".devcontainer"], "service": []}'
    )
    (repo / "loop").symlink_to("loop")
    named = {one.source: one.left_out for one in existing(repo) if one.left_out}
    reasons = {source: left[0].reason for source, left in named.items()}
    assert reasons == {
        "../outside": "leads out of the repo",
        "/etc/hostname": "leads out of the repo",
        "loop": reasons["loop"],
        "gone": "is not there",
        "3": "is not there",
        "a\0b": reasons["a\0b"],
        ".devcontainer": "is no file",
        "compose.yaml": "leads out of the repo",
        ".tool-versions": "is not UTF-8: byte 0",
        "Dockerfile": "is larger than 64 KiB",
    }


def test_a_large_one_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".devcontainer.json").write_text(("//" + "x" * 7_000 + "\n") * 10 + "{}")
    (was,) = existing(tmp_path)
    assert was.left_out == (LeftOut(".devcontainer.json", "is larger than 64 KiB"),)


def test_what_is_said_stays_smaller_than_a_profile(make_repo: Make) -> None:
    """Several files, each as large as may be, make no profile that is too large to read."""
    lots = "".join(f"K{i}: '{'v' * 1000}'\n      " for i in range(55))
    compose = f"services:\n  app:\n    build: .\n    environment:\n      {lots}\n"
    env = "".join(f"ENV E{i} {'w' * 1000}\n" for i in range(60))
    repo = make_repo(
        {
            ".devcontainer.json": '{"build": {"dockerfile": "D"}}',
            "D": f"FROM a\n{env}",
            "compose.yaml": compose,
            "mise.toml": "[env]\n" + "".join(f'M{i} = "{"m" * 1000}"\n' for i in range(60)),
        }
    )
    was = settled(repo)
    assert was[-1].left_out[-1].reason == "is left: the files before it say much already"
    profile_of(was, detect(repo, stacks.known()))


def test_services_that_need_each_other(make_repo: Make) -> None:
    repo = make_repo(
        {
            "compose.yaml": "services: {a: {image: x, depends_on: [b]},"
            " b: {image: x, depends_on: [c]}, c: {image: x, depends_on: [a, c]}}"
        }
    )
    profile_of(settled(repo), detect(repo, stacks.known()))


def test_nothing_drives_the_terminal(make_repo: Make, cli: Callable[..., Ran]) -> None:
    repo = make_repo(
        {
            "compose.yaml": 'services: {"\\e[31mx": {image: x}, y: {build: ., "\\e": 1}}',
            ".gitpod.yml": '"\\e[0m": 1\nvscode: {extensions: ["\\e"]}',
            "Dockerfile": "\x1b[31m x\n",
            ".tool-versions": "\x1b[31m 1\n",
        }
    )
    ran = cli("init", "--dry-run", "-C", repo)
    assert ran.code == 0
    assert "\x1b" not in ran.out + ran.err
