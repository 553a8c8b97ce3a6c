"""Trust: what a stranger's profile asks for is not run before its user has trusted just that."""

import json
import os
import pty
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from conftest import COMMAND, ROOT, Ran
from devpod_gen import resources
from devpod_gen.plan.asks import INSIDE, Kind

Cli = Callable[..., Ran]
Make = Callable[..., Path]

STACK = """
title = "Toy"
markers = ["toy.json"]
[tools.toy]
distribution = "1.0"
command = "toy --version"
pattern = '([0-9.]+)'
mise = "toy"
[[probe]]
run = "toy"
"""
FILES = {
    "devpod.toml": 'name = "t"\nstacks = ["toy"]\n',
    ".devpod/stacks/toy/stack.toml": STACK,
    ".devpod/stacks/toy/Dockerfile": "ARG PARENT\nFROM ${PARENT}\n",
}


def state() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen" / "trust"


def asked(cli: Cli, repo: Path) -> str:
    """The hash that the untrusted content has."""
    ran = cli("trust", "-C", repo, "--json")
    assert ran.code == 3
    fix: str = json.loads(ran.out)["error"]["fix"]
    return fix.rpartition(" ")[2].rstrip("`")


@pytest.mark.parametrize("verb", ["build", "verify", "up"])
def test_nothing_runs_before(verb: str, make_repo: Make, cli: Cli) -> None:
    """Before the engine is even looked for, and before a file is written."""
    repo = make_repo(FILES)
    ran = cli(verb, "-C", repo, "--json")
    assert ran.code == 3
    error = json.loads(ran.out)["error"]
    assert error["kind"] == "untrusted"
    assert [finding["where"] for finding in error["findings"]] == [".devpod/stacks/toy"]
    assert "Dockerfile runs in a build" in error["findings"][0]["message"]
    assert f"devpod-gen trust --yes {asked(cli, repo)}" in error["fix"]
    assert not (repo / ".devcontainer").exists()


