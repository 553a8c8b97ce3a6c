"""Every other setting by which a repo's git names a program, while git is asked on the host all
that devpod-gen ever asks it; each does run its program when git is asked plainly.
"""

import contextlib
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import need
from devpod_gen.engine import gitsettings
from devpod_gen.engine.git import git
from devpod_gen.errors import GitError
from devpod_gen.workspace import origin, worktree
from test_around import ME, Trap, touch
from test_around import trap as trap  # noqa: PLC0414 - a fixture


@dataclass(frozen=True)
class Canary:
    """Settings of a repo, `{}` being what leaves the mark; attributes of its files; and the
    plain command that runs it."""

    settings: dict[str, str]
    plainly: tuple[str, ...]
    attributes: str = ""


EXT = {"url.ext::sh -c {}.insteadOf": "https://example.com/", "protocol.ext.allow": "always"}
CANARIES = {
    "pager": Canary({"core.pager": "{}", "pager.log": "true"}, ("log",)),
    "editor": Canary({"core.editor": "{}"}, (*ME, "commit", "--amend")),
    "sequence": Canary({"sequence.editor": "{}"}, (*ME, "rebase", "-i", "--autostash", "--root")),
    "diff": Canary({"diff.external": "{}"}, ("diff",)),
    "textconv": Canary({"diff.x.textconv": "{}"}, ("diff",), "*.txt diff=x\n"),
    "command": Canary({"diff.x.command": "{}"}, ("diff",), "*.txt diff=x\n"),
    "merge": Canary({"merge.x.driver": "{}"}, ("stash", "pop"), "*.txt merge=x\n"),
    "gpg": Canary(
        {"gpg.program": "{}", "log.showSignature": "true", "commit.gpgSign": "true"},
        (*ME, "commit", "--allow-empty", "--message=signed"),
    ),
    "alias": Canary({"alias.st": "!{}"}, ("st",)),
    "ext": Canary({"remote.origin.url": "https://example.com/", **EXT}, ("ls-remote", "origin")),
    "included": Canary({"include.path": "evil", "core.fsmonitor": "false"}, ("status",)),
    "included if": Canary(
        {"includeIf.onbranch:*.path": "evil", "core.fsmonitor": "false"}, ("status",)
    ),
}


def lay(trap: Trap, name: str) -> Canary:
    """The program is a file: not every setting takes a command line."""
    canary, program = CANARIES[name], trap.repo / ".git/canary"
    program.write_text(f"#!/bin/sh\n{trap.canary(name.replace(' ', '-'), ':')}\n")
    program.chmod(0o755)
    (trap.repo / ".git/evil").write_text(f"[core]\n\tfsmonitor = {program}\n")
    (trap.repo / ".gitattributes").write_text(canary.attributes)
    for key, value in canary.settings.items():
        trap.plainly("config", key.replace("{}", str(program)), value.replace("{}", str(program)))
    return canary


def all_that_we_ask(trap: Trap) -> None:
    """As `up --branch`, `up --pr`, `down --branch`, `status`, `build` and `verify` do."""
    worktree.place(trap.repo, "new")
    folder = worktree.have(trap.repo, "new", print)
    (folder / "a.txt").write_text("another\n")
    worktree.losses(folder, lambda _: False)
    worktree.losses(trap.repo, lambda _: False)
    worktree.remove(folder)
    origin.labels(trap.repo)
    with contextlib.suppress(GitError):
        worktree.fetch_request(trap.repo, 1, print)


@pytest.mark.parametrize("name", CANARIES)
def test_no_setting_of_the_repos_runs_its_program(trap: Trap, name: str) -> None:
    canary = lay(trap, name)
    (trap.repo / "a.txt").write_text("changed\n")
    all_that_we_ask(trap)
    assert trap.sprung == []
    if name == "merge":
        trap.plainly(*ME, "stash", "push", "--quiet", "--", "a.txt")
        (trap.repo / "a.txt").write_text("changed otherwise\n")
        trap.plainly(*ME, "commit", "--quiet", "--all", "--message=second")
    touch(trap.repo / "a.txt")
    plainly = subprocess.list2cmdline(["git", *canary.plainly])
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_EDITOR")}
    subprocess.run(
        [need("script", "bsdutils"), "-qec", plainly, "/dev/null"],
        cwd=trap.repo, env=env | {"PAGER": "cat", "EDITOR": "true"},
        capture_output=True, timeout=20, check=False,
    )  # fmt: skip
    assert trap.sprung == [name.replace(" ", "-")]


def test_a_hook_of_the_settings_is_no_command() -> None:
    """git 2.54 and later: the last command of a name counts."""
    listing = "local\0hook.x.event\npost-checkout\0local\0hook.x.command\nevil\0"
    assert gitsettings.overrides(gitsettings.read(listing)) == ("hook.x.command=:",)
    own = f"global\0hook.x.command\nmine\0{listing}"
    assert gitsettings.overrides(gitsettings.read(own)) == ("hook.x.command=mine",)


def test_nothing_is_tidied_up_behind_a_fetch(
    trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is started for that outlives the command, and has settings of its own."""
    other, trace = tmp_path / "other", tmp_path / "trace"
    subprocess.run(["git", "clone", "--quiet", "--bare", trap.repo, other], check=True)
    trap.plainly("config", "remote.origin.url", str(other))
    monkeypatch.setenv("GIT_TRACE", str(trace))
    git(trap.repo, "fetch", "--quiet", "origin", "other:one")
    assert "maintenance" not in trace.read_text()
    trap.plainly("fetch", "--quiet", "origin", "other:two")
    assert "maintenance" in trace.read_text()
