"""`generate --merge`: the user's lines stay, what is new comes, and nothing of either is lost."""

import itertools
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conftest import COMMAND, Ran, docker, need, tree
from devpod_gen.cli.console import Console
from devpod_gen.cli.locked import write_lock
from devpod_gen.cli.options import Repo, plan_of
from devpod_gen.emit.file import bytes_of, is_merged, is_untouched, merged, text_of, unmerged
from devpod_gen.emit.threeway import LONGEST, merge
from devpod_gen.errors import NotOurs
from devpod_gen.plan.lock import LockedImage

Make = Callable[..., Path]
Cli = Callable[..., Ran]
Edit = Callable[..., None]

PROFILE = 'name = "shop"\n[ide.vscode]\nextensions = ["golang.go"]\n'
JSON, YAML = ".devcontainer/devcontainer.json", ".devcontainer/compose.yaml"
SETTING = ('"golang.go"\n      ]\n', '"golang.go"\n      ],\n      "settings": {"a": 3} // mine\n')
VARIABLE = (
    '      "DEVPOD_NAME": "shop"\n',
    '      "DEVPOD_NAME": "shop"\n      "MINE": "1" # why\n',
)


DEEP = '{ "customizations": ' + '{"a":' * 200 + "1" + "}" * 200 + ",\n"
SIDECAR = """  db:
    image: "postgres:17"
    pull_policy: missing
    security_opt: ["no-new-privileges:true"]
    cap_drop: ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SETPCAP"]
    labels: {}
"""


@pytest.fixture
def repo(make_repo: Make, cli: Cli) -> Path:
    made = make_repo({"devpod.toml": PROFILE})
    assert cli("generate", "-C", made).code == 0
    return made


def edit(path: Path, change: tuple[str, str]) -> None:
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change))


def more(repo: Path, text: str) -> None:
    with (repo / "devpod.toml").open("a") as file:
        file.write(text)


