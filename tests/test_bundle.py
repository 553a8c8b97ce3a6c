"""The archive that `bundle` makes: every byte of it counts, and nothing of it goes elsewhere."""

import hashlib
import io
import json
import random
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from conftest import Ran, tree
from devpod_gen.cli.console import Console
from devpod_gen.cli.locked import write_lock
from devpod_gen.cli.options import Repo, plan_of
from devpod_gen.disk import growing
from devpod_gen.errors import EngineError, ProfileError
from devpod_gen.plan.lock import LockedImage
from devpod_gen.plan.model import PlatformImage
from devpod_gen.workspace import bundle
from devpod_gen.workspace.bundle import Facts, is_allowed
from devpod_gen.workspace.delivery import require_sound
from devpod_gen.workspace.reader import opened

Make = Callable[..., Path]
Cli = Callable[..., Ran]

CONFIG = b'{"architecture": "amd64"}'
ID = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
DIGEST = f"sha256:{'d' * 64}"
ENTRY: dict[str, Any] = {"Config": f"blobs/sha256/{ID[7:]}", "RepoTags": None, "Layers": []}


def saved(entries: list[dict[str, Any]] | None = None, **more: bytes) -> bytes:
    """An image's archive as `docker save` makes it of an id, without layers."""
    files = {
        f"blobs/sha256/{ID[7:]}": CONFIG,
        "manifest.json": json.dumps([ENTRY] if entries is None else entries).encode(),
        **{name.replace("_", ".", 1): content for name, content in more.items()},
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


@pytest.fixture
def origin(make_repo: Make) -> Path:
    """A repo with a lock and what belongs to it."""
    profile = 'name = "shop"\n[image]\nregistry = "registry.example.com/team"\n'
    repo = make_repo({"devpod.toml": profile, ".devpod/toy/notes.txt": "x\n"})
    where = Repo(repo, None)
    image = LockedImage(
        plan_of(where).image.ref, DIGEST, (PlatformImage("linux/amd64", DIGEST, ID),)
    )
    write_lock(where, image, (), Console(as_json=False, verbose=False))
    return repo


def facts_of(repo: Path) -> Facts:
    ref = json.loads((repo / "devpod.lock").read_text())["image"]["ref"]
    return Facts("0.1.0", "devpod.toml", ref, DIGEST, ID, "linux/amd64")


def files_of(repo: Path) -> dict[str, bytes]:
    return {path: text for path, text in tree(repo).items() if not path.endswith("/.env")}


def pack(target: Path, facts: Facts, files: dict[str, bytes], image: bytes | None = None) -> Path:
    def save(take: Callable[[IO[bytes]], None]) -> None:
        take(io.BytesIO(image or saved()))

    with growing(target) as stream:
        bundle.write(stream, facts, files, save)
    return target


@pytest.fixture
def whole(origin: Path, tmp_path: Path) -> Path:
    return pack(tmp_path / "whole.tar", facts_of(origin), files_of(origin))


def test_what_is_written_is_what_is_read(whole: Path, origin: Path) -> None:
    with opened(whole) as found:
        assert found.facts == facts_of(origin)
        assert found.files == files_of(origin)
        require_sound(found, where="x")
    with tarfile.open(whole) as tar:  # anyone can list it
        assert tar.getnames()[:2] == ["image.tar", "repo/.devcontainer/.gitignore"]
        assert {(m.uid, m.gid, m.mtime, m.uname) for m in tar.getmembers()} == {(0, 0, 0, "")}
        assert "repo/.devpod/toy/notes.txt" in tar.getnames()
        assert "repo/.devcontainer/.env" not in tar.getnames()
    again = pack(whole.with_name("again.tar"), facts_of(origin), files_of(origin))
    assert again.read_bytes() == whole.read_bytes()


def test_every_byte_counts(whole: Path, tmp_path: Path) -> None:
    """Each block's first byte, and a thousand others: headers, contents, padding, the end."""
    data, changed = whole.read_bytes(), tmp_path / "changed.tar"
    places = {*range(0, len(data), 512), *random.Random(1).sample(range(len(data)), 1000)}
    for place in places:
        changed.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        with pytest.raises(ProfileError, match="this is no whole bundle"), opened(changed):
            pass
    for cut in (0, 100, 512, 5000, len(data) - 1024, len(data) - 1):
        changed.write_bytes(data[:cut])
        with pytest.raises(ProfileError, match="this is no whole bundle"), opened(changed):
            pass
    changed.write_bytes(data + bytes(512))
    with pytest.raises(ProfileError, match="behind its end"), opened(changed):
        pass


def test_a_tampered_one_writes_nothing(whole: Path, tmp_path: Path, cli: Cli) -> None:
    data = bytearray(whole.read_bytes())
    data[data.index(b'name = "shop"') + 8] ^= 1
    whole.write_bytes(data)
    target = tmp_path / "target"
    target.mkdir()
    ran = cli("bundle", "--load", whole, "-C", target)
    assert ran.code == 2
    assert "this is no whole bundle: repo/devpod.toml is not what was written" in ran.err
    assert not list(target.iterdir())


@pytest.mark.parametrize(
    "path",
    [
        "../devpod.toml",
        "/devpod.toml",
        ".devpod/../x",
        ".devpod//x",
        ".devpod/./x",
        "devpod.toml/",
        ".git/hooks/post-checkout",
        ".devpod/.git/config",
        ".devcontainer/.env",
        ".devcontainer/.ENV",
        ".devcontainer",
        "Makefile",
        ".github/workflows/x.yml",
        ".devpod/a\nb",
        ".devpod/a\\b",
        f".devpod/{'x' * 100}",
        "",
    ],
)
def test_paths_that_a_bundle_never_brings(path: str, origin: Path, tmp_path: Path) -> None:
    assert not is_allowed(path)
    with pytest.raises(ProfileError, match="cannot hold this file"):
        pack(tmp_path / "x.tar", facts_of(origin), {path: b"x"})
    assert not (tmp_path / "x.tar").exists()
    assert {entry.name for entry in tmp_path.iterdir()} == {"shop"}


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_links_and_devices_have_no_place(kind: bytes, whole: Path, tmp_path: Path) -> None:
    info = tarfile.TarInfo("repo/.devpod/x")
    info.type, info.linkname = kind, "/etc/passwd"
    hostile = tmp_path / "hostile.tar"
    hostile.write_bytes(info.tobuf(tarfile.GNU_FORMAT) + whole.read_bytes())
    with pytest.raises(ProfileError, match="has no place in one"), opened(hostile):
        pass


def test_a_crafted_one_is_refused(origin: Path, tmp_path: Path, cli: Cli) -> None:
    """Every hash right, but of things that do not belong to one another."""
    facts, files, target = facts_of(origin), files_of(origin), tmp_path / "target"
    target.mkdir()
    compose = ".devcontainer/compose.yaml"
    other = dict(files) | {compose: files[compose].replace(b"sleep", b"sloop")}
    tags = [ENTRY | {"RepoTags": ["debian:trixie-slim"]}]
    name = {"annotations": {"io.containerd.image.name": "docker.io/library/debian:12"}}
    index = json.dumps({"manifests": [name]}).encode()
    for told, values in {
        "are not those of the lock": (facts, other, None),
        "profile or the lock is not there": (facts, {"devpod.toml": b""}, None),
        "is not the one of the lock": (replace(facts, ref="debian:12"), files, None),
        "is not the lock's for": (replace(facts, id=DIGEST), files, None),
        "does not say what it is of": (replace(facts, profile="../x.toml"), files, None),
        "would name images": (facts, files, saved(tags)),
        "archive would name images": (facts, files, saved(index_json=index)),
        "is not one image": (facts, files, saved([ENTRY, ENTRY])),
        "not one image": (facts, files, saved([])),
        "no archive of an image": (facts, files, b"nothing"),
        "text files only": (facts, files | {".devpod/x": b"\xff"}, None),
        "the one that the manifest names": (
            facts,
            files,
            saved([ENTRY | {"Config": "manifest.json"}]),
        ),
    }.items():
        path = pack(tmp_path / "crafted.tar", *values)
        ran = cli("bundle", "--load", path, "-C", target)
        assert ran.code == 2, told
        assert told in ran.err
        assert not list(target.iterdir())


def test_what_is_there_is_not_overwritten(whole: Path, make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'name = "mine"\n'}, "mine")
    before = tree(repo)
    ran = cli("bundle", "--load", whole, "-C", repo)
    assert ran.code == 2
    assert "at devpod.toml (not written by devpod-gen)" in ran.err
    assert "fix: `--force` replaces it and keeps a .bak copy" in ran.err
    assert tree(repo) == before


