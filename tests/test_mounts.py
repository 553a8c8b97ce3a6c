"""Mounts on a real engine, through every door: they are there, as the profile says, and what
is the host's stays as it was."""

import json
import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran, docker, trust
from devpod_gen.engine.docker import Docker
from test_environment import checks, verified
from test_workspace import client

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = """name = "shop"
[caches]
x = ["/home/dev/.cache/x"]

[[mounts]]
source = "~/.config/gh"
target = "/home/dev/.config/gh"

[[mounts]]
source = "~/link"
target = "/home/dev/notes"
readonly = false

[[mounts]]
source = "conf/zshrc"
target = "/home/dev/.zshrc.own"

[[mounts]]
source = "~/ram"
target = "/ram"

[[mounts]]
source = "~/none"
target = "/mnt/none"
optional = true

[secrets.TOKEN]
env = "DEVPOD_GEN_TEST_TOKEN"
"""
TOKEN = uuid.uuid4().hex
NOTES = "a $b 'c', \"d\": é"
OWNER = 1500  # of the repo: who the user inside becomes


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, policy: Path) -> Iterator[Path]:
    """A home whose files are the uid's that the image's user has at first, and a file system
    in memory: what entrypoints give away, and searches look into."""
    policy.write_text('allow = ["clone"]\n')
    folder = tmp_path / "home"
    for name in (".config/gh", NOTES, "ram"):
        (folder / name).mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "none", str(folder / "ram")], check=True)
    for name in (".config/gh/hosts", f"{NOTES}/note", "ram/file"):
        (folder / name).write_text(TOKEN)
    (folder / "link").symlink_to(NOTES)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 1000, 1000, follow_symlinks=False)
    os.chown(folder / NOTES, OWNER, OWNER)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))  # an image is scanned once
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("DEVPOD_GEN_TEST_TOKEN", TOKEN)
    yield folder
    subprocess.run(["umount", str(folder / "ram")], check=True)


@pytest.fixture
def repo(home: Path, make_repo: Make, command: Command) -> Iterator[Path]:  # noqa: ARG001
    repo = make_repo({"devpod.toml": PROFILE, "conf/zshrc": f"# {TOKEN}\n"})
    for path in (repo, *repo.rglob("*")):
        os.chown(path, OWNER, OWNER)
    yield repo
    command("down", "--caches", "--discard", "-C", repo)


def states(folder: Path) -> dict[str, tuple[int, ...]]:
    """Owner, mode, number, size and change of everything in a folder, itself included."""
    paths = [path for path in folder.rglob("*") if ".docker" not in path.parts]  # buildx's own
    found = ((path, path.lstat()) for path in (folder, *sorted(paths)))
    return {
        str(path): (s.st_uid, s.st_gid, s.st_mode, s.st_ino, s.st_size, s.st_mtime_ns)
        for path, s in found
    }


def test_every_door_and_nothing_of_the_host_is_changed(
    home: Path,
    repo: Path,
    command: Command,
    cli: Callable[..., Ran],
    only: Callable[..., None],
) -> None:
    assert command("up", "-C", repo).code == 3
    trust(command, repo)
    before, mine = states(home), states(repo / "conf")
    up = command("up", "--json", "-C", repo)
    assert up.code == 0, up.err
    made_now = json.loads(up.out)["workspace"]
    first = made_now["container"]
    mounts = [
        (one["Source"], one["Destination"], one["RW"])
        for one in json.loads(docker("inspect", "-f", "{{json .Mounts}}", first))
        if one["Type"] == "bind" and one["Destination"].startswith(("/home/", "/ram"))
    ]
    assert (f"{home}/.config/gh", "/home/dev/.config/gh", False) in mounts
    assert (f"{home}/{NOTES}", "/home/dev/notes", True) in mounts
    assert len(mounts) == 4

    def inside(script: str) -> Ran:
        return command("exec", "-C", repo, "--", "sh", "-c", script)

    assert inside('id -u; stat -c %u "$HOME" "$HOME/.config"').out.split() == ["1500"] * 3
    assert inside("cat ~/.config/gh/hosts ~/.zshrc.own").out == f"{TOKEN}# {TOKEN}\n"
    for path in ("~/.config/gh/x", "~/.zshrc.own", "/ram/x"):
        ran = inside(f"echo x >>{path}")
        assert (ran.code, "Read-only" in ran.err) == (2, True), path
    audit = command("secrets", "audit", "-C", repo)
    assert (audit.code, "TOKEN" in audit.out) == (0, False), audit.out
    client("up", repo=repo)
    assert client("exec", "cat", "/home/dev/.config/gh/hosts", repo=repo) == TOKEN
    assert json.loads(command("up", "--json", "-C", repo).out)["workspace"]["container"] == first
    report = verified(command, repo, "--no-ask")
    for door in ("compose", "ssh", "devcontainer"):
        found = {key: one for key, one in checks(report, door).items() if key.startswith("mount:")}
        told = {key.removeprefix("mount:"): one["detail"] for key, one in found.items()}
        assert told.pop("/mnt/none").startswith("not run: ")
        assert found.pop("mount:/mnt/none")["ok"] is None
        assert all(one["ok"] for one in found.values()), found
        assert told == {
            "/home/dev/.config/gh": "folder, read-only",
            "/home/dev/notes": "folder, read-write",
            "/home/dev/.zshrc.own": "file, read-only",
            "/ram": "folder, read-only",
        }
    assert inside("echo more >~/notes/more && stat -c %u ~/notes/more").out == "1500\n"
    made = home / NOTES / "more"
    assert (made.read_text(), made.stat().st_uid) == ("more\n", OWNER)
    assert command("down", "--caches", "-C", repo).code == 0
    only(made_now["id"])
    assert cli("gc", "--caches").out == "nothing is left over\n"
    made.unlink()
    now = states(home)
    assert {path: now[path][:4] for path in now} == {path: before[path][:4] for path in before}
    assert (home / NOTES / "note").read_text() == TOKEN
    assert states(repo / "conf") == mine