def texts(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


FEW = st.lists(st.sampled_from(["a", "b", "}", "  },", "x"]), max_size=12)


@settings(max_examples=1000, deadline=None)
@given(FEW, FEW, FEW)
def test_a_merge_of_lines_that_repeat(base: list[str], one: list[str], two: list[str]) -> None:
    was, theirs, ours = map(texts, (base, one, two))
    assert merge(was, theirs, was) == (theirs, ())
    assert merge(was, was, ours) == (ours, ())
    assert merge(was, theirs, theirs) == (theirs, ())  # the same edit twice is there once
    text, conflicts = merge(was, theirs, ours)
    other, mirrored = merge(was, ours, theirs)
    assert len(conflicts) == len(mirrored)
    if not conflicts:
        assert text == other
        assert merge(ours, text, ours) == (text, ())  # and again: nothing is new
    for one_of in conflicts:
        start = one_of.line - 1
        assert tuple(theirs.splitlines(True)[start : start + len(one_of.theirs)]) == one_of.theirs


@st.composite
def apart(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """A text of different lines, and edits of two sides that no line of it has in common."""
    base = [f"line {number}" for number in range(draw(st.integers(3, 40)))]
    sides: tuple[list[str], list[str]] = ([], [])
    free = True
    for number, line in enumerate(base):
        side = draw(st.sampled_from([None, None, 0, 1])) if free else None
        kind = draw(st.sampled_from(["before", "instead", "gone"]))
        for which in (0, 1):
            if side == which:
                sides[which].extend([] if kind == "gone" else [f"{which} new at {number}"])
                sides[which].extend([line] if kind == "before" else [])
            else:
                sides[which].append(line)
        free = side is None  # a line between two edits
    return base, *sides


@settings(max_examples=1000, deadline=None)
@given(apart())
def test_edits_that_do_not_touch(made: tuple[list[str], list[str], list[str]]) -> None:
    """All that either has put in is there, once and in its order; all that either has taken out
    is not; all else is."""
    base, theirs, ours = made
    text, conflicts = merge(*map(texts, made))
    lines = text.splitlines()
    assert conflicts == ()
    assert len(lines) == len(set(lines))
    new = {*theirs, *ours} - {*base}
    gone = {*base} - ({*theirs} & {*ours})
    assert {*lines} == ({*base} | new) - gone
    for side in made:
        kept = [line for line in side if line in lines]
        assert kept == [line for line in lines if line in kept]


def test_touching_replacements_are_both_done() -> None:
    """A comma that one side has put behind a line, and a bracket that the other has changed."""
    assert merge("a\nb\n", "A\nb\n", "a\nB\n") == ("A\nB\n", ())
    assert merge("a\nb\n", "a\nx\nb\n", "a\nB\n")[1]  # an insertion there could belong to either


ANY = st.text(alphabet="ab\"'{}:#$\r\t é\udc80", max_size=20)


@settings(max_examples=1000, deadline=None)
@given(st.lists(ANY, max_size=6), st.sampled_from(["# {}\n", "<!-- {} -->\n", '      "{}",\n']))
def test_the_mark_of_a_merge(lines: list[str], form: str) -> None:
    stamp = form.format(
        f"content sha256:{'a' * 64}".replace(" sha", '": "sha' if '"' in form else " sha")
    )
    text = texts(lines) + stamp + texts(lines)
    once = merged(text)
    assert is_merged(once)
    assert unmerged(once) == text
    assert merged(once) == once
    assert not is_merged(text)
    assert not is_merged(once + "x\n")
    assert not is_untouched(once)


@settings(max_examples=1000, deadline=None)
@given(
    st.binary(max_size=60) | st.lists(st.sampled_from([b"a", b"\r\n", b"\n", b"\r"])).map(b"".join)
)
def test_any_bytes_are_a_text_and_back(content: bytes) -> None:
    text, windows = text_of(content)
    assert bytes_of(text, windows=windows) == content


def test_a_new_user(repo: Path, cli: Cli) -> None:
    edit(repo / JSON, SETTING)
    mine = (repo / JSON).read_bytes()
    more(repo, '[env]\nA = "1"\n')
    before = tree(repo)
    ran = cli("generate", "-C", repo)
    assert ran.code == 2
    assert "--merge` keeps your lines" in ran.err
    dry = cli("generate", "--merge", "--diff", "-C", repo)
    assert dry.code == 0
    assert '+      "A": "1"' in dry.out
    assert "settings" not in "".join(x for x in dry.out.splitlines(True) if x[0] in "+-")
    assert tree(repo) == before

    ran = cli("generate", "--merge", "-C", repo)
    assert (ran.code, ran.out) == (0, "")
    assert f"merged {JSON}\n" in ran.err
    assert SETTING[1] in (repo / JSON).read_text()
    assert '"A": "1"' in (repo / YAML).read_text()
    assert (repo / f"{JSON}.bak").read_bytes() == mine
    after = tree(repo)
    check = cli("generate", "--check", "--json", "-C", repo)
    assert check.code == 0
    states = {one["path"]: one["state"] for one in json.loads(check.out)["files"]}
    assert states[JSON] == "up to date, with lines of your own"
    assert states[YAML] == "unchanged"
    for options in ((), ("--merge",)):
        ran = cli("generate", *options, "-C", repo)
        assert ran.code == 0
        assert f"with lines of your own: {JSON}" in ran.out
        assert tree(repo) == after

    more(repo, 'B = "2"\n')  # and the next time
    assert cli("generate", "--check", "-C", repo).code == 1
    assert cli("generate", "-C", repo).code == 2
    ran = cli("generate", "--merge", "--json", "-C", repo)
    assert json.loads(ran.out)["merged"] == [JSON]
    assert SETTING[1] in (repo / JSON).read_text()
    assert '"B": "2"' in (repo / YAML).read_text()
    assert (repo / f"{JSON}.bak").read_bytes() == mine
    assert (repo / f"{JSON}.bak2").read_bytes() == after[JSON]

    assert cli("generate", "--force", "-C", repo).code == 0  # the way back
    assert SETTING[1] not in (repo / JSON).read_text()
    assert is_untouched((repo / JSON).read_text())
    assert SETTING[1] in (repo / f"{JSON}.bak3").read_text()


def test_an_edit_after_a_merge_is_an_edit(repo: Path, cli: Cli) -> None:
    edit(repo / JSON, SETTING)
    assert cli("generate", "--merge", "-C", repo).code == 0
    edit(repo / JSON, ('{"a": 3}', '{"a": 4}'))
    assert cli("generate", "--check", "-C", repo).code == 1
    assert cli("generate", "-C", repo).code == 2
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert '{"a": 4} // mine' in (repo / JSON).read_text()


def test_a_conflict_writes_nothing(repo: Path, cli: Cli) -> None:
    edit(repo / JSON, ('"golang.go"', '"mine.mine"'))
    edit(repo / YAML, VARIABLE)
    (repo / "devpod.toml").write_text(PROFILE.replace("golang.go", "golang.other"))
    before = tree(repo)
    line = (repo / JSON).read_text().splitlines().index('        "mine.mine"') + 1
    ran = cli("generate", "--merge", "-C", repo)
    assert ran.code == 1
    assert f'{JSON}:{line}: yours: "\\"mine.mine\\""; generated: "\\"golang.other\\""' in ran.err
    assert '<<<<<<< yours\n        "mine.mine"\n=======\n        "golang.other"\n>>>>>>>' in ran.err
    assert ran.err.splitlines()[-1].startswith("  fix: edit devpod.toml")
    assert tree(repo) == before
    error = json.loads(cli("generate", "--merge", "--json", "-C", repo).out)["error"]
    assert (error["kind"], error["findings"][0]["where"]) == ("conflict", f"{JSON}:{line}")
    assert "=======" in error["detail"]


def test_what_the_profile_says_now_as_well_is_there_once(repo: Path, cli: Cli) -> None:
    edit(repo / JSON, ('"golang.go"\n', '"golang.go",\n          "a.b"\n'))
    edit(repo / JSON, ('          "a.b"', '        "a.b"'))
    (repo / "devpod.toml").write_text(PROFILE.replace('"golang.go"', '"golang.go", "a.b"'))
    assert cli("generate", "--merge", "-C", repo).code == 0
    text = (repo / JSON).read_text()
    assert text.count("a.b") == 1
    assert is_untouched(text)  # nothing is left that is the user's alone


def test_a_clone_elsewhere_knows_what_it_was(
    repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another machine: no state. As long as the profile is what it was, no state is needed."""
    edit(repo / JSON, SETTING)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    more(repo, '[env]\nA = "1"\n')
    before = tree(repo)
    ran = cli("generate", "--merge", "-C", repo)
    assert ran.code == 2
    assert "is not known on this machine" in ran.err
    assert "git stash push devpod.toml" in ran.err
    assert tree(repo) == before

    now = (repo / "devpod.toml").read_text()  # what the message says
    (repo / "devpod.toml").write_text(PROFILE)
    assert cli("generate", "--merge", "-C", repo).code == 0
    (repo / "devpod.toml").write_text(now)
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert SETTING[1] in (repo / JSON).read_text()
    assert '"A": "1"' in (repo / YAML).read_text()


def test_looking_is_enough_to_know_later(
    repo: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A fresh clone of files that are up to date: `generate` has nothing to do."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cli("generate", "-C", repo).out.startswith("nothing to do")
    (kept,) = (tmp_path / "elsewhere/devpod-gen/generated").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    edit(repo / JSON, SETTING)
    more(repo, '[env]\nA = "1"\n')
    assert cli("generate", "--merge", "-C", repo).code == 0


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"v": 1, "root": 1, "texts": {"x": 3}}', "\xff"])
def test_what_is_kept_may_be_broken(text: str, repo: Path, cli: Cli) -> None:
    (kept,) = (Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen/generated").iterdir()
    kept.write_text(text)
    edit(repo / JSON, SETTING)
    more(repo, '[env]\nA = "1"\n')
    assert cli("generate", "--merge", "-C", repo).code == 2


def test_what_is_kept_is_bounded(repo: Path, cli: Cli) -> None:
    (kept,) = (Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen/generated").iterdir()
    for number in range(20):
        (repo / "devpod.toml").write_text(f'{PROFILE}[env]\nA = "{number}"\n')
        assert cli("generate", "-C", repo).code == 0
    held = json.loads(kept.read_text())["texts"]
    assert {len(one) for one in held.values()} == {8}
    huge = "".join(f'V{number} = "{"x" * 30_000}"\n' for number in range(8))
    for number in range(20):
        (repo / "devpod.toml").write_text(f'{PROFILE}[env]\nA = "{number}"\n{huge}')
        assert cli("generate", "-C", repo).code == 0
    assert kept.stat().st_size <= 4 * 1024 * 1024
    edit(repo / JSON, SETTING)
    (repo / "devpod.toml").write_text(PROFILE)
    assert cli("generate", "--merge", "-C", repo).code == 0


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (JSON, ('"service"', '"initializeCommand": "id",\n  "service"'), "initializeCommand"),
        (JSON, ('"service"', '"features": {},\n  "service"'), "features"),
        (JSON, ('"service"', '"mounts": ["/:/x"],\n  "service"'), "mounts"),
        (JSON, ('"golang.go"', '"${localEnv:AWS_KEY}"'), "${localEnv…}"),
        (JSON, ('"golang.go"', '"golang.go'), "cannot be parsed"),
        (JSON, ('"service": "dev"', '"service": "other"'), "service"),
        (JSON, ("{\n", '{ // x\r"initializeCommand": "id", //\n'), "carriage return"),
        (JSON, ("{\n", '{ // x\u2028"initializeCommand": "id", //\n'), "U+2028"),
        (JSON, ("{\n", "{ // \u202e\n"), "U+202E"),
        (JSON, ("{\n", '{ "service": "x",\n'), '"service" twice'),
        (JSON, ("{\n", '{ "customizations": {"a": NaN},\n'), "cannot be parsed"),
        (JSON, ("{\n", DEEP), "cannot be parsed"),
        (YAML, ("    init: true\n", "    init: true # \u202e\n"), "U+202E"),
        (YAML, ("    init: true\n", "    init: true # x\r    privileged: true\n"), "carriage"),
        (YAML, ("    init: true\n", "    init: true\n    init: true\n"), '"init" twice'),
        (YAML, ("    init: true\n", "    init: true\n    privileged: true\n"), "privileged"),
        (YAML, ("    init: true\n", "    init: true\n    build: .\n"), "build"),
        (YAML, ('cap_drop: ["ALL"]', "cap_drop: []"), "cap_drop"),
        (YAML, ('source: ".."', 'source: "../.."'), "of the host"),
        (YAML, ('source: ".."', 'source: "/"'), "source"),
        (YAML, (VARIABLE[0], f'{VARIABLE[0]}      "A": "${{AWS_KEY}}"\n'), "${AWS_KEY}"),
        (YAML, (VARIABLE[0], f'{VARIABLE[0]}      "A": "$AWS_KEY"\n'), "$AWS_KEY"),
        (YAML, ("devpod-gen.user:", 'devpod-gen.id: "x"\n      devpod-gen.user:'), "devpod-gen.id"),
        (YAML, ('devpod-gen.user: "dev"', 'devpod-gen.user: "root"'), "devpod-gen.user"),
        (YAML, ('"DEVPOD_USER": "dev"', '"DEVPOD_USER": "root"'), "DEVPOD_USER"),
        (YAML, (VARIABLE[0], f'{VARIABLE[0]}      "DEVPOD_CLONE": "u"\n'), "DEVPOD_CLONE"),
        (YAML, ("    labels:\n", "    labels: &x\n      <<: *x\n"), "aliases"),
        (YAML, ("    init: true\n", f"    init: {'[' * 90}{']' * 90}\n"), "levels deep"),
        (YAML, ("    init: true\n", "    init: !!python/name:os.system x\n"), "tag"),
    ],
)
def test_what_may_not_be_is_refused(
    name: str, change: tuple[str, str], told: str, repo: Path, cli: Cli
) -> None:
    """By a merge; and where somebody has put the right hash to it, by all that look at files."""
    edit(repo / name, change)
    before = tree(repo)
    ran = cli("generate", "--merge", "-C", repo)
    assert ran.code == 2, ran.out
    assert told in ran.err
    assert tree(repo) == before

    (repo / name).write_bytes(merged((repo / name).read_bytes().decode()).encode())
    for command in (("generate", "--check"), ("up",), ("verify",)):
        ran = cli(*command, "-C", repo)
        assert ran.code in (1, 2)
        assert told in ran.err
        assert "edited since it was generated" in ran.err
        assert "`devpod-gen generate --merge`" in ran.err


def test_a_foreign_file_is_not_merged(repo: Path, cli: Cli) -> None:
    edit(repo / JSON, SETTING)
    (repo / YAML).write_text("services: {}\n")
    before = tree(repo)
    ran = cli("generate", "--merge", "-C", repo)
    assert ran.code == 2
    assert f"{YAML} (not written by devpod-gen)" in ran.err
    assert "--merge" not in ran.err
    assert tree(repo) == before


def test_what_is_no_text_or_too_long(repo: Path, cli: Cli) -> None:
    text = (repo / JSON).read_bytes()
    for more_bytes, told in ((b"\xff\n", "not UTF-8"), (b"\n" * (LONGEST + 1), "too large")):
        (repo / JSON).write_bytes(text + more_bytes)
        ran = cli("generate", "--merge", "-C", repo)
        assert ran.code == 2
        assert told in ran.err
        assert (repo / JSON).read_bytes() == text + more_bytes


def test_lines_that_end_as_on_windows(repo: Path, cli: Cli) -> None:
    """git checks text out so, where it is told to: no edit. An edit of such a file is merged,
    and its lines end as they did."""
    for name in (JSON, YAML, ".devcontainer/.gitignore", ".devcontainer/gateway/links.html"):
        (repo / name).write_bytes((repo / name).read_bytes().replace(b"\n", b"\r\n"))
    before = tree(repo)
    assert cli("generate", "--check", "-C", repo).code == 0
    assert cli("generate", "-C", repo).out.startswith("nothing to do")
    assert tree(repo) == before

    text = (repo / JSON).read_bytes()
    new = SETTING[1].replace("\n", "\r\n").encode()
    (repo / JSON).write_bytes(text.replace(SETTING[0].replace("\n", "\r\n").encode(), new))
    more(repo, '[env]\nA = "1"\n')
    assert cli("generate", "--merge", "-C", repo).code == 0
    found = (repo / JSON).read_bytes()
    assert new in found
    assert found.count(b"\n") == found.count(b"\r\n")
    assert cli("generate", "--check", "-C", repo).code == 0
    assert b"\r" not in (repo / YAML).read_bytes()


def test_a_byte_order_mark_goes(repo: Path, cli: Cli) -> None:
    text = (repo / JSON).read_bytes()
    (repo / JSON).write_bytes(b"\xef\xbb\xbf" + text)
    assert cli("generate", "-C", repo).code == 2  # clients read it or they do not
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert (repo / JSON).read_bytes() == text


@pytest.mark.parametrize(
    "options",
    [
        ("--merge", "--force"),
        ("--merge", "--check"),
        ("--merge", "--check", "--diff"),
        ("--check", "--force"),
        ("--diff", "--force"),
    ],
)
def test_options_that_contradict(options: tuple[str, ...], repo: Path, cli: Cli) -> None:
    before = tree(repo)
    ran = cli("generate", *options, "--json", "-C", repo)
    assert (ran.code, json.loads(ran.out)["error"]["kind"]) == (2, "usage")
    assert tree(repo) == before


def test_only_what_goes_beyond_a_profile_needs_trust(
    repo: Path, cli: Cli, policy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A setting of the IDE's, a profile may say, too. Anything else of a file that came with
    a repo is a stranger's until its user has trusted just that."""
    policy.unlink()
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    edit(repo / JSON, SETTING)
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert cli("up", "-C", repo).code == 5  # it got as far as the engine

    edit(repo / YAML, VARIABLE)
    ran = cli("generate", "--merge", "-C", repo)
    assert ran.code == 0
    assert f"{YAML} says more than a profile may untrusted: run `devpod-gen trust`" in ran.err
    error: dict[str, Any] = {}
    for command in ("up", "verify", "bundle"):
        ran = cli(command, "-C", repo, "--json")
        assert ran.code == 3, ran.err
        error = json.loads(ran.out)["error"]
        assert [one["where"] for one in error["findings"]] == [YAML]
        assert '+      "MINE": "1" # why' in error["detail"]
    digest = error["fix"].rpartition(" ")[2].rstrip("`")
    assert cli("trust", "-C", repo, "--yes", digest).code == 0
    assert cli("up", "-C", repo).code == 5
    edit(repo / YAML, ('"1" # why', '"2" # why'))
    assert cli("generate", "--merge", "-C", repo).code == 0
    ran = cli("up", "-C", repo, "--json")
    assert ran.code == 3
    assert '+      "MINE": "2" # why' in json.loads(ran.out)["error"]["detail"]
    policy.write_text('forbid = ["edits"]\n')
    policy.chmod(0o644)
    assert "your policy forbids: edits" in cli("up", "-C", repo).err


@pytest.mark.parametrize(
    ("kind", "name", "change"),
    [
        ("services", YAML, ("\nnetworks:", f"\n{SIDECAR}\nnetworks:")),
        ("image", YAML, ('image: "localhost/', 'image: "example.com/')),
        ("sudo", YAML, ('    security_opt: ["no-new-privileges:true"]\n', "")),
        ("sudo", YAML, ('"AUDIT_WRITE", ', '"AUDIT_WRITE", "SETFCAP", ')),
        ("env", YAML, (VARIABLE[0], f'{VARIABLE[0]}      "LD_PRELOAD": "/x.so"\n')),
        ("hooks", JSON, ('"service"', '"postCreateCommand": ["sh", "x"],\n  "service"')),
    ],
)
def test_what_the_user_forbids_no_edit_brings_in(
    kind: str, name: str, change: tuple[str, str], repo: Path, cli: Cli, policy: Path
) -> None:
    edit(repo / name, change)
    assert cli("generate", "--merge", "-C", repo).code == 0
    for said, told in ((f"forbid = ['{kind}']", f"forbids: {kind}"), (f"allow = ['{kind}']", name)):
        policy.write_text(said)
        policy.chmod(0o644)
        ran = cli("up", "-C", repo)
        assert ran.code == 3
        assert told in ran.err


def test_the_container_is_known_by_what_was_merged(repo: Path, cli: Cli) -> None:
    def config() -> str:
        return (repo / YAML).read_text().partition("devpod-gen.config:")[2].split()[0]

    before = config()
    edit(repo / YAML, VARIABLE)
    assert cli("generate", "--merge", "-C", repo).code == 0
    with_mine = config()
    assert with_mine != before
    more(repo, 'settings = { "a" = 1 }\n')  # nothing of the container's
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert config() == with_mine
    more(repo, '[env]\nA = "1"\n')
    assert cli("generate", "--merge", "-C", repo).code == 0
    assert config() != with_mine


CAMPAIGN = pytest.mark.campaign


@pytest.mark.parametrize(
    ("call", "what", "fewest"),
    [
        ("renameat", "signal=SIGKILL", 4),
        pytest.param("fsync", "signal=SIGKILL", 5, marks=CAMPAIGN),
        pytest.param("renameat", "error=ENOSPC", 4, marks=CAMPAIGN),
        pytest.param("fsync", "error=ENOSPC", 5, marks=CAMPAIGN),
    ],
)
def test_stopped_at_any_moment(
    call: str, what: str, fewest: int, repo: Path, tmp_path: Path
) -> None:
    """Killed, or refused by the disk: every file is the old or the new one, a copy is whole, and
    the next run gets there."""
    edit(repo / JSON, SETTING)
    more(repo, '[env]\nA = "1"\n')
    state, trace, old = Path(os.environ["XDG_STATE_HOME"]), tmp_path / "trace", tree(repo)
    kept = [(at, shutil.copytree(at, tmp_path / f"kept-{at.name}")) for at in (repo, state)]
    run = [str(COMMAND), "generate", "--merge", "-C", str(repo)]
    assert subprocess.run(run, check=False).returncode == 0
    new = tree(repo)
    for number in itertools.count(1):
        for folder, was in kept:
            shutil.rmtree(folder)
            shutil.copytree(was, folder)
        inject = ("-e", f"trace={call}", "-e", f"inject={call}:{what}:when={number}")
        strace = [need("strace", "strace"), "-f", "-o", str(trace), *inject, *run]
        done = subprocess.run(strace, check=False, capture_output=True, text=True)
        if trace.read_text().count(f"{call}(") < number:
            break
        assert done.returncode in (-signal.SIGKILL, 4, 0), done.stderr
        now = tree(repo)
        assert all(now[path] in (content, new[path]) for path, content in old.items())
        assert {now[path] for path in now if path.endswith(".bak")} <= {old[JSON]}
        assert subprocess.run(run, check=False, capture_output=True).returncode == 0
        after = tree(repo)
        assert {path: after[path] for path in new} == new
        assert not [path for path in after if ".devpod-gen-" in path]
    assert number > fewest


def test_a_new_lock_takes_merged_lines_along(make_repo: Make, cli: Cli) -> None:
    """The image's digest is in compose.yaml: it is merged again, and what was trusted still is."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n[image]\nregistry = "example.com/team"\n'})
    where, console = Repo(repo, None), Console(as_json=False, verbose=False)
    ref = plan_of(where).image.ref

    def locked(digit: str) -> None:
        image = LockedImage(ref, f"sha256:{digit * 64}", ())
        write_lock(where, image, (), console)

    locked("1")
    edit(repo / YAML, VARIABLE)
    with pytest.raises(NotOurs):
        locked("2")  # an edit, not merged yet
    assert cli("lock", "-C", repo).code == 1
    assert cli("generate", "--merge", "-C", repo).code == 0
    ran = cli("lock", "-C", repo)  # it does not hold these lines
    assert ran.code == 1
    assert f'files."{YAML}"' in ran.err
    locked("1")
    assert cli("lock", "-C", repo).code == 0
    asked = json.loads(cli("trust", "-C", repo, "--json").out)["error"]["fix"]
    assert cli("trust", "-C", repo, "--yes", asked.rpartition(" ")[2].rstrip("`")).code == 0
    locked("2")
    assert cli("lock", "-C", repo).code == 0
    text = (repo / YAML).read_text()
    assert VARIABLE[1] in text
    assert "2" * 64 in text
    assert is_merged(text)
    assert cli("trust", "-C", repo).code == 0


@pytest.mark.engine
def test_merged_files_start_a_workspace(
    workspace: Callable[..., Path], command: Cli, policy: Path
) -> None:
    """By `up` and by the reference client: one container, which has both sides' lines. With the
    line ends of a checkout on Windows as well."""
    policy.write_text('allow = ["edits"]\n')
    policy.chmod(0o644)
    repo = workspace({"devpod.toml": PROFILE})
    edit(repo / JSON, SETTING)
    edit(repo / YAML, VARIABLE)
    more(repo, '[env]\nA = "1"\n')
    assert command("up", "-C", repo).code == 2
    assert command("generate", "--merge", "-C", repo).code == 0
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    container = json.loads(ran.out)["workspace"]["container"]
    assert json.loads(ran.out)["workspace"]["created"]
    assert command("exec", "-C", repo, "--", "sh", "-c", "echo $A $MINE").out == "1 1\n"
    labels = json.loads(docker("inspect", container, "--format", "{{json .Config.Labels}}"))
    (*_, own) = json.loads(labels["devcontainer.metadata"])
    assert own["customizations"]["vscode"]["settings"] == {"a": 3}  # the comment is no matter
    assert "has changed since" not in command("status", "-C", repo).out

    told = reference_client("up", repo)
    assert told["containerId"] == container
    for name in (JSON, YAML):
        (repo / name).write_bytes((repo / name).read_bytes().replace(b"\n", b"\r\n"))
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["workspace"]["container"] == container
    assert command("down", "-C", repo).code == 0
    made = reference_client("up", repo)["containerId"]  # from files with these line ends
    ran = command("up", "--json", "-C", repo)
    assert json.loads(ran.out)["workspace"]["container"] == made
    assert command("exec", "-C", repo, "--", "sh", "-c", "echo $A $MINE").out == "1 1\n"


def reference_client(verb: str, repo: Path) -> dict[str, str]:
    words = ["devcontainer", verb, "--workspace-folder", str(repo)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return told
