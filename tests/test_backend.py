"""A JetBrains backend in the image. The archives are stand-ins with the documented layout: a
real one has 1.5 GB, and cannot be had without a network. What they print has the documented
form."""

import gzip
import hashlib
import http.server
import io
import json
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import Ran, docker, trust
from devpod_gen import resources
from devpod_gen.engine.docker import Docker
from devpod_gen.errors import ImageError, ProfileError
from devpod_gen.plan.asks import asks
from devpod_gen.plan.jetbrains import BakePlan
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.workspace.backend import source_of
from devpod_gen.workspace.image import ensure

Make = Callable[..., Path]
Command = Callable[..., Ran]

# Prints what a backend does, of the folder that it lies in and the words that it gets.
SERVER = """#!/bin/sh
set -eu
quoted() { printf %s "$1" | sed 's|/|%2F|g'; }
ide=$(cd "$(dirname "$0")/.." && pwd -P)
[ "$1" = run ] && [ "$REMOTE_DEV_TRUST_PROJECTS" = 1 ] || exit 3
values="idePath=$(quoted "$ide")&projectPath=$(quoted "$2")&host=$4&port=$8&user=$6&type=ssh"
values="$values&deploy=false&newUi=true"
echo "Join link: tcp://127.0.0.1:5990#jt=x&p=GO&fp=y&cb=252.1&newUi=true&jb=21"
echo "Http link: https://code-with-me.jetbrains.com/remoteDev#$values"
echo "Gateway link: jetbrains-gateway://connect#$values"
exec sleep infinity
"""
INFO: dict[str, object] = {
    "name": "GoLand",
    "productCode": "GO",
    "buildNumber": "252.1.2",
    "launch": [{"os": "Linux", "arch": "amd64"}, {"os": "Linux", "arch": "aarch64"}],
}