def test_what_is_harmless_needs_none(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    assert cli("generate", "-C", repo).code == 0
    (repo / "devpod.toml").write_text('name = "t"\nstacks = ["go"]\n')
    ran = cli("trust", "-C", repo)
    assert (ran.code, ran.out) == (0, "the profile asks for nothing that needs trust\n")
    assert not state().exists()


def test_by_hash_and_again_after_any_change(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    first = asked(cli, repo)
    wrong = cli("trust", "-C", repo, "--yes", "0" * 64)
    assert wrong.code == 3
    assert "another hash" in wrong.err
    assert cli("trust", "-C", repo, "--yes", first).code == 0
    (record,) = state().iterdir()
    assert record.name.startswith(f"{first}-")
    assert record.stat().st_mode & 0o777 == 0o600
    assert cli("trust", "-C", repo).out == "trusted\n"  # and is not asked for again

    for path, more in (
        ("devpod.toml", "# a comment\n"),
        (".devpod/stacks/toy/Dockerfile", "# x\n"),
        (".devpod/stacks/toy/stack.toml", "\n"),
        (".devpod/stacks/toy/new.sh", "true\n"),
    ):
        target = repo / path
        before = target.read_text() if target.exists() else None
        target.write_text((before or "") + more)
        assert asked(cli, repo) != first, path
        if before is None:
            target.unlink()
        else:
            target.write_text(before)
    assert cli("trust", "-C", repo).code == 0  # as it was


def test_the_hash_is_of_the_content_only(make_repo: Make, cli: Cli) -> None:
    """So a second clone of the same content is trusted, too."""
    one, two = make_repo(FILES, "one"), make_repo(FILES, "two")
    assert cli("trust", "-C", one, "--yes", asked(cli, one)).code == 0
    assert cli("trust", "-C", two).code == 0


LENDING = [
    '[secrets.TOKEN]\nenv = "TOKEN"\n',
    "[ssh]\nagent = true\n",
    "[git]\ncredentials = true\n",
    '[[mounts]]\nsource = "~/shared"\ntarget = "/shared"\n',
]


@pytest.mark.parametrize("table", LENDING)
def test_what_is_lent_is_trusted_in_one_repo(
    table: str, make_repo: Make, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who copies a profile that many have trusted does not get what it hands over."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home/shared").mkdir(parents=True)
    one, two = (make_repo({"devpod.toml": f'name = "t"\n{table}'}, name) for name in "ab")
    digest = asked(cli, one)
    assert cli("trust", "-C", one, "--yes", digest).code == 0
    assert cli("trust", "-C", one).code == 0
    ran = cli("up", "-C", two)
    assert ran.code == 3
    assert f"you have trusted it in {one.resolve()}" in ran.err
    assert not (two / ".devcontainer").exists()

    # A folder that says that it is a worktree of the trusted one is none.
    git(one, "commit", "--quiet", "--allow-empty", "-m", "x")
    git(one, "worktree", "add", "--quiet", "--detach", str(tmp_path / "real"))
    shutil.copy(one / "devpod.toml", tmp_path / "real")
    assert cli("trust", "-C", tmp_path / "real").code == 0
    shutil.rmtree(two / ".git")
    for forged in (tmp_path / "real/.git", one / ".git"):
        (two / ".git").unlink(missing_ok=True)
        if forged.is_file():
            shutil.copy(forged, two / ".git")
        else:
            (two / ".git").symlink_to(forged)
        assert asked(cli, two) == digest

    # The worktree's trust is the repo's: it is revoked for both.
    assert digest[:12] in cli("trust", "--revoke", "-C", tmp_path / "real").out
    assert asked(cli, one) == asked(cli, tmp_path / "real") == digest


def git(repo: Path, *argv: str) -> None:
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", *who, *argv], cwd=repo, check=True)


def test_list_and_revoke(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    digest = asked(cli, repo)
    assert cli("trust", "--list").out == "nothing is trusted\n"
    cli("trust", "-C", repo, "--yes", digest)
    listed = json.loads(cli("trust", "--list", "--json").out)["records"]
    assert listed == [{"hash": digest, "root": str(repo.resolve()), "file": "devpod.toml"}]
    assert digest[:12] in cli("trust", "--revoke", "-C", repo).out
    assert asked(cli, repo) == digest
    assert cli("trust", "--revoke", "-C", repo).out == "there was nothing to revoke\n"


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"hash": "x", "root": "/", "file": "f"}'])
def test_a_record_that_is_none_trusts_nothing(text: str, make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    state().mkdir(parents=True)
    digest = asked(cli, repo)
    (state() / f"{digest}.json").write_text(text)
    assert asked(cli, repo) == digest


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 3), ("\n", 3)])
def test_at_a_terminal_it_asks(answer: str, code: int, make_repo: Make) -> None:
    repo = make_repo(FILES)
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    with os.fdopen(theirs) as terminal:
        done = subprocess.run(
            [str(COMMAND), "trust", "-C", str(repo)],
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    os.close(ours)
    assert done.returncode == code, done.stderr
    assert ".devpod/stacks/toy: a stack of the repo's own" in done.stderr
    assert "do you trust them?" in done.stderr


def test_init_tells_and_trusts_nothing(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(
        {path: text for path, text in FILES.items() if path != "devpod.toml"} | {"toy.json": "{}"}
    )
    dry = cli("init", "--dry-run", "--json", "-C", repo)
    assert [ask["where"] for ask in json.loads(dry.out)["asks"]] == [".devpod/stacks/toy"]
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    assert "stacks: toy (toy.json)" in ran.out
    assert "needs your trust: .devpod/stacks/toy" in ran.err
    assert "run `devpod-gen trust`" in ran.err
    assert cli("build", "-C", repo).code == 3


ASKING = {
    "hooks": '[hooks]\ncreate = "curl x | sh"\n',
    "probes": '[[probe]]\nrun = "curl x | sh"\n',
    "services": '[services.db]\nimage = "postgres:17"\n',
    "image": '[image]\nref = "example.com/evil:1"\n',
    "registry": '[image]\nregistry = "example.com/team"\n',
    "dotfiles": '[dotfiles]\npath = "dots"\n',
    "clone": '[workspace]\nmode = "volume"\nclone = "https://example.com/x.git"\n',
    "caches": '[caches]\ngo = { folders = ["/home/dev/go"], shared = true }\n',
    "secrets": '[secrets.TOKEN]\nenv = "TOKEN"\n',
    "mounts": '[[mounts]]\nsource = "/opt/none of mine"\ntarget = "/data"\n',
    "env": '[env]\nLD_PRELOAD = "/x.so"\n',
    "sudo": "[security]\nsudo = true\n",
    "agent": "[ssh]\nagent = true\n",
    "credentials": "[git]\ncredentials = true\n",
    "backend": (
        '[ide.jetbrains.bake]\nurl = "https://example.com/x.tar.gz"\n' + f'sha256 = "{"0" * 64}"\n'
    ),
}


def test_every_kind_is_here() -> None:
    """And in the policy's schema: what is asked for can be allowed and forbidden."""
    kinds = set(get_args(Kind))
    assert kinds == {*ASKING, "stack", "templates", "edits"}  # these are files of a repo
    assert set(resources.schema("policy")["$defs"]["class"]["enum"]) == kinds
    assert kinds >= INSIDE
    told = re.findall(r"^\| `([a-z]+)` \|", (ROOT / "docs/security.md").read_text(), re.MULTILINE)
    assert sorted(told) == sorted(kinds)


@pytest.mark.parametrize("verb", ["build", "verify", "up", "bundle"])
@pytest.mark.parametrize("kind", ASKING)
def test_nothing_of_any_kind_runs_before(
    kind: str, verb: str, make_repo: Make, cli: Cli, policy: Path
) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": ASKING[kind]})
    ran = cli(verb, "-C", repo, "--json")
    error = json.loads(ran.out)["error"]
    assert (ran.code, error["kind"]) == (3, "untrusted")
    (finding,) = error["findings"]
    assert finding["where"].split(".")[0].partition("[")[0] in ASKING[kind]
    assert not (repo / ".devcontainer").exists()


@pytest.mark.parametrize("kind", ASKING)
def test_a_policy_allows_and_forbids_for_good(
    kind: str, make_repo: Make, cli: Cli, policy: Path
) -> None:
    repo = make_repo({"devpod.toml": ASKING[kind]})
    policy.write_text(f'allow = ["{kind}"]\n')
    assert cli("trust", "-C", repo).out == "the profile asks for nothing that needs trust\n"
    policy.write_text(f'forbid = ["{kind}"]\nallow = ["{kind}"]\n')  # forbid wins
    for verb in ("trust", "up", "build", "verify"):
        ran = cli(verb, "-C", repo, "--json")
        error = json.loads(ran.out)["error"]
        assert (ran.code, error["kind"]) == (3, "forbidden")
        assert str(policy) in error["fix"]
        assert kind in error["message"]


def test_what_is_trusted_can_be_forbidden_later(make_repo: Make, cli: Cli, policy: Path) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": ASKING["hooks"]})
    assert cli("trust", "-C", repo, "--yes", asked(cli, repo)).code == 0
    policy.write_text('forbid = ["hooks"]\n')
    policy.chmod(0o644)
    assert cli("up", "-C", repo).code == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('alow = ["hooks"]\n', "alow"),
        ('allow = ["hook"]\n', '"hooks"'),
        ("allow = true\n", "must be a list"),
        ("allow = [", "is not TOML"),
    ],
)
def test_a_policy_is_checked(text: str, told: str, make_repo: Make, cli: Cli, policy: Path) -> None:
    repo = make_repo({"devpod.toml": ASKING["hooks"]})
    policy.write_text(text)
    ran = cli("up", "-C", repo)
    assert ran.code == 2
    assert told in ran.err
    assert str(policy) in ran.err