def test_no_link_leads_out_of_the_repo(whole: Path, make_repo: Make, cli: Cli) -> None:
    repo = make_repo({}, "linked")
    outside = repo.parent / "outside"
    outside.mkdir()
    (repo / ".devcontainer").symlink_to(outside)
    ran = cli("bundle", "--load", whole, "-C", repo)
    assert ran.code == 2
    assert "a symbolic link is in the way" in ran.err
    assert not list(outside.iterdir())


def test_a_failed_save_leaves_nothing(origin: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.tar"
    target.write_text("mine")

    def save(take: Callable[[IO[bytes]], None]) -> None:
        take(io.BytesIO(b"half"))
        message = "the engine has gone"
        raise EngineError(message)

    def pack_by_that() -> None:
        with growing(target) as stream:
            bundle.write(stream, facts_of(origin), files_of(origin), save)

    with pytest.raises(EngineError):
        pack_by_that()
    assert target.read_text() == "mine"
    assert {entry.name for entry in tmp_path.iterdir()} == {"shop", "x.tar"}


def test_an_archive_that_is_there_stays(origin: Path, tmp_path: Path, cli: Cli) -> None:
    target = tmp_path / "x.tar"
    target.write_text("mine")
    ran = cli("bundle", "-o", target, "-C", origin)
    assert ran.code == 2
    assert "fix: name another with -o, or use --force" in ran.err
    assert target.read_text() == "mine"


def test_options_that_contradict(whole: Path, tmp_path: Path, cli: Cli) -> None:
    ran = cli("bundle", "--load", whole, "-o", tmp_path / "x.tar", "-C", tmp_path)
    assert ran.code == 2
    assert "the archive says what it holds" in ran.err


def test_no_archive(tmp_path: Path, cli: Cli) -> None:
    ran = cli("bundle", "--load", tmp_path / "none.tar", "-C", tmp_path)
    assert ran.code == 4
    assert "the bundle cannot be read: No such file or directory" in ran.err
