"""The words of other programs, as these have said them, and of their neighbours: what a user has
called something, or a step of theirs has said, is taken for no cause."""

import resource as limits
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devpod_gen import resources
from devpod_gen.engine import plainhttp, refusal, unbuilt, unstarted
from devpod_gen.engine.command import Result
from devpod_gen.engine.model import Base, Build, Container
from devpod_gen.engine.reference import _BUILT
from devpod_gen.engine.traces import _HARMLESS
from devpod_gen.errors import NoBranch, StartError
from devpod_gen.plan.dotfiles import DotfilesPlan
from devpod_gen.workspace import hooks, worktree
from devpod_gen.workspace.dotfiles import outcome

FROM_ENGINE = "Error response from daemon: "
LOOKUP = 'Get "https://registry.denied.invalid/v2/": dial tcp: lookup registry.denied.invalid'
HEAD = "ERROR: unexpected status from HEAD request to http://127.0.0.1:42953/v2/a/b/manifests/1: "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{FROM_ENGINE}manifest unknown", "does not have it"),
        ("ERROR: 127.0.0.1:42953/team/denied:1: not found", "does not have it"),
        (f"{FROM_ENGINE}manifest for a/503:1 not found: manifest unknown", "does not have it"),
        ("ERROR: docker.io/library/toomanyrequests:401: not found", "does not have it"),
        (f"{FROM_ENGINE}{LOOKUP} on 10.0.0.53:53: no such host", "cannot be reached"),
        (f"{FROM_ENGINE}{LOOKUP} on 10.0.0.53:53: server misbehaving", "cannot be reached"),
        (f'{FROM_ENGINE}Head "http://127.0.0.1:401/v2/a/manifests/1": EOF', "cannot be reached"),
        (
            (
                'ERROR: failed to do request: Head "http://127.0.0.1:503/v2/not/found/manifests/429":'
                " dial tcp 127.0.0.1:503: connect: connection refused"
            ),
            "cannot be reached",
        ),
        (
            "error pulling image configuration: download failed after attempts=6: unexpected EOF",
            "cannot be reached",
        ),
        (f"{FROM_ENGINE}toomanyrequests: You have reached your pull rate limit.", "too many"),
        (f"{HEAD}429 Too Many Requests", "too many"),
        (f"{FROM_ENGINE}denied", "refuses the credentials"),
        (f"{HEAD}403 Forbidden", "refuses the credentials"),
        (
            (
                f"{FROM_ENGINE}pull access denied for eof, repository does not exist or may require"
                " 'docker login': denied: requested access to the resource is denied"
            ),
            "refuses the credentials",
        ),
        (f"{FROM_ENGINE}received unexpected HTTP status: 503 Service Unavailable", "of its own"),
        (f"{HEAD}503 Service Unavailable", "of its own"),
        (
            (
                f'{FROM_ENGINE}Get "https://denied/v2/": tls: failed to verify certificate: x509:'
                " certificate signed by unknown authority"
            ),
            "certificate",
        ),
        (
            (
                f'{FROM_ENGINE}Get "https://10.0.0.1:443/v2/": http: server gave HTTP response to'
                " HTTPS client"
            ),
            "speaks HTTP",
        ),
        ("no matching manifest for linux/amd64 in the manifest list entries", "platform"),
        ("write /var/lib/docker/tmp/x: no space left on device", "disk is full"),
        (f"{HEAD}418 I'm a Teapot", None),
        (
            (
                'error getting credentials - err: exec: "docker-credential-desktop": executable'
                " file not found in $PATH, out: ``"
            ),
            None,
        ),
        (f"{FROM_ENGINE}unknown: <p>Message: File not found.</p>", None),
    ],
)
def test_what_a_registry_has_answered(said: str, told: str | None) -> None:
    found = refusal.cause(said)
    assert (found.told if found else None) == told or (found and told and told in found.told)
    assert bool(found and found.missing) == (told == "does not have it")


