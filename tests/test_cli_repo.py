"""The commands on a repo's files: init, generate, schema. No engine is reached."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, tree
from devpod_gen import __version__
from devpod_gen.profile import stacks

Make = Callable[..., Path]
Cli = Callable[..., Ran]

GO = {"go.mod": "module x\n\ngo 1.22\n"}
EMITTED = {
    ".devcontainer/.env",
    ".devcontainer/.gitignore",
    ".devcontainer/compose.yaml",
    ".devcontainer/devcontainer.json",
    ".devcontainer/gateway/links.html",
}


@pytest.fixture(autouse=True)
def _no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reaching an engine would fail."""
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")


def test_init_writes_a_profile_and_generates(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(GO)
    ran = cli("init", "-C", repo)
    assert (ran.code, ran.out.splitlines()[0]) == (0, "stacks: go (go.mod)")
    assert set(tree(repo)) == {"go.mod", "devpod.toml"} | EMITTED
    assert 'go = ">=1.22"   # go.mod#go' in (repo / "devpod.toml").read_text()
    assert cli("generate", "--check", "-C", repo).code == 0


def test_init_json(make_repo: Make, cli: Cli) -> None:
    ran = cli("init", "--json", "--dry-run", "-C", make_repo(GO))
    answer = json.loads(ran.out)
    assert answer["outcome"] == "ok"
    assert answer["stacks"] == [{"name": "go", "primary": True}]
    assert answer["versions"] == {"go": {"value": "1.22", "kind": "floor", "source": "go.mod#go"}}
    assert answer["evidence"] == {"go": "go.mod"}
    assert 'stacks = ["go"]' in answer["profile"]


def test_init_dry_run_writes_nothing(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(GO)
    ran = cli("init", "--dry-run", "-C", repo)
    assert ran.code == 0
    assert ran.out.startswith("# The development environment of this repo")
    assert set(tree(repo)) == {"go.mod"}


def test_init_without_a_language(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"README.md": ""})
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    assert "no language was recognised: no marker at the root: README.md" in ran.out
    assert "no marker at the root: README.md" in (repo / "devpod.toml").read_text()
    assert cli("generate", "--check", "-C", repo).code == 0


@pytest.mark.parametrize("there", [True, False])
def test_init_offers_every_language_where_there_is_such_a_stack(
    make_repo: Make, cli: Cli, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    others = tuple(stack for stack in stacks.known() if stack.name != "universal")
    every = replace(others[0], name="universal", signs=(), sources=())
    monkeypatch.setattr(stacks, "known", lambda: (*others, every) if there else others)
    repo = make_repo({"README.md": ""})
    ran = cli("init", "-C", repo)
    assert ran.code == 0
    assert ('stacks = ["universal"]' in ran.out) is there
    assert ('stacks = ["universal"]' in (repo / "devpod.toml").read_text()) is there


def test_init_is_as_quick_on_a_hundred_thousand_files(make_repo: Make, command: Cli) -> None:
    """Half of them at the root, half below, in folders that init may not walk."""
    empty, large = make_repo({}, "empty"), make_repo({"README.md": ""}, "large")
    for n in range(50_000):
        os.mknod(large / f"{n}.dat")
    for n in range(50):
        (large / f"part{n}").mkdir()
        for m in range(1_000):
            os.mknod(large / f"part{n}" / f"{m}.txt")
    assert _seconds_of_init(command, large) < _seconds_of_init(command, empty) + 1
    shutil.rmtree(large)


def _seconds_of_init(command: Cli, repo: Path) -> float:
    """Of the processor: the clock also counts what others do on this machine."""
    before = os.times()
    assert command("init", "--dry-run", "-C", repo).code == 0
    after = os.times()
    return (after.children_user + after.children_system) - (
        before.children_user + before.children_system
    )


@pytest.mark.parametrize(
    "theirs", ["devpod.toml", ".devcontainer/devcontainer.json", ".devcontainer/compose.yaml"]
)
def test_init_never_overwrites(make_repo: Make, cli: Cli, theirs: str) -> None:
    repo = make_repo(GO | {theirs: "// mine\n"})
    before = tree(repo)
    ran = cli("init", "-C", repo)
    assert ran.code == 2
    assert f"at {theirs}" in ran.err
    assert tree(repo) == before

    assert cli("init", "--force", "-C", repo).code == 0
    assert (repo / f"{theirs}.bak").read_text() == "// mine\n"
    assert cli("generate", "--check", "-C", repo).code == 0


def test_an_odd_folder_name_becomes_a_name(tmp_path: Path, cli: Cli) -> None:
    repo = tmp_path / "My Shop (v2) — größe"
    repo.mkdir()
    assert cli("init", "-C", repo).code == 0
    assert 'name = "my-shop-v2-gr-e"' in (repo / "devpod.toml").read_text()


def test_check_and_diff_see_drift(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    assert cli("generate", "-C", repo).code == 0
    (repo / "devpod.toml").write_text('name = "shop"\n\n[env]\nA = "1"\n')
    before = tree(repo)

    check = cli("generate", "--check", "-C", repo)
    assert check.code == 1
    assert ".devcontainer/compose.yaml (outdated)" in check.err
    diff = cli("generate", "--diff", "-C", repo)
    assert diff.code == 0
    assert '+      "A": "1"' in diff.out
    assert tree(repo) == before

    assert cli("generate", "-C", repo).code == 0
    assert cli("generate", "--check", "-C", repo).code == 0


def test_a_comment_in_the_profile_is_no_drift(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    cli("generate", "-C", repo)
    (repo / "devpod.toml").write_text('# A comment.\nname    =    "shop"\n')
    assert cli("generate", "--check", "-C", repo).code == 0


def test_an_edited_file_stops_generate(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    cli("generate", "-C", repo)
    compose = repo / ".devcontainer/compose.yaml"
    compose.write_text(compose.read_text().replace("init: true", "init: false"))
    before = tree(repo)
    ran = cli("generate", "-C", repo)
    assert ran.code == 2
    assert "edited since it was generated" in ran.err
    assert "-    init: false" in ran.err
    assert tree(repo) == before


def test_check_json_is_one_object_also_on_failure(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    ran = cli("generate", "--check", "--json", "-C", repo)
    answer = json.loads(ran.out)
    assert ran.code == 1
    assert answer["outcome"] == "error"
    assert answer["error"]["kind"] == "files-differ"
    assert answer["error"]["fix"].startswith("run `devpod-gen generate`")


def test_a_named_profile_has_a_folder_of_its_own(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n', ".devpod/ci.toml": 'name = "shop"\n'})
    assert cli("generate", "-C", repo).code == 0
    assert cli("generate", "-C", repo, "--profile", "ci").code == 0
    own, ci = (repo / ".devcontainer/.env"), (repo / ".devcontainer/ci/.env")
    assert own.read_text() != ci.read_text()
    assert 'source: "../.."' in (repo / ".devcontainer/ci/compose.yaml").read_text()


def test_two_clones_have_two_projects(tmp_path: Path, cli: Cli) -> None:
    names = set()
    for parent in ("a", "b"):
        repo = tmp_path / parent / "shop"
        repo.mkdir(parents=True)
        (repo / "devpod.toml").write_text('name = "shop"\n')
        cli("generate", "-C", repo)
        names.add((repo / ".devcontainer/.env").read_text())
        assert (repo / ".devcontainer/compose.yaml").read_bytes() == (
            tmp_path / "a/shop/.devcontainer/compose.yaml"
        ).read_bytes()
    assert len(names) == 2


def test_same_bytes_whatever_the_environment(make_repo: Make, command: Callable[..., Ran]) -> None:
    repo = make_repo({"devpod.toml": (Path(__file__).parent / "cases/env/devpod.toml").read_text()})
    seen = set()
    for env in (
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "Asia/Tokyo"},
        {"PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8", "TZ": "America/Lima", "USER": "someone"},
    ):
        assert command("generate", "-C", repo, env=env).code == 0
        files = tree(repo)
        seen.add(tuple(files.items()))
        for path in EMITTED:
            (repo / path).unlink()
    assert len(seen) == 1


@pytest.mark.parametrize("argv", [["nope"], ["init", "--nope"], ["verify", "--budget", "soon"], []])
def test_wrong_usage(cli: Cli, argv: list[str]) -> None:
    ran = cli(*argv)
    assert ran.code in (0, 2) if not argv else ran.code == 2
    assert "Traceback" not in ran.err


def test_wrong_usage_as_json(cli: Cli) -> None:
    ran = cli("generate", "--json", "--nope")
    assert ran.code == 2
    assert json.loads(ran.out)["error"]["kind"] == "usage"


@pytest.mark.parametrize(
    ("words", "message", "command"),
    [
        (("up", "--nope"), "No such option '--nope'", "up"),
        (("open", "ssh", "--nope"), "No such option '--nope'", "open ssh"),
        (("trust", "--yes"), "Option '--yes' requires an argument", "trust"),
        (("ssh-config",), "devpod-gen ssh-config takes one more word: a command", "ssh-config"),
        (("secrets", "show"), "No such command 'show'", "secrets"),
    ],
)
def test_wrong_usage_names_the_command(
    words: tuple[str, ...], message: str, command: str, cli: Cli
) -> None:
    ran = cli(*words)
    assert ran.code == 2
    assert ran.err.startswith(f"error: {message}")
    assert ran.err.splitlines()[1:] == [f"  fix: see `devpod-gen {command} --help`"]


@pytest.mark.parametrize("words", ["--help", "up --help", "--version", "schema", "generate --json"])
@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)])
def test_streams_that_are_closed(words: str, closed: tuple[int, ...], make_repo: Make) -> None:
    """Nobody wants to know; and no file gets a stream's number, to be written into."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    ends = " ".join(f"{number}>&-" for number in closed)
    line = f"{COMMAND} {words} {ends}"
    done = subprocess.run(["sh", "-c", line], cwd=repo, capture_output=True, text=True, check=False)
    told = done.stderr.splitlines()
    assert (done.returncode, [line for line in told if not line.startswith("wrote ")]) == (0, [])
    assert bool(done.stdout) == (1 not in closed)
    if words.startswith("generate"):
        assert "Traceback" not in "".join(text.decode() for text in tree(repo).values())
        assert json.loads((repo / ".devcontainer/devcontainer.json").read_text())


def test_from_a_folder_within_the_repo(
    make_repo: Make, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The nearest profile within the git repo; what is above that is no one's business."""
    deep = "part/deep/folder"
    repo = make_repo({"devpod.toml": 'name = "shop"\n', f"{deep}/x": "", "own/sub/x": ""})
    monkeypatch.chdir(repo / deep)
    assert cli("generate").code == 0
    assert (repo / ".devcontainer/devcontainer.json").exists()
    assert cli("generate", "--check", "-C", ".").code == 0
    assert cli("generate", "-C", repo / deep).code == 2  # told, it is that folder
    assert 'name = "folder"' in cli("init", "--dry-run").out
    (repo / "own/devpod.toml").write_text('name = "own"\n')
    monkeypatch.chdir(repo / "own/sub")
    assert cli("generate").code == 0
    assert (repo / "own/.devcontainer/devcontainer.json").exists()
    subprocess.run(["git", "init", "-q", str(repo / "part")], check=True)
    monkeypatch.chdir(repo / deep)
    ran = cli("generate", "--check")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "error: there is no profile here")


def test_without_git_only_the_folder_itself(
    tmp_path: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "devpod.toml").write_text('name = "x"\n')
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert cli("generate").code == 2
    monkeypatch.chdir(tmp_path)
    assert cli("generate").code == 0


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    "options",
    [("schema",), ("generate", "--json"), ("nope", "--json"), ("--help",), ("--version",)],
)
def test_output_that_goes_nowhere(stream: str, options: tuple[str, ...], make_repo: Make) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    with Path("/dev/full").open("w") as full:
        out, err = (full if stream == name else subprocess.PIPE for name in ("stdout", "stderr"))
        words = [str(COMMAND), *options]
        done = subprocess.run(words, cwd=repo, text=True, check=False, stdout=out, stderr=err)
    well = 2 if options[0] == "nope" else 0
    assert done.returncode == (4 if stream == "stdout" and not well else well)
    if stream == "stdout":
        assert "Traceback" not in done.stderr
        assert well or "error: the output cannot be written: No space left" in done.stderr


def test_no_such_folder(cli: Cli, tmp_path: Path) -> None:
    ran = cli("generate", "-C", tmp_path / "nowhere")
    assert ran.code == 4
    assert "there is no such folder" in ran.err


def test_no_profile_of_that_name(cli: Cli, tmp_path: Path) -> None:
    ran = cli("generate", "-C", tmp_path, "--profile", "gpu")
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "  fix: run `devpod-gen init --profile gpu`")


