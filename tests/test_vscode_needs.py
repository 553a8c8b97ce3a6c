"""What VS Code Server needs of a workspace: each thing that is missing is named."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Ran, docker
from devpod_gen.verify.vscode import look_at_vscode
from devpod_gen.workspace.batch import Timed

Make = Callable[..., Path]
Command = Callable[..., Ran]

LOOK = look_at_vscode()
GOOD = "libc=glibc 2.41\nlibstdc++=3.4.33\ntar=yes\ncurl=yes\nhome=runs\n"


def judged(said: str) -> tuple[bool | None, str]:
    ok, detail, *_ = LOOK.judge([Timed(0, said, 0.0)])
    return ok, detail


def test_all_is_there() -> None:
    told = "glibc 2.41, GLIBCXX_3.4.33, tar, curl, home writable; the server itself was not started"
    assert judged(GOOD) == (True, told)
    assert judged(GOOD.replace("glibc 2.41", "musl 1.2.5"))[0]
    ok, detail = judged(GOOD.replace("curl=yes\n", ""))
    assert ok
    assert "no curl or wget" in detail


@pytest.mark.parametrize(
    ("said", "missing"),
    [
        (GOOD.replace("2.41", "2.27"), "glibc is 2.27, it needs 2.28 or newer"),
        (GOOD.replace("glibc 2.41", "musl 1.2.2"), "musl is 1.2.2, it needs 1.2.3 or newer"),
        (GOOD.replace("glibc 2.41", ""), "no C library that it knows"),
        (GOOD.replace("3.4.33", "3.4.24"), "GLIBCXX_3.4.24, it needs GLIBCXX_3.4.25"),
        (GOOD.replace("libstdc++=3.4.33\n", ""), "libstdc++ is not installed"),
        (GOOD.replace("tar=yes\n", ""), "tar is not installed"),
        (GOOD.replace("home=runs", "home=noexec"), "mounted noexec"),
        (GOOD.replace("home=runs\n", ""), "the home cannot be written"),
    ],
)
def test_what_is_missing_is_named(said: str, missing: str) -> None:
    ok, detail = judged(said)
    assert ok is False
    assert missing in detail
    assert ";" not in detail  # nothing else is


@pytest.fixture
def container(engine: None, make_repo: Make, command: Command) -> Iterator[str]:  # noqa: ARG001
    """A container of our image whose home is mounted noexec."""
    repo = make_repo({"devpod.toml": 'name = "needs"\n'})
    image = json.loads(command("build", "--json", "-C", repo).out)["image"]["ref"]
    home = ("--tmpfs", "/home/dev:noexec")
    name = docker("run", "--detach", "--entrypoint=sleep", *home, image, "infinity")
    docker("exec", name, "chown", "dev", "/home/dev")
    yield name
    docker("rm", "--force", name)


def asked(container: str) -> tuple[bool | None, str]:
    (command,) = LOOK.commands
    ok, detail, *_ = LOOK.judge([Timed(0, docker("exec", "-u", "dev", container, *command), 0.0)])
    return ok, detail


@pytest.mark.engine
def test_in_real_containers(container: str) -> None:
    assert asked(container) == (
        False,
        "VS Code Server cannot run: nothing in the home can be started: it is mounted noexec",
    )
    docker("exec", container, "sh", "-c", "rm /usr/lib/*-linux-gnu/libstdc++.so.6 /usr/bin/tar")
    docker("exec", container, "chown", "root", "/home/dev")
    ok, detail = asked(container)
    assert ok is False
    for missing in ("libstdc++ is not installed", "tar is not installed", "cannot be written"):
        assert missing in detail