@pytest.mark.parametrize(
    ("pieces", "head", "rest"),
    [
        (
            (b"HTTP/1.1 101 UPGRADED\r\nA: b\r\n\r\nmore",),
            "HTTP/1.1 101 UPGRADED\r\nA: b\r\n\r\n",
            b"more",
        ),
        (
            (b"HTTP/1.1 101 UPG", b"RADED\r\n\r", b"\nmore"),
            "HTTP/1.1 101 UPGRADED\r\n\r\n",
            b"more",
        ),
        ((b"HTTP/1.1 101 UPGRADED\r\nA: b\r\n",), "", b""),
        ((), "", b""),
    ],
)
def test_the_head_of_an_answer_that_may_be_cut(
    pieces: tuple[bytes, ...], head: str, rest: bytes
) -> None:
    """It ended in a loop where an engine had hung up in the middle of it."""
    ours, theirs = socket.socketpair()
    with ours:
        ours.settimeout(10)
        with theirs:  # what is sent waits there to be read
            for piece in pieces:
                theirs.sendall(piece)
        assert plainhttp.head(ours) == head
        assert plainhttp.rest(ours) == rest


ENDPOINT = "driver failed programming external connectivity on endpoint"
RUNC = "failed to create task for container: OCI runtime create failed: runc create failed: exec: "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (f"{ENDPOINT} x (0a): Bind for 127.0.0.1:81 failed: port is already allocated", "port"),
        (
            (
                f"{ENDPOINT} x (0a): Error starting userland proxy: listen tcp4 127.0.0.1:81: bind:"
                " address already in use"
            ),
            "port",
        ),
        (
            (
                "failed to set up container networking: failed to bind host port for"
                " 127.0.0.1:81:172.18.0.2:80/tcp: address already in use"
            ),
            "port",
        ),
        (
            (
                f'{FROM_ENGINE}Conflict. The container name "/shop-dev-1" is already in use by'
                ' container "0a1b". You have to remove (or rename) that container'
            ),
            "is called shop-dev-1",
        ),
        (
            f'{FROM_ENGINE}could not select device driver "nvidia" with capabilities: [[gpu]]',
            "no GPU",
        ),
        (
            f"{FROM_ENGINE}all predefined address pools have been fully subnetted",
            "no network left",
        ),
        (f'{RUNC}"port is already allocated": executable file not found in $PATH', None),
        (f'{RUNC}"could not select device driver": executable file not found in $PATH', None),
        (f"{FROM_ENGINE}network address-already-in-use not found", None),
    ],
)
def test_why_nothing_was_started(
    said: str, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unstarted, "_holder", lambda _: None)
    found = unstarted.cause(said)
    assert (found is None) == (told is None)
    if found and told == "port":
        assert found[0] == "the port 127.0.0.1:81 is taken by another program"
    elif found and told:
        assert told in found[0]


FAILED = "#9 ERROR: process x did not complete successfully: exit code: 100"
OURS, THEIRS = resources.images() / "workspace", Path("/elsewhere/.devpod/stacks/mine")
NO_LISTS = (
    "#8 1.0 W: Failed to fetch http://d.example/InRelease  Temporary failure resolving 'd.example'"
)
NO_PACKAGE = "#8 1.2 E: Unable to locate package nosuch"


@pytest.mark.parametrize(
    ("recipe", "log", "fix"),
    [
        (OURS, NO_PACKAGE, "correct image.packages"),
        (OURS, f"{NO_LISTS}\n{NO_PACKAGE}", "check the network"),
        (THEIRS, f"{NO_LISTS}\n{NO_PACKAGE}", "check the network"),
        (THEIRS, NO_PACKAGE, "correct its Dockerfile"),
        (OURS, "#8 0.1 devpod: tool go cannot be had", "pin a version that can be had"),
        (THEIRS, "#8 0.1 devpod: tool go cannot be had", "correct its Dockerfile"),
        (OURS, "#8 0.1 see why: devpod: tool go cannot be had", "read the log"),
        (
            THEIRS,
            (
                "#3 ERROR: x\nERROR: failed to solve: a.example/b:1: failed to resolve source"
                " metadata for a.example/b:1: not found"
            ),
            "give access to the registry of a.example/b:1, or `docker load` it",
        ),
        (
            OURS,
            (
                "#3 ERROR: x\nERROR: failed to solve: debian:t: failed to resolve source metadata"
                " for docker.io/library/debian:t: not found"
            ),
            "or make it with scripts/base-image",
        ),
    ],
)
def test_why_an_image_was_not_built(recipe: Path, log: str, fix: str) -> None:
    build = Build("mine", "localhost/x:1", "localhost/y:1", recipe, choices=(("go", ("1.24",)),))
    error = unbuilt.error(f"{log}\n{FAILED}", (build,), Base("debian", "debian:t"))
    assert error.fix
    assert fix in error.fix
    assert ("base-image" in error.fix) == ("base-image" in fix)