def test_no_profile(cli: Cli, tmp_path: Path) -> None:
    ran = cli("generate", "-C", tmp_path)
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "  fix: run `devpod-gen init`")


@pytest.mark.parametrize("name", ["../x", "A", "a/b", "", "-x"])
def test_a_profile_name_is_no_path(cli: Cli, tmp_path: Path, name: str) -> None:
    assert cli("generate", "-C", tmp_path, f"--profile={name}").code == 2


def test_schema_is_printed(cli: Cli) -> None:
    assert json.loads(cli("schema").out)["title"] == "devpod-gen profile"
    assert cli("schema", "nope").code == 2


@pytest.mark.parametrize(
    "name", ["init", "generate", "build", "verify", "up", "shell", "exec", "down", "schema"]
)
def test_every_command_has_help_with_an_example(cli: Cli, name: str) -> None:
    ran = cli(name, "--help")
    assert ran.code == 0
    assert "Example: devpod-gen " in ran.out


def test_version(cli: Cli) -> None:
    assert cli("--version").out == f"devpod-gen {__version__}\n"


def test_generate_loads_no_engine(make_repo: Make) -> None:
    """Importing docker costs more than all the rest."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    code = (
        "import sys\nfrom devpod_gen.cli.app import app\n"
        "from devpod_gen.cli.boundary import guard\n"
        f"assert guard(app, ['generate', '-C', {str(repo)!r}]) == 0\n"
        "assert not {'docker', 'requests'} & set(sys.modules), 'an engine was loaded'"
    )
    assert os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-W", "ignore", "-c", code]) == 0
