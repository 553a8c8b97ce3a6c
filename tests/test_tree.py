"""emit.tree and disk: what is written, what is refused, and that no file is ever half."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import tree
from devpod_gen import disk
from devpod_gen.emit.bundle import bundle, self_check
from devpod_gen.emit.file import BLANK, RenderedFile, is_ours, is_untouched, stamped
from devpod_gen.emit.tree import State, compare
from devpod_gen.emit.writing import write as write_changes
from devpod_gen.errors import HostError, NotOurs
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse


def ours(text: str, path: str = ".devcontainer/a.yaml") -> RenderedFile:
    return stamped(path, f"# content sha256:{BLANK}\n{text}\n")


def write(root: Path, files: tuple[RenderedFile, ...], *, force: bool = False) -> None:
    write_changes(root, compare(root, files), force=force)


def state(root: Path, file: RenderedFile) -> State:
    return compare(root, (file,))[0].state


def test_a_stamp_tells_edited_from_untouched() -> None:
    file = ours("a: 1")
    assert is_untouched(file.text)
    assert is_ours(file.text + "b: 2\n")
    assert not is_untouched(file.text + "b: 2\n")
    assert not is_ours("a: 1\n")


def test_states(tmp_path: Path) -> None:
    file = ours("a: 1")
    path = tmp_path / file.path
    assert state(tmp_path, file) is State.MISSING
    write(tmp_path, (file,))
    assert state(tmp_path, file) is State.SAME
    assert state(tmp_path, ours("a: 2")) is State.OUTDATED
    path.write_text(file.text + "mine: 1\n")
    assert state(tmp_path, file) is State.EDITED
    path.write_text("mine: 1\n")
    assert state(tmp_path, file) is State.FOREIGN
    path.write_bytes(b"\xff\xfe")
    assert state(tmp_path, file) is State.FOREIGN


@pytest.mark.parametrize("content", ["mine: 1\n", ours("a: 1").text + "mine: 1\n"])
def test_what_is_not_ours_is_kept(tmp_path: Path, content: str) -> None:
    other, file = ours("b: 1", ".devcontainer/b.yaml"), ours("a: 1")
    path = tmp_path / file.path
    path.parent.mkdir()
    path.write_text(content)
    before = tree(tmp_path)
    with pytest.raises(NotOurs) as caught:
        write(tmp_path, (other, file))
    assert ".devcontainer/a.yaml" in str(caught.value.where)
    assert "-mine: 1" in caught.value.detail
    assert tree(tmp_path) == before  # not the other one either


@pytest.mark.parametrize("before", [None, ours("a: 0").text, "mine: 1\n"])
def test_what_changes_meanwhile_is_kept(tmp_path: Path, before: str | None) -> None:
    """An editor saves between the look and the writing."""
    file = ours("a: 1")
    path = tmp_path / file.path
    path.parent.mkdir()
    if before:
        path.write_text(before)
    changes = compare(tmp_path, (file,))
    path.write_text("mine: 2\n")
    with pytest.raises(NotOurs, match="changed meanwhile"):
        write_changes(tmp_path, changes, force=True)
    assert tree(tmp_path) == {file.path: b"mine: 2\n"}


@pytest.mark.parametrize("before", [None, ours("a: 0").text])
def test_another_one_that_was_quicker_is_no_change(tmp_path: Path, before: str | None) -> None:
    """Two commands at once write the same."""
    file = ours("a: 1")
    path = tmp_path / file.path
    path.parent.mkdir()
    if before:
        path.write_text(before)
    changes = compare(tmp_path, (file,))
    path.write_text(file.text)
    write_changes(tmp_path, changes)
    assert tree(tmp_path) == {file.path: file.text.encode()}


def test_force_keeps_each_copy(tmp_path: Path) -> None:
    file = ours("a: 1")
    path = tmp_path / file.path
    path.parent.mkdir()
    for number, name in enumerate(("a.yaml.bak", "a.yaml.bak2"), start=1):
        path.write_text(f"mine: {number}\n")
        write(tmp_path, (file,), force=True)
        assert path.read_text() == file.text
        assert (path.parent / name).read_text() == f"mine: {number}\n"


@pytest.mark.parametrize("link", [".devcontainer", ".devcontainer/a.yaml"])
def test_links_are_not_followed(tmp_path: Path, link: str) -> None:
    outside, repo = tmp_path / "outside", tmp_path / "repo"
    outside.mkdir()
    (repo / link).parent.mkdir(parents=True)
    (repo / link).symlink_to(outside)
    with pytest.raises(NotOurs) as caught:
        write(repo, (ours("a: 1"),), force=True)
    assert str(caught.value.where).endswith(link)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        disk.publish(tmp_path / "a", "x")
        disk.publish(tmp_path / "b", "x", mode=0o600)
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


def test_a_refusing_disk_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(HostError, match="No space left"):
        disk.publish(path, "new")
    assert tree(tmp_path) == {"a": b"old"}


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    """Killed at any moment, the file is the old or the new one: 20 writers, each killed
    while it replaces one megabyte by another in a loop."""
    path = tmp_path / "a"
    path.write_bytes(b"0" * 1_000_000)
    script = (
        "import sys, itertools; from pathlib import Path; from devpod_gen.disk import publish\n"
        "for n in itertools.cycle('0123456789'):\n"
        "    publish(Path(sys.argv[1]), n * 1_000_000); print(n, flush=True)\n"
    )
    for round_ in range(20):
        writer = subprocess.Popen(
            [sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout
        for _ in range(1 + round_ % 4):
            writer.stdout.readline()
        writer.kill()
        writer.wait()
        writer.stdout.close()
        content = path.read_bytes()
        assert len(content) == 1_000_000
        assert len(set(content)) == 1


@pytest.mark.parametrize(
    "value", [BLANK, f"content sha256:{BLANK}", f"# content sha256:{'a' * 64}"]
)
def test_a_value_that_looks_like_a_stamp_is_none(value: str) -> None:
    """In every format: behind a key, in quotes."""
    profile = parse(
        f'name = "x"\n[env]\nA = "{value}"\n[ide.vscode.settings]\ncontent = "{value}"\n'.encode(),
        "f",
    )
    files = bundle(resolve(profile, (), folder_name="x"))
    self_check(files)
    for file in files:
        assert is_untouched(file.text)
        assert not is_untouched(file.text.replace("devpod", "other"))