def archive(path: Path, info: dict[str, object], server: str = SERVER) -> str:
    """A stand-in, and its sha256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # No clock in it, so that the image is the same from run to run.
    with (
        gzip.GzipFile(path, "wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for name, text, mode in (
            ("product-info.json", json.dumps(info), 0o644),
            ("bin/remote-dev-server.sh", server, 0o755),
        ):
            member = tarfile.TarInfo(f"GoLand-252.1.2/{name}")
            member.size, member.mode, member.uid = len(text.encode()), mode, 12345
            tar.addfile(member, io.BytesIO(text.encode()))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def profile(place: str, digest: str) -> str:
    return (
        'name = "baked"\n[ide.jetbrains]\nbackend = "GoLand"\n'
        f'bake = {{ {place}, sha256 = "{digest}" }}\n'
    )


def plan_of(text: str) -> Plan:
    return resolve(parse(text.encode(), "devpod.toml"), stacks.known(), folder_name="x")


def test_the_hash_is_in_the_tag_and_the_place_is_not() -> None:
    first, second = "a" * 64, "b" * 64
    tag = plan_of(profile('path = "ide.tar.gz"', first)).image.ref
    assert tag == plan_of(profile('url = "https://example.com/ide.tar.gz"', first)).image.ref
    assert tag != plan_of(profile('path = "ide.tar.gz"', second)).image.ref
    assert tag != plan_of('name = "baked"\n').image.ref


def test_it_lies_above_our_stacks_which_are_shared() -> None:
    text = profile('path = "x"', "a" * 64) + '\n[image]\npackages = ["tree"]\n'
    layers = plan_of(f'stacks = ["node", "zig"]\n{text}').image.layers
    assert [layer.target for layer in layers] == ["base", "node", "zig", "jetbrains", "workspace"]


@pytest.mark.parametrize(
    ("place", "asked"),
    [
        ('path = "ide/x.tar.gz"', None),
        ('path = "/opt/x.tar.gz"', "this machine's file /opt/x.tar.gz is read"),
        ('path = "~/x.tar.gz"', "this machine's file ~/x.tar.gz is read"),
        ('url = "https://example.com/x.tar.gz"', "https://example.com/x.tar.gz is downloaded"),
    ],
)
def test_what_is_not_of_the_repo_needs_trust(place: str, asked: str | None) -> None:
    found = asks(plan_of(profile(place, "a" * 64)))
    assert [ask.kind for ask in found] == (["backend"] if asked else [])
    assert not asked or found[0].what.startswith(asked)


@pytest.mark.parametrize(
    ("bake", "told"),
    [
        (f'{{ sha256 = "{"a" * 64}" }}', "wants one of path and url"),
        (f'{{ path = "x", url = "https://a/b", sha256 = "{"a" * 64}" }}', "not both"),
        ('{ path = "x" }', "sha256"),
        ('{ path = "x", sha256 = "abc" }', "64 hexadecimal digits"),
        (f'{{ path = "x,y", sha256 = "{"a" * 64}" }}', "a path of letters"),
        (f'{{ url = "https://u:p@a/b", sha256 = "{"a" * 64}" }}', "without a password"),
    ],
)
def test_a_bad_one(bake: str, told: str) -> None:
    with pytest.raises(ProfileError) as caught:
        parse(f"[ide.jetbrains]\nbake = {bake}\n".encode(), "devpod.toml")
    assert told in str([finding.message for finding in caught.value.findings])


def test_where_it_is_found(tmp_path: Path) -> None:
    (tmp_path / "real.tgz").write_text("x")
    (tmp_path / "link.tgz").symlink_to("real.tgz")
    found = source_of(BakePlan("GoLand", "a" * 64, path="link.tgz"), tmp_path)
    assert found.args == (("FILE", "real.tgz"),)
    assert found.contexts == (("archive", tmp_path.resolve()),)
    with pytest.raises(ImageError, match="there is no archive of GoLand here"):
        source_of(BakePlan("GoLand", "a" * 64, path="none.tgz"), tmp_path)


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_a_backend_is_baked_registered_and_starts(make_repo: Make, command: Command) -> None:
    repo = make_repo({}, "baked")
    (repo / "big").write_bytes(b"x" * 1000)
    digest = archive(repo / "ide/goland.tar.gz", INFO)
    (repo / "devpod.toml").write_text(profile('path = "ide/goland.tar.gz"', digest))
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--json", "--door", "jetbrains", "-C", repo)
    assert ran.code == 0, f"{ran.err}\n{ran.out}"
    report = json.loads(ran.out)
    found = {c["id"]: c["detail"] for c in report["checks"] if c["door"] == "jetbrains"}
    assert found["backend"] == "GoLand, GO-252.1.2, at /opt/jetbrains/GoLand"
    assert found["registered"].startswith("known to Gateway by a link, to Toolbox")
    assert found["links"] == "it starts, and its link has the same values as ours"
    # Nothing of it belongs to whoever packed it, and nothing else is in the image.
    look = ("run", "--rm", "--entrypoint", "sh", report["image"]["ref"], "-c")
    assert docker(*look, "stat -c %u:%a /opt/jetbrains/GoLand/bin/*") == "0:755"
    assert docker(*look, "ls /opt/jetbrains") == "GoLand"


@pytest.mark.engine
@pytest.mark.parametrize(
    ("info", "told"),
    [
        (INFO | {"productCode": "WS"}, "the archive is of WS (build 252.1.2)"),
        (INFO | {"launch": [{"os": "Linux", "arch": "riscv"}]}, "is for riscv, this image for"),
        ({"buildNumber": "1"}, "has no productCode"),
    ],
)
def test_another_archive_than_the_profile_says(
    info: dict[str, object],
    told: str,
    tmp_path: Path,
    engine: None,  # noqa: ARG001 - it is needed
) -> None:
    """The build's own step, in the image that it runs in."""
    digest = archive(tmp_path / "ide.tgz", info)
    values = {"SHA256": digest, "CODE": "GO", "PRODUCT": "GoLand", "TARGETARCH": "amd64"}
    base = ensure(Docker(), plan_of('name = "baked"\n').image, print).ref
    done = subprocess.run(
        [
            *("docker", "run", "--rm", "--entrypoint", "/recipe/unpack"),
            *(word for pair in values.items() for word in ("--env", "=".join(pair))),
            *("--volume", f"{resources.images() / 'jetbrains'}:/recipe:ro"),
            *("--volume", f"{tmp_path}:/given:ro", base, "/given/ide.tgz", "/tmp/out"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("devpod: ")
    assert told in done.stderr


@pytest.mark.engine
def test_another_checksum_names_both(make_repo: Make, command: Command) -> None:
    repo = make_repo({}, "sum")
    digest = archive(repo / "ide.tgz", INFO)
    (repo / "devpod.toml").write_text(profile('path = "ide.tgz"', "a" * 64))
    ran = command("build", "-C", repo)
    assert ran.code == 6
    assert "fix: correct ide.jetbrains.bake" in ran.err
    assert digest in ran.err
    assert "a" * 64 in ran.err


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder, at a URL that builds reach: the address of the engine's own network."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *words: object) -> None:
            super().__init__(*words, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_words: object) -> None:
            pass

    address = docker("network", "inspect", "bridge", "-f", "{{(index .IPAM.Config 0).Gateway}}")
    with http.server.ThreadingHTTPServer((address, 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address}:{server.server_port}"
        server.shutdown()


@pytest.mark.campaign
def test_by_url_it_is_asked_about_downloaded_and_leaves_no_trace_of_the_url(
    make_repo: Make, command: Command, tmp_path: Path
) -> None:
    digest = archive(tmp_path / "served/ide.tgz", INFO | {"buildNumber": "252.9"})
    repo = make_repo({}, "url")
    with served(tmp_path / "served") as url:
        (repo / "devpod.toml").write_text(profile(f'url = "{url}/ide.tgz"', digest))
        assert command("build", "-C", repo).code == 3
        trust(command, repo)
        env = {"NO_PROXY": "*", "no_proxy": "*"}
        ran = command("build", "--json", "-C", repo, env=env)
        assert ran.code == 0, ran.err
    ref = json.loads(ran.out)["image"]["ref"]
    assert url not in docker("history", "--no-trunc", ref) + docker("image", "inspect", ref)


@pytest.mark.parametrize("path", ["a/../../x.tar.gz", "../x.tar.gz", "a/./x.tar.gz", "~/../x"])
def test_a_path_with_dots_is_none(path: str) -> None:
    with pytest.raises(ProfileError):
        plan_of(profile(f'path = "{path}"', "a" * 64))
