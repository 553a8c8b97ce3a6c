"""Files below a stranger's folder: no link is followed, also not one that comes meanwhile."""

import ctypes
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import pytest

from conftest import Ran, tree
from devpod_gen import beneath, disk, opened, source
from devpod_gen.errors import HostError, NotOurs
from devpod_gen.undo import all_or_none

Make = Callable[..., Path]
Cli = Callable[..., Ran]
PROFILE = {"devpod.toml": 'name = "shop"\n'}
OUTPUT = (".devcontainer/devcontainer.json", ".devcontainer/compose.yaml", ".devcontainer/.env")


def test_written_whole_and_read_again(tmp_path: Path) -> None:
    assert beneath.read(tmp_path, "a/b/c") is None
    beneath.publish(tmp_path, "a/b/c", "x")
    beneath.publish(tmp_path, "a/b/c", b"y\xff")
    assert beneath.read(tmp_path, "a/b/c") == b"y\xff"
    assert tree(tmp_path) == {"a/b/c": b"y\xff"}
    assert beneath.back_up(tmp_path, "a/b/c") == tmp_path / "a/b/c.bak"
    assert beneath.back_up(tmp_path, "a/b/c") == tmp_path / "a/b/c.bak2"


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        beneath.publish(tmp_path, "a/b", "x")
        beneath.publish(tmp_path, "c", "x", mode=0o600)
        disk.private_folder(tmp_path / "d/e")
    finally:
        os.umask(old)
    modes = {
        name: (tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", "c", "d", "d/e")
    }
    assert modes == {"a": 0o755, "a/b": 0o644, "c": 0o600, "d": 0o700, "d/e": 0o700}


def test_the_order_in_which_a_file_becomes_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    fsync, rename = os.fsync, os.rename

    def noted(handle: int) -> None:
        calls.append("folder" if Path(f"/proc/self/fd/{handle}").is_dir() else "file")
        fsync(handle)

    def renamed(old: str, new: str, *, src_dir_fd: int, dst_dir_fd: int) -> None:
        calls.append("rename")
        rename(old, new, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(os, "rename", renamed)
    beneath.publish_all(tmp_path, (("a/b", "x"), ("a/c/d", "y")))
    assert calls == ["file"] * 2 + ["rename"] * 2 + ["folder"] * 2


def test_all_or_none(tmp_path: Path) -> None:
    """What cannot be written stops the others, too; nothing of ours is left beside them."""
    (tmp_path / "a").write_text("old")
    (tmp_path / "b").symlink_to("nowhere")
    with pytest.raises(NotOurs):
        beneath.publish_all(tmp_path, (("a", "new"), ("b", "new")))
    assert (tmp_path / "a").read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_a_disk_that_is_full_at_the_second_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []

    def full(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "a").write_text("old")
    with pytest.raises(HostError, match="No space left") as caught:
        beneath.publish_all(tmp_path, (("a", "new"), ("b/c", "new")))
    assert str(caught.value.where).endswith("b/c")
    assert tree(tmp_path) == {"a": b"old"}


def odd(kind: str, path: Path, outside: Path) -> None:
    """Something that is no plain file, at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    match kind:
        case "link":
            path.symlink_to(outside)
        case "broken link":
            path.symlink_to(outside / "nothing")
        case "link to a device":
            path.symlink_to("/dev/zero")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "socket":
            os.mknod(path, stat.S_IFSOCK | 0o600)
        case "hard link":
            (outside / "secret").write_text("theirs\n")
            path.hardlink_to(outside / "secret")
        case _:
            raise ValueError(kind)


STOPPED = "stopped"

KINDS = ("link", "broken link", "link to a device", "pipe", "folder", "socket", "hard link")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", OUTPUT)
def test_what_is_in_the_way_of_a_file(
    kind: str, name: str, make_repo: Make, cli: Cli, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    repo = make_repo(PROFILE)
    odd(kind, repo / name, outside)
    before = tree(outside)
    for options in ((), ("--force",), ("--check",)):
        ran = cli("generate", "-C", repo, *options)
        if options != ("--check",):
            assert ran.code == 2, ran.err
            assert name in ran.err
            assert kind.rsplit(maxsplit=1)[-1] in ran.err.replace("a symbolic link", "link device")
        assert "Traceback" not in ran.err
        assert tree(outside) == before
        assert not (outside / "nothing").exists()


@pytest.mark.parametrize("parent", [".devcontainer", ".devcontainer/gateway"])
@pytest.mark.parametrize("to", ["outside", ".git", "/etc", ".."])
def test_a_folder_that_is_a_link(
    parent: str, to: str, make_repo: Make, cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    repo = make_repo(PROFILE)
    (repo / parent).parent.mkdir(exist_ok=True)
    (repo / parent).symlink_to(tmp_path / "outside" if to == "outside" else to)
    places = (Path("/etc"), tmp_path / "outside", repo / ".git")
    before = [set(place.iterdir()) for place in places]
    for options in ((), ("--force",), ("--check",)):
        ran = cli("generate", "-C", repo, *options)
        assert ran.code == 2
        assert parent in ran.err
        assert "symbolic link" in ran.err
    assert [set(place.iterdir()) for place in places] == before


@pytest.mark.parametrize("kind", [*KINDS[:-1], "link to itself", "link to a file"])
@pytest.mark.parametrize("name", ["devpod.toml", "devpod.lock", ".devpod/review.toml"])
def test_a_profile_that_is_no_file(
    kind: str, name: str, make_repo: Make, cli: Cli, tmp_path: Path
) -> None:
    """Also what ends never, or leads to a file of the host's."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_text('name = "shop"\n')
    repo = make_repo(PROFILE)
    (repo / name).unlink(missing_ok=True)
    if kind == "link to itself":
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).symlink_to((repo / name).name)
    else:
        target = outside / "file" if kind == "link to a file" else outside
        odd(kind.removesuffix(" to a file"), repo / name, target)
    options = ("--profile", "review") if "review" in name else ()
    ran = cli("generate", "-C", repo, *options)
    assert ran.code == 2, ran.err
    assert name in ran.err
    assert not (repo / ".devcontainer").exists()


@pytest.mark.parametrize("kind", ["link", "link to a device", "pipe", "folder"])
def test_what_nobody_has_asked_for_may_be_anything(kind: str, make_repo: Make, cli: Cli) -> None:
    """A `.github` of the repo's own is in the way of a workflow of ours only."""
    repo = make_repo(PROFILE)
    odd(kind, repo / ".github/workflows", repo)
    for _ in range(2):  # rendered, and remembered
        assert cli("generate", "-C", repo).code == 0
        assert cli("generate", "--check", "-C", repo).code == 0
    ran = cli("generate", "--ci", "github", "-C", repo)
    assert ran.code == (0 if kind == "folder" else 2)
    assert kind == "folder" or ".github/workflows" in ran.err


def test_a_read_only_file_is_left_so(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(PROFILE)
    assert cli("generate", "-C", repo).code == 0
    path = repo / OUTPUT[0]
    before = path.read_bytes()
    path.chmod(0o444)
    (repo / "devpod.toml").write_text('name = "other"\n')
    for options in ((), ("--force",)):
        ran = cli("generate", "-C", repo, *options)
        assert ran.code == 4
        assert f"error: the file is read-only\n  at {path}\n  fix: `chmod u+w`" in ran.err
        assert path.read_bytes() == before
    path.chmod(0o644)
    assert cli("generate", "-C", repo).code == 0


def test_a_link_inside_of_the_repo_is_fine(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"profiles/one.toml": 'name = "shop"\n'})
    (repo / "devpod.toml").symlink_to("profiles/one.toml")
    assert cli("generate", "-C", repo).code == 0


def test_a_folder_replaced_between_look_and_rename(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened is written to, wherever it is now; the link is not followed."""
    repo, outside = tmp_path / "repo", tmp_path / "outside"
    (repo / "a").mkdir(parents=True)
    outside.mkdir()
    fill = opened.fill

    def swapped(folder: int, name: str, data: bytes, mode: int) -> BinaryIO:
        (repo / "a").rename(repo / "was")
        (repo / "a").symlink_to(outside)
        return fill(folder, name, data, mode)

    monkeypatch.setattr(opened, "fill", swapped)
    beneath.publish(repo, "a/b", "x")
    assert list(outside.iterdir()) == []
    assert (repo / "was/b").read_text() == "x"


def test_a_folder_that_is_swapped_all_the_time(tmp_path: Path) -> None:
    """A folder and a link change places as fast as another thread can; nothing gets out."""
    repo, outside = tmp_path / "repo", tmp_path / "outside"
    (repo / "a").mkdir(parents=True)
    outside.mkdir()
    (repo / "link").symlink_to(outside)
    ended = threading.Event()

    def swap() -> None:
        exchange = ctypes.CDLL(None).renameat2
        here, link = bytes(repo / "a"), bytes(repo / "link")
        while not ended.is_set():
            exchange(-100, here, -100, link, 2)  # AT_FDCWD, RENAME_EXCHANGE

    thread = threading.Thread(target=swap)
    thread.start()
    refused = written = 0
    try:
        for number in range(1500):
            try:
                beneath.publish(repo, f"a/{number % 7}", "x")
            except NotOurs:
                refused += 1
            else:
                written += 1
    finally:
        ended.set()
        thread.join()
    assert list(outside.iterdir()) == []
    assert written
    assert refused


def test_what_is_stopped_is_undone(tmp_path: Path) -> None:
    (tmp_path / "old").write_bytes(b"\xff1")
    (tmp_path / "old").chmod(0o600)

    def stopped_halfway() -> None:
        with all_or_none(tmp_path, ("old", "a/new", "other")):
            for name in ("old", "a/new", "a/not ours"):
                beneath.publish(tmp_path, name, "2")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped_halfway()
    assert tree(tmp_path) == {"old": b"\xff1", "a/not ours": b"2"}
    assert (tmp_path / "old").stat().st_mode & 0o777 == 0o600
    with all_or_none(tmp_path, ("old", "a/new")):
        beneath.publish(tmp_path, "a/new", "3")
    assert (tmp_path / "a/new").read_text() == "3"


def test_what_is_put_back_follows_no_link(tmp_path: Path) -> None:
    """A folder that became a link meanwhile: the file is put back where it was written, and
    what the link leads to is left alone."""
    repo, outside = tmp_path / "repo", tmp_path / "outside"
    for place in (repo / "a", outside):
        place.mkdir(parents=True)
        (place / "b").write_text("old")

    def swapped_halfway() -> None:
        with all_or_none(repo, ("a/b", "a/c", "a/gone")):
            beneath.publish(repo, "a/b", "new")
            beneath.publish(repo, "a/c", "new")
            (repo / "a").rename(repo / "was")
            (outside / "c").write_text("theirs")
            (repo / "a").symlink_to(outside)
            raise NotOurs(STOPPED)

    with pytest.raises(NotOurs, match="stopped"):
        swapped_halfway()
    assert tree(outside) == {"b": b"old", "c": b"theirs"}
    assert tree(repo / "was") == {"b": b"old"}


def test_what_cannot_be_put_back_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def stopped_halfway() -> None:
        with all_or_none(tmp_path, ("a", "b")):
            beneath.publish(tmp_path, "a", "new")
            beneath.publish(tmp_path, "b", "new")
            monkeypatch.setattr(opened, "fill", full)
            raise NotOurs(STOPPED)

    with pytest.raises(HostError) as caught:
        stopped_halfway()
    assert caught.value.where == str(tmp_path / "a")
    assert tree(tmp_path) == {"a": b"new"}  # the others are put back all the same


def test_a_copy_replaces_nothing(tmp_path: Path) -> None:
    """Also when others make copies at the same time; and only its user can read it, as before."""
    path = tmp_path / "a"
    path.write_text("x")
    path.chmod(0o600)
    (tmp_path / "a.bak").symlink_to("nowhere")
    threads = [threading.Thread(target=beneath.back_up, args=(tmp_path, "a")) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = {path.name for path in tmp_path.iterdir()} - {"a", "a.bak"}
    assert made == {f"a.bak{number}" for number in range(2, 22)}
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in made} == {0o600}
    assert {(tmp_path / name).read_text() for name in made} == {"x"}


def test_a_file_that_is_too_large_to_copy(make_repo: Make, cli: Cli) -> None:
    """A part of it would be no copy."""
    repo = make_repo(PROFILE)
    path = repo / OUTPUT[0]
    path.parent.mkdir()
    size = 16 * 1024 * 1024 + 1
    with path.open("wb") as file:
        file.truncate(size)
    for options in ((), ("--force",), ("--merge",)):
        ran = cli("generate", "-C", repo, *options)
        assert ran.code == 2
        assert "more than 16 MiB" in ran.err
        assert path.stat().st_size == size
        assert set(path.parent.iterdir()) == {path}


def test_reading_is_bounded(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 2048)
    assert len(source.read(tmp_path / "a", most=2048)) == 2048
    with pytest.raises(source.RefusedError, match="larger than 1 KiB"):
        source.read(tmp_path / "a", most=1024)


def test_the_git_folder_and_the_env_are_read_bounded(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(PROFILE)
    (repo / ".git").rename(repo / "git")
    (repo / ".git").symlink_to("/dev/zero")
    (repo / ".devcontainer").mkdir()
    assert cli("generate", "-C", repo).code == 0


def test_names_that_look_like_ours(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(PROFILE)
    (repo / ".devpod-gen-²-x").mkdir()
    (repo / ".devpod-gen-x-y").mkdir()
    assert cli("generate", "-C", repo).code == 0
    assert (repo / ".devpod-gen-²-x").is_dir()


@pytest.mark.parametrize("name", ["devcontainer.json", ".env"])
@pytest.mark.parametrize("command", ["generate", "up"])
def test_of_what_is_refused_nothing_is_written(
    name: str, command: str, make_repo: Make, cli: Cli, tmp_path: Path
) -> None:
    """Not the files before it, and nothing in the user's own folders."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    (repo / ".devcontainer").mkdir()
    (repo / ".devcontainer" / name).symlink_to(tmp_path / "elsewhere")
    before = sorted(tmp_path.rglob("*"))
    assert cli(command, "-C", repo).code == 2
    assert sorted(tmp_path.rglob("*")) == before