@pytest.mark.parametrize("mode", [0o664, 0o646])
@pytest.mark.parametrize("place", ["file", "folder"])
def test_a_policy_that_others_can_write_is_none(
    place: str, mode: int, make_repo: Make, cli: Cli, policy: Path
) -> None:
    (policy if place == "file" else policy.parent).chmod(mode | 0o111)
    ran = cli("up", "-C", make_repo({"devpod.toml": ASKING["hooks"]}))
    assert ran.code == 4
    assert "others can write the policy" in ran.err


def test_a_change_is_shown(make_repo: Make, cli: Cli, policy: Path) -> None:
    """Of the profile and of what it includes, escaped; the record is for its user alone."""
    repo = make_repo(FILES)
    cli("trust", "-C", repo, "--yes", asked(cli, repo))
    (record,) = state().iterdir()
    assert record.stat().st_mode & 0o777 == 0o600
    policy.unlink()
    (repo / "devpod.toml").write_text(FILES["devpod.toml"] + '[hooks]\ncreate = "make evil"\n')
    dockerfile = repo / ".devpod/stacks/toy/Dockerfile"
    dockerfile.write_text(dockerfile.read_text() + "RUN evil # \x1b[2K\u202e\n")
    error = json.loads(cli("up", "-C", repo, "--json").out)["error"]
    lines = error["detail"].splitlines()
    assert '+create = "make evil"' in lines
    assert "+RUN evil # \\u001b[2K\\u202e" in lines
    assert "--- trusted/devpod.toml" in lines