@pytest.mark.parametrize(
    ("log", "built"),
    [
        ("[2026-11-26T09:55:36.312Z] docker build -t x .", False),  # a hook's words
        ("[1 ms] docker buildx build .\n#1 transferring: docker build", False),
        ("[2026-11-26T09:55:34.077Z] Start: Run: docker compose -f /docker/x.yaml build", False),
        ("[2026-11-26T09:55:34.077Z] Start: Run: docker build -f /tmp/updateUID.Dockerfile", True),
        ("[88 ms] Start: Run: /usr/bin/docker buildx build --load x", True),
        ("#1 [internal] load build definition from Dockerfile", True),
    ],
)
def test_whether_the_reference_client_has_built(log: str, built: bool) -> None:
    assert bool(_BUILT.search(f"first\n{log}\nlast")) is built


def test_what_tar_says_of_files_that_vanish(tmp_path: Path) -> None:
    """Of real ones; and what is left out for another reason is told, whatever its name is."""
    with socket.socket(socket.AF_UNIX) as link:
        link.bind(str(tmp_path / "socket"))
        done = subprocess.run(
            ["tar", "-C", tmp_path, "-cf", "-", "gone", "socket"],
            capture_output=True,
            check=False,
            env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        )
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 3
    assert [line for line in lines if not _HARMLESS.search(line)] == []
    for name in ("No such file", "file changed as we read it", "socket ignored", "x: shrank by"):
        assert not _HARMLESS.search(f"tar: ./{name}: Cannot open: Permission denied")


DOTFILES = DotfilesPlan("config.toml", None, None, True, "~/d", "./install", 9)


def test_a_command_of_dotfiles_may_end_and_say_as_it_likes() -> None:
    told = outcome(DOTFILES, Result(98, "", "devpod: refused all\ndevpod: kept nothing\n"))
    assert not told.ok
    assert told.detail.startswith("`./install` ended with 98\n")
    told = outcome(DOTFILES, Result(1, "devpod: refused it is there already\n", ""))
    assert told.detail == "it is there already"


def test_a_hook_that_speaks_as_its_runner_does() -> None:
    container = Container("0a", "x", "running", "i", {})
    words = "devpod: hook start ended with 9; see x\nmore\ndevpod: hook create ended with 5; see y"
    with pytest.raises(StartError, match=r"^the hook create ended with 5$") as caught:
        hooks.require(container, Result(1, "", words))
    assert caught.value.where == "hooks.create"
    assert caught.value.detail.endswith("more")


@pytest.mark.parametrize("name", ["prunable", "fix-prunable", "main"])
def test_a_branch_is_where_it_is_checked_out(name: str, make_repo: Callable[..., Path]) -> None:
    repo = make_repo({"a": "b"})
    for words in (["checkout", "-q", "-b", name], ["add", "."], ["commit", "-q", "-m", "x"]):
        who = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run(["git", *who, "-C", repo, *words], check=True)
    assert worktree.place(repo, name) == repo


def test_no_branch_begins_where_nothing_was_committed(make_repo: Callable[..., Path]) -> None:
    with pytest.raises(NoBranch, match="the repo has no commit yet"):
        worktree.have(make_repo({"a": "b"}), "new", print)


def test_a_file_that_has_no_room_is_none(tmp_path: Path) -> None:
    """Not half of it either, and not an empty one."""
    code = (
        "import os, sys\nfrom devpod_gen import opened\n"
        "folder = os.open(sys.argv[1], os.O_RDONLY)\n"
        "opened.add(folder, 'file', b'x' * 99999, 0o644)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: limits.setrlimit(limits.RLIMIT_FSIZE, (4096, 4096)),
    )
    assert "File too large" in done.stderr
    assert [*tmp_path.iterdir()] == []
