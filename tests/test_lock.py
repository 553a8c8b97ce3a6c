"""devpod.lock without an engine: read, checked, refused; and what else may lie about."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran, tree
from devpod_gen.cli.console import Console
from devpod_gen.cli.locked import write_lock
from devpod_gen.cli.options import Repo, identity_of, plan_of
from devpod_gen.plan.lock import Lock, LockedImage, parse
from devpod_gen.plan.model import PlatformImage
from devpod_gen.workspace.env import write_env

Make = Callable[..., Path]
Cli = Callable[..., Ran]

DIGEST, ID = f"sha256:{'d' * 64}", f"sha256:{'1' * 64}"
PROFILE = 'name = "shop"\n[image]\nregistry = "registry.example.com/team"\n'
GO = f'stacks = ["go"]\n{PROFILE}[tools]\ngo = "1.24"\n'


@pytest.fixture
def locked(make_repo: Make) -> Callable[..., Path]:
    """A repo with generated files, and a lock of them."""

    def make(profile: str = PROFILE, tools: tuple[tuple[str, str], ...] = ()) -> Path:
        repo = make_repo({"devpod.toml": profile})
        where = Repo(repo, None)
        platforms = (PlatformImage("linux/amd64", DIGEST, ID),)
        image = LockedImage(plan_of(where).image.ref, DIGEST, platforms)
        write_lock(where, image, tools, Console(as_json=False, verbose=False))
        return repo

    return make


def change(repo: Path, **values: Any) -> None:
    path = repo / "devpod.lock"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_same_facts_same_bytes(locked: Callable[..., Path]) -> None:
    repo = locked(GO, (("go", "1.24.4"),))
    text = (repo / "devpod.lock").read_text()
    assert parse(text.encode(), file="devpod.lock").text() == text
    document = json.loads(text)
    assert list(document) == sorted(document)
    assert document["tools"] == {"go": "1.24.4"}
    assert document["image"]["platforms"] == {"linux/amd64": {"digest": DIGEST, "id": ID}}
    assert set(document["files"]) == set(tree(repo)) - {
        "devpod.toml",
        "devpod.lock",
        ".devcontainer/.env",
    }
    assert str(repo) not in text


def test_a_lock_that_fits(locked: Callable[..., Path], cli: Cli) -> None:
    repo = locked(GO, (("go", "1.24.4"),))
    before = tree(repo)
    ran = cli("lock", "-C", repo)
    assert (ran.code, ran.err) == (0, "")
    assert "tools: go 1.24.4\nfiles: 4, as locked" in ran.out
    assert json.loads(cli("lock", "--json", "-C", repo).out)["lock"]["image"]["digest"] == DIGEST
    assert tree(repo) == before


def test_no_lock(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": PROFILE})
    for command in (("lock",), ("up", "--frozen"), ("verify", "--frozen"), ("bundle",)):
        cli("generate", "-C", repo)
        ran = cli(*command, "-C", repo)
        assert ran.code == 1, ran.err
        assert "error: there is no lock\n  at devpod.lock\n" in ran.err
        assert "fix: run `devpod-gen lock --update`" in ran.err


@pytest.mark.parametrize("command", [("lock",), ("up", "--frozen"), ("verify", "--frozen")])
def test_drift_of_files_is_refused(
    command: tuple[str, ...], locked: Callable[..., Path], cli: Cli
) -> None:
    """By the lock, though the files are what the profile says; and the other way round."""
    repo = locked()
    change(repo, files={".devcontainer/compose.yaml": ID})
    ran = cli(*command, "-C", repo)
    assert ran.code == 1
    assert 'at devpod.lock::files.".devcontainer/compose.yaml": is of another content' in ran.err
    assert 'at devpod.lock::files.".devcontainer/devcontainer.json": is not there' in ran.err

    (repo / ".devcontainer/devcontainer.json").unlink()
    ran = cli(*command, "-C", repo)
    assert ran.code == 1
    assert ".devcontainer/devcontainer.json (missing)" in ran.err


def test_drift_of_image_and_tools(locked: Callable[..., Path], cli: Cli) -> None:
    repo = locked(GO, (("go", "1.24.4"),))
    change(repo, tools={"go": "1.23.9"})
    ran = cli("lock", "-C", repo)
    assert ran.code == 1
    assert "at devpod.lock::tools.go: is 1.23.9, the profile pins 1.24\n" in ran.err

    change(repo, tools={})
    assert "tools.go: is not there" in cli("lock", "-C", repo).err

    (repo / "devpod.toml").write_text(f'{GO}[env]\nX = "new"\n[caches]\ny = ["/home/dev/y"]\n')
    assert cli("generate", "-C", repo).code == 0
    ran = cli("up", "--frozen", "-C", repo)
    assert ran.code == 1
    assert "at devpod.lock::image.ref: is registry.example.com/team/go:" in ran.err


def test_a_lock_of_a_registry_has_a_digest(locked: Callable[..., Path], cli: Cli) -> None:
    repo = locked()
    ref = json.loads((repo / "devpod.lock").read_text())["image"]["ref"]
    change(repo, image={"ref": ref, "digest": None, "platforms": {}})
    assert cli("generate", "-C", repo).code == 0
    assert "image.digest: is not there, though" in cli("lock", "-C", repo).err


def test_a_lock_without_tools_says_so(locked: Callable[..., Path], cli: Cli) -> None:
    repo = locked()
    change(repo, tools=None)
    ran = cli("lock", "-C", repo)
    assert ran.code == 0
    assert "tools: not looked at yet: run `devpod-gen lock --update`" in ran.out


WHOLE: dict[str, Any] = {
    "version": 2,
    "generator": "0.1.0",
    "image": {"ref": "x", "digest": DIGEST, "platforms": {}},
    "tools": None,
    "files": {},
}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is no lock"),
        ("[]", "is no lock of this version"),
        ('{"version": 3}', "is no lock of this version"),
        ("[" * 100_000, "is no lock"),
        ('{"version": 1, "image": {}}', "is a lock of an earlier devpod-gen"),
        (json.dumps(WHOLE | {"image": {"ref": "x", "digest": "y"}}), "names no image"),
        (json.dumps(WHOLE | {"image": None}), "names no image"),
        (json.dumps(WHOLE | {"files": {"a": "b"}}), "names no image and no files"),
        (json.dumps(WHOLE | {"tools": {"go": 1}}), "names tools without a version"),
        (
            json.dumps(WHOLE | {"image": WHOLE["image"] | {"platforms": {"a$b": {}}}}),
            "names no image",
        ),
    ],
)
def test_a_broken_lock(text: str, told: str, make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": PROFILE, "devpod.lock": text})
    before = tree(repo)
    for command in ("generate", "lock"):
        ran = cli(command, "-C", repo)
        assert ran.code == 2
        assert f"at devpod.lock: {told}" in ran.err
        assert "`devpod-gen lock --update`" in ran.err
    assert tree(repo) == before
    assert parse(json.dumps(WHOLE).encode(), file="x") == Lock(
        LockedImage("x", DIGEST), None, (), "0.1.0"
    )


def test_the_reference_clients_own_lock_is_not_ours(locked: Callable[..., Path], cli: Cli) -> None:
    repo = locked()
    theirs = repo / ".devcontainer/devcontainer-lock.json"
    theirs.write_text('{"features": {}}')
    assert cli("generate", "--check", "-C", repo).code == 0
    assert cli("lock", "-C", repo).code == 0
    assert cli("generate", "--force", "-C", repo).code == 0
    assert theirs.read_text() == '{"features": {}}'
    assert not list(repo.rglob("*.bak"))


def test_the_image_by_digest_or_by_the_id_and_nothing_else(locked: Callable[..., Path]) -> None:
    repo = locked()
    text = (repo / ".devcontainer/compose.yaml").read_text()
    ref = json.loads((repo / "devpod.lock").read_text())["image"]["ref"]
    variable = "DEVPOD_LOADED_AMD64"
    assert f'image: "${{{variable}+{ID}}}${{{variable}-{ref}@{DIGEST}}}"\n' in text


def test_env_keeps_only_what_the_image_offers(locked: Callable[..., Path], cli: Cli) -> None:
    """`generate` asks no engine: it keeps the variable that chooses, and nothing else."""
    repo = locked()
    where = Repo(repo, None)
    plan = plan_of(where)
    identity, first = identity_of(where, plan), (repo / ".devcontainer/.env").read_text()
    assert write_env(identity, plan, ("DEVPOD_LOADED_AMD64",))
    assert not write_env(identity, plan, ("DEVPOD_LOADED_AMD64",))
    right = identity.env_file.read_text()
    assert cli("generate", "-C", repo).code == 0
    assert identity.env_file.read_text() == right

    for evil in ("@sha256:evil", "evil/image", '""'):
        identity.env_file.write_text(f"{first}DEVPOD_LOADED_AMD64={evil}\n")
        assert write_env(identity, plan)
        assert identity.env_file.read_text() == first
    identity.env_file.write_text(f"{right}DEVPOD_LOADED_ARM64=\nDEVPOD_PORT_80=0\n")
    assert cli("generate", "-C", repo).code == 0
    assert identity.env_file.read_text() == right
