"""The workflow for GitHub Actions: what it may do, what is in it, and when it is written."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import COMMAND, ROOT, Ran
from devpod_gen.emit import workflow
from test_trust import FILES

Make = Callable[..., Path]
Cli = Callable[..., Ran]

LOCAL = 'name = "a"\nstacks = ["go"]\n'
HOSTED = f'{LOCAL}[image]\nregistry = "ghcr.io/acme"\n'
OTHER = f'{LOCAL}[image]\nregistry = "registry.example.org/team"\n'
OWN = 'name = "a"\n[image]\nref = "ghcr.io/acme/dev:1"\n'
FILE = ".github/workflows/devpod.yml"


def written(cli: Cli, repo: Path, *options: str) -> str:
    ran = cli("generate", "--ci", "github", "-C", repo, *options)
    assert ran.code == 0, ran.err
    return (repo / FILE).read_text()


def steps(text: str) -> Iterator[dict[str, Any]]:
    for job in yaml.safe_load(text)["jobs"].values():
        yield from job["steps"]


def lint(*paths: Path) -> subprocess.CompletedProcess[str]:
    argv = [str(ROOT / "scripts/lint-workflows"), *map(str, paths)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("profile", [LOCAL, HOSTED, OTHER, OWN])
def test_it_does_no_harm(make_repo: Make, cli: Cli, profile: str) -> None:
    text = written(cli, make_repo({"devpod.toml": profile}))
    flow = yaml.safe_load(text)
    assert "pull_request_target" not in text
    assert flow["permissions"] == {}
    for step in steps(text):
        assert "${{" not in step.get("run", ""), "an expression would be a part of the script"
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", step["uses"])
    assert len(re.findall(r"uses: \S+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", text, re.MULTILINE)) == len(
        [step for step in steps(text) if "uses" in step]
    )
    for name, job in flow["jobs"].items():
        assert job["timeout-minutes"] == 60
        assert job["permissions"]["contents"] == "read"
        assert (job["permissions"].get("packages") == "write") == (name == "push")
    assert ("push" in flow["jobs"]) == (profile in (HOSTED, OTHER))


def test_no_source_of_a_secret_is_asked(make_repo: Make, cli: Cli) -> None:
    """What a change that is proposed names as a source must not be read, or run, there."""
    profile = f'{LOCAL}[secrets.A]\ncommand = ["sh", "-c", "id"]\n'
    text = written(cli, make_repo({"devpod.toml": profile}))
    assert "devpod-gen verify --json --no-ask >devpod-report.json" in text
    assert "--no-ask" not in written(cli, make_repo({"devpod.toml": LOCAL}, "without"))


def test_who_logs_in_where(make_repo: Make, cli: Cli) -> None:
    def login(profile: str, name: str) -> list[dict[str, str]]:
        text = written(cli, make_repo({"devpod.toml": profile}, name))
        return [step["env"] for step in steps(text) if "env" in step]

    assert login(LOCAL, "one") == []
    for env in login(HOSTED, "two"):
        assert env == {
            "REGISTRY": "ghcr.io",
            "REGISTRY_USER": "${{ github.actor }}",
            "REGISTRY_PASSWORD": "${{ github.token }}",
        }
    for env in login(OTHER, "three"):
        assert env["REGISTRY"] == "registry.example.org"
        assert env["REGISTRY_PASSWORD"] == "${{ secrets.DEVPOD_REGISTRY_PASSWORD }}"


def test_actionlint_finds_nothing(make_repo: Make, cli: Cli, tmp_path: Path) -> None:
    """And it would: a canary has a misspelt key, and a title that runs as a script."""
    files = []
    for number, profile in enumerate((LOCAL, HOSTED, OTHER, OWN)):
        text = written(cli, make_repo({"devpod.toml": profile}, f"repo{number}"))
        files.append(tmp_path / f"{number}.yml")
        files[-1].write_text(text)
    done = lint(*files, ROOT / FILE)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    canary = tmp_path / "canary.yml"
    canary.write_text(
        files[0]
        .read_text()
        .replace("run: devpod-gen build", "run: echo ${{ github.event.pull_request.title }}")
        .replace("timeout-minutes", "timeout-minuets")
    )
    done = lint(canary)
    assert done.returncode == 1
    assert "potentially untrusted" in done.stdout
    assert "timeout-minuets" in done.stdout


def test_it_is_there_when_asked_for_and_then_kept_up_to_date(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": LOCAL})
    assert cli("generate", "-C", repo).code == 0
    assert not (repo / FILE).exists()
    before = written(cli, repo)
    (repo / "devpod.toml").write_text(HOSTED)
    assert cli("generate", "--check", "-C", repo).code == 1
    assert cli("generate", "-C", repo).code == 0
    assert (repo / FILE).read_text() != before
    assert cli("generate", "--check", "-C", repo).code == 0


@pytest.mark.parametrize("command", ["generate", "init"])
@pytest.mark.parametrize("edited", [True, False], ids=["edited", "not ours"])
def test_what_is_in_the_way_is_kept(make_repo: Make, cli: Cli, command: str, edited: bool) -> None:
    repo = make_repo({"devpod.toml": LOCAL})
    ours = written(cli, repo)
    theirs = ours.replace("60", "90") if edited else "on: push\n"
    (repo / FILE).write_text(theirs)
    # An edited file of ours is drift; somebody else's is none of our files.
    assert cli("generate", "--check", "-C", repo).code == int(edited)
    refused = cli(command, "--ci", "github", "-C", repo)
    assert refused.code == 2
    assert FILE in refused.err
    assert (repo / FILE).read_text() == theirs
    ran = cli(command, "--ci", "github", "--force", "-C", repo)
    assert ran.code == 0, ran.err
    assert (repo / f"{FILE}.bak").read_text() == theirs


def test_init_writes_it(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"go.mod": "module x\n"})
    assert cli("init", "--ci", "github", "-C", repo).code == 0
    assert "pip install --quiet devpod-gen==" in (repo / FILE).read_text()
    assert cli("init", "--ci", "gitlab", "-C", repo).code == 2


def test_a_named_profile_has_one_of_its_own(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({".devpod/review.toml": HOSTED})
    assert cli("generate", "--profile", "review", "--ci", "github", "-C", repo).code == 0
    text = (repo / ".github/workflows/devpod-review.yml").read_text()
    commands = [step["run"] for step in steps(text) if "devpod-gen" in step.get("run", "")]
    assert all("--profile review" in run for run in commands[1:] if "pip" not in run)
    assert ".devpod/review.lock" in text
    assert ".devcontainer/review/compose.yaml" in text


def test_what_needs_trust_gets_it_there(
    make_repo: Make, cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a step that is there only then; its script is run as it stands."""
    repo = make_repo(FILES)
    text = written(cli, repo)
    (script,) = (step["run"] for step in steps(text) if step.get("name", "").startswith("Trust"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("PATH", f"{COMMAND.parent}:{os.environ['PATH']}")
    assert cli("trust", "--json", "-C", repo).code == 3
    for _ in range(2):
        subprocess.run(["bash", "-e", "-o", "pipefail", "-c", script], cwd=repo, check=True)
        assert cli("trust", "--json", "-C", repo).code == 0
    path = tmp_path / "workflow.yml"
    path.write_text(text)
    assert lint(path).returncode == 0


def test_the_client_is_the_locked_one() -> None:
    locked = json.loads((ROOT / "tools/package.json").read_text())["dependencies"]
    assert locked["@devcontainers/cli"] == workflow._CLIENT


def test_this_repo_has_its_own_environment_and_workflow(cli: Cli) -> None:
    """Made by init, and what the profile says: `make golden` brings it up to date."""
    ran = cli("generate", "--check", "--json", "-C", ROOT)
    assert ran.code == 0, ran.err
    paths = {file["path"] for file in json.loads(ran.out)["files"]}
    assert {FILE, ".devcontainer/compose.yaml"} <= paths
    tracked = subprocess.run(
        ["git", "ls-files", *sorted(paths), "devpod.toml"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert set(tracked) == {*paths, "devpod.toml"}
    assert "python -m pip install --quiet --no-deps ." in (ROOT / FILE).read_text()