def test_what_a_path_leads_to_is_asked_again(home: Path, repo: Path, command: Command) -> None:
    """Also for a container that was only stopped: the engine would follow the link anew."""
    trust(command, repo)
    up = command("up", "--json", "-C", repo)
    assert up.code == 0, up.err
    container = json.loads(up.out)["workspace"]["container"]
    docker("stop", "-t", "1", container)
    notes = home / NOTES
    for target, kind in ((".ssh", "forbidden"), (".config/gh", "untrusted")):
        notes.rename(home / "moved")
        notes.symlink_to(home / target)
        error = json.loads(command("up", "--json", "-C", repo).out)["error"]
        assert error["kind"] == kind
        assert docker("inspect", "-f", "{{.State.Running}}", container) == "false"
        notes.unlink()
        (home / "moved").rename(notes)
    # What is trusted and led elsewhere makes another container: it is of other mounts.
    (home / "none").mkdir()
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["workspace"]["container"] != container
    assert command("exec", "-C", repo, "--", "test", "-d", "/mnt/none").code == 0


def test_an_editor_mounts_what_it_was_told(repo: Path, command: Command) -> None:
    """By `.env` alone, as it was written when all was trusted; and nothing once it is not."""
    trust(command, repo)
    assert command("up", "-C", repo).code == 0
    assert command("down", "-C", repo).code == 0
    client("up", repo=repo)
    read = (
        'cat "$HOME/.config/gh/hosts" "$HOME/notes/note" /ram/file; ls /run | grep -c devpod-mount'
    )
    assert client("exec", "sh", "-ec", read, repo=repo) == f"{TOKEN * 3}1\n"
    assert command("down", "-C", repo).code == 0
    assert command("trust", "--revoke", "-C", repo).code == 0
    assert command("generate", "-C", repo).code == 0
    client("up", repo=repo)
    there = "ls /run | grep -c devpod-mount; ! ls -d ~/.config/gh /ram ~/notes ~/.zshrc.own"
    assert client("exec", "sh", "-ec", there, repo=repo) == "5\n"


def test_in_a_clone_in_a_volume(home: Path, make_repo: Make, command: Command) -> None:
    """The host's own folder, beside a workspace that is none of it."""
    text = """name = "shop"
workspace = { path = "/work", mode = "volume" }
[[mounts]]
source = "~/.config/gh"
target = "/gh"
"""
    repo = make_repo({"devpod.toml": text})
    git = ["git", "-C", str(repo), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    try:
        trust(command, repo)
        ran = command("up", "-C", repo)
        assert ran.code == 0, ran.err
        assert command("exec", "-C", repo, "--", "cat", "/gh/hosts").out == TOKEN
        assert (home / ".config/gh/hosts").stat().st_uid == 1000
    finally:
        command("down", "--caches", "--discard", "-C", repo)


def test_a_link_in_between_is_seen(
    home: Path, repo: Path, command: Command, cli: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine is told a path that was looked at, and follows what it has become since."""
    trust(command, repo)
    start, notes = Docker.start, home / NOTES

    def swapped(self: Docker, *args: Any, **options: Any) -> None:
        notes.rename(home / "moved")
        notes.symlink_to("/etc")
        start(self, *args, **options)

    monkeypatch.setattr(Docker, "start", swapped)
    ran = cli("up", "-C", repo, "--json")
    error = json.loads(ran.out)["error"]
    assert (ran.code, error["kind"]) == (3, "forbidden"), ran.err
    assert [one["where"] for one in error["findings"]] == ["devpod.toml::mounts[1].source"]
    project = "label=devpod-gen.name=shop"
    assert str(repo) not in docker("ps", "-a", "--filter", project, "--format", "{{.Labels}}")