def test_the_hash_is_of_what_was_parsed(
    make_repo: Make, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is put there between the two is neither trusted nor told as if it were."""
    from devpod_gen.cli import options  # noqa: PLC0415

    repo = make_repo(FILES)
    plan_with = options.plan_with

    def changed(*args: object) -> object:
        plan = plan_with(*args)  # type: ignore[arg-type]
        (repo / "devpod.toml").write_text(FILES["devpod.toml"] + "# other\n")
        return plan

    monkeypatch.setattr(options, "plan_with", changed)
    ran = cli("trust", "-C", repo, "--yes", "0" * 64)
    assert ran.code == 1
    assert "was changed while it was read" in ran.err


def test_init_trusts_what_it_has_written(make_repo: Make, cli: Cli, policy: Path) -> None:
    """As it has written it, and what only runs in containers."""
    policy.unlink()
    text = '{"image": "example.com/dev:1", "postCreateCommand": "make deps"}'
    repo = make_repo({".devcontainer.json": text})
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    kinds = {ask.split(":")[0] for ask in ran.err.splitlines() if ask.startswith("you have now")}
    assert kinds == {"you have now"}
    assert cli("trust", "-C", repo).code == 0
    profile = repo / "devpod.toml"
    profile.write_text(profile.read_text() + "# changed\n")
    assert cli("trust", "-C", repo).code == 3


def test_the_command_names_the_profile(make_repo: Make, cli: Cli, policy: Path) -> None:
    policy.unlink()
    repo = make_repo({".devpod/review.toml": ASKING["hooks"]})
    fix = json.loads(cli("up", "--profile", "review", "-C", repo, "--json").out)["error"]["fix"]
    words = fix.split("`")[3].split()[1:]
    assert words[-2:] == ["--profile", "review"]
    assert cli(*words, "-C", repo).code == 0
    assert cli("trust", "--profile", "review", "-C", repo).code == 0


def test_records_of_before_are_records(make_repo: Make, cli: Cli) -> None:
    """Those without texts: they are trusted, and have nothing to show."""
    repo = make_repo(FILES)
    digest = asked(cli, repo)
    cli("trust", "-C", repo, "--yes", digest)
    (record,) = state().iterdir()
    values = json.loads(record.read_text())
    assert "toy" in values.pop("texts")["devpod.toml"]
    record.write_text(json.dumps(values))
    assert cli("trust", "-C", repo).code == 0


def test_at_a_terminal_a_change_is_shown_first(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    assert cli("trust", "-C", repo, "--yes", asked(cli, repo)).code == 0
    (repo / ".devpod/stacks/toy/Dockerfile").write_text("ARG PARENT\nFROM ${PARENT}\nRUN evil\n")
    ours, theirs = pty.openpty()
    os.write(ours, b"n\n")
    with os.fdopen(theirs) as terminal:
        done = subprocess.run(
            [str(COMMAND), "trust", "-C", str(repo)],
            stdin=terminal,
            capture_output=True,
            text=True,
            check=False,
        )
    os.close(ours)
    assert done.returncode == 3
    shown, question, _ = done.stderr.partition("do you trust them?")
    assert question
    assert "  +RUN evil\n" in shown
    assert "-RUN" not in shown


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o702])
def test_records_that_others_can_write_are_none(mode: int, make_repo: Make, cli: Cli) -> None:
    """Whoever can put a record there would trust for this user."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n[secrets.A]\nenv = "A"\n'})
    (digest,) = re.findall(r"--yes ([0-9a-f]{64})", cli("up", "-C", repo).err)
    assert cli("trust", "--yes", digest, "-C", repo).code == 0
    folder = Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen" / "trust"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(mode)
    for words in (("up", "-C", repo), ("trust", "--list", "-C", repo)):
        ran = cli(*words)
        assert (ran.code, "others can write what you have trusted" in ran.err) == (4, True)
    folder.chmod(0o700)
    assert cli("trust", "--list", "-C", repo).code == 0


@pytest.mark.parametrize(
    "how", ["written by all", "a folder of all", "above", "link", "pipe", "deep", "large"]
)
def test_a_record_of_somebody_elses_trusts_nothing(how: str, make_repo: Make, cli: Cli) -> None:
    """Where all of them may be, that is the host's fault."""
    repo = make_repo(FILES)
    assert cli("trust", "--yes", asked(cli, repo), "-C", repo).code == 0
    folder = state()
    (record,) = folder.iterdir()
    match how:
        case "written by all":
            record.chmod(0o666)
        case "a folder of all":
            folder.chmod(0o777)
        case "above":
            folder.parent.chmod(0o777)
        case "link":
            record.rename(repo / "record")
            record.symlink_to(repo / "record")
        case "pipe":
            record.unlink()
            os.mkfifo(record)
        case "deep":
            record.write_text("[" * 100_000)
        case _:
            os.truncate(record, 10**11)
    assert cli("build", "-C", repo).code == (4 if how in ("a folder of all", "above") else 3)
    folder.parent.chmod(0o700)
