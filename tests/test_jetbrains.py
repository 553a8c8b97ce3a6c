"""What JetBrains Gateway does first, done on real containers: what is wrong with an image is
named, and nothing else is."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conftest import ROOT, docker
from devpod_gen.engine.docker import Docker
from devpod_gen.engine.model import Container
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.verify.doors import choice
from devpod_gen.verify.facts import MARKER, after_marker
from devpod_gen.verify.jetbrains import jetbrains_door
from devpod_gen.verify.proof import Proof
from devpod_gen.verify.report import Check
from devpod_gen.verify.requirements import Wanted, judge
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.identity import identify
from devpod_gen.workspace.image import ensure
from devpod_gen.workspace.probe import Login

GOOD = {
    "arch": "Linux x86_64",
    "shell": "/bin/zsh",
    "home": f"hello\n{MARKER}\n/home/dev",
    "cache": MARKER,
    "libc": "glibc 2.41",
    "disk": "overlay 100000000 1 99000000 1% /",
    "memory": "16000000 kB",
    "limit": "max",
    "cores": "8",
    "charmap": "UTF-8",
    "lang": "C.UTF-8",
    "watches": "524288",
    "missing": "",
}
LABEL = "devpod-gen-test=jetbrains"


STRICT = Wanted("/home/dev", baked=False, strict=True)


def judged(facts: dict[str, str], wanted: Wanted = STRICT) -> dict[str, tuple[bool | None, str]]:
    return dict(judge(GOOD | facts, wanted))


def test_a_good_host_has_neither_failures_nor_warnings() -> None:
    found = judged({})
    assert all(ok for ok, _ in found.values()), found
    assert not [detail for _, detail in found.values() if "warning" in detail]


@pytest.mark.parametrize(
    ("name", "facts", "detail"),
    [
        ("arch", {"arch": "Linux armv7l"}, "Linux armv7l is not"),
        ("shell", {"shell": ""}, "$SHELL is not set"),
        ("shell", {"home": "This account is not available"}, "does not run what it is given"),
        ("shell", {"home": f"{MARKER}\n/root"}, "HOME is /root in a login shell"),
        ("libc", {"libc": "musl libc (x86_64)\nVersion 1.2.5"}, "libc is musl"),
        ("libc", {"libc": ""}, "no glibc is found"),
        ("disk", {"disk": "overlay 9 1 4194304 1% /"}, "4.0 GiB free"),
        ("locale", {"charmap": "ANSI_X3.4-1968", "lang": ""}, "ANSI_X3.4-1968 (no LANG is set)"),
        (
            "locale",
            {"charmap": "locale: Cannot set LC_CTYPE\nANSI_X3.4-1968", "lang": "de_DE.UTF-8"},
            "the locale de_DE.UTF-8 is not there",
        ),
        ("tools", {"missing": "tar ps "}, "unpacked with it: tar"),
    ],
)
def test_what_stops_gateway_fails(name: str, facts: dict[str, str], detail: str) -> None:
    found = judged(facts)
    assert [key for key, (ok, _) in found.items() if not ok] == [name]
    assert detail in found[name][1]


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("memory", {"limit": "1073741824"}),
        ("memory", {"memory": "2000000 kB"}),
        ("cores", {"cores": "1"}),
        ("inotify", {"watches": "8192"}),
        ("tools", {"missing": "curl "}),
    ],
)
def test_what_gateway_warns_about_passes_with_a_warning(name: str, facts: dict[str, str]) -> None:
    found = judged(facts)
    assert all(ok for ok, _ in found.values()), found
    assert [k for k, (_, said) in found.items() if said.startswith("warning: ")] == [name]


def test_little_disk_is_a_failure_where_the_door_was_asked_for_and_a_download_is_due() -> None:
    little = {"disk": "overlay 9 1 1048576 1% /"}
    for wanted in (Wanted("/home/dev", baked=True, strict=True), Wanted("/home/dev", False, False)):
        ok, detail = judged(little, wanted)["disk"]
        assert (ok, detail[:8]) == (True, "warning:")


def test_what_the_shell_did_not_come_to_is_not_run() -> None:
    found = dict(judge({"arch": "Linux x86_64"}, STRICT))
    assert found["arch"][0]
    assert found["libc"] == (None, "not run: the login shell did not come to it")


def test_a_greeting_is_not_taken_for_an_answer() -> None:
    assert after_marker(f"Welcome\n/etc\n{MARKER}\n/home/dev\nbye") == "/home/dev"
    assert after_marker(f"{MARKER}\n") == ""
    assert after_marker("Welcome") is None


PLAN = resolve(
    parse(b'name = "jb"\nworkspace = "/tmp"\n', "devpod.toml"), stacks.known(), folder_name="jb"
)


@pytest.fixture
def base(engine: None) -> str:  # noqa: ARG001 - it is needed
    """The image of a profile without stacks."""
    return ensure(Docker(), PLAN.image, print).ref


@contextmanager
def running(image: str, *options: str) -> Iterator[Container]:
    """A container of any image, with the entrypoint of none."""
    name = docker(
        *("run", "--detach", "--init", "--label", LABEL, *options),
        *("--entrypoint", "sleep", image, "infinity"),
    )
    own = "mkdir -p /run/devpod/user; chown dev:dev /run/devpod/user; chmod 0700 /run/devpod/user"
    docker("exec", "--user", "root", name, "sh", "-c", own)
    try:
        yield Container(name, "jb", "running", image, {})
    finally:
        docker("rm", "--force", "--volumes", name)


def replayed(container: Container, root: Path) -> dict[str, Check]:
    doors = choice(["jetbrains"])
    run = Proof(Docker(), PLAN, identify(root, "jb", ".devcontainer"), Clock(), print, None, doors)
    jetbrains_door(run, container, Login("dev", "/bin/zsh", "/home/dev"))
    return {check.id: check for check in run.checks}


def derived(base: str, steps: str, name: str) -> str:
    """An image on top of another."""
    tag = f"localhost/devpod-gen-test/{name}:1"
    subprocess.run(
        ["docker", "build", "--quiet", "--tag", tag, "-"],
        input=f'FROM {base}\nSHELL ["/bin/sh", "-c"]\n{steps}\n',
        text=True,
        check=True,
        capture_output=True,
    )
    return tag


@pytest.mark.engine
@pytest.mark.parametrize(
    ("steps", "home", "failing", "detail"),
    [
        ("", "exec", None, ""),
        (
            "RUN sed -i /^Subsystem/d /etc/devpod/sshd_config",
            "exec",
            "upload",
            "the SSH server has no sftp subsystem",
        ),
        (
            "",
            "noexec",
            "upload",
            "/home/dev is mounted noexec",
        ),
        (
            "RUN echo export LANG=de_DE.UTF-8 >>/etc/devpod/env.d/99.sh",
            "exec",
            "locale",
            "the locale de_DE.UTF-8 is not there",
        ),
        (
            "RUN sed -i 's/^AllowTcp.*/AllowTcpForwarding no/' /etc/devpod/sshd_config",
            "exec",
            "forward",
            "set AllowTcpForwarding yes",
        ),
        ("RUN chsh --shell /usr/sbin/nologin dev", "exec", "start", "no command can be run"),
    ],
    ids=["good", "sftp", "noexec", "locale", "forward", "nologin"],
)
def test_what_is_wrong_with_an_image_is_named(
    base: str,
    steps: str,
    home: str,
    failing: str | None,
    detail: str,
    tmp_path: Path,
) -> None:
    """The home has a size of its own: how full the host's disk is does not matter here."""
    given = ("--tmpfs", f"/home/dev:{home},size=6g,uid=1000,gid=1000,mode=755")
    image = derived(base, steps, "jetbrains") if steps else base
    with running(image, *given) as container:
        found = replayed(container, tmp_path)
    failed = [name for name, check in found.items() if check.ok is not True]
    assert failed == ([failing] if failing else []), found
    if failing:
        assert detail in found[failing].detail
    else:
        assert sum(check.seconds for check in found.values()) < 5


@pytest.mark.campaign
def test_musl_is_named(engine: None, tmp_path: Path) -> None:  # noqa: ARG001 - it is needed
    """An image of the user's own: the libc is really musl's, and its tools are busybox'."""
    text = '[image]\npackages = ["busybox-static", "musl", "patchelf"]\n'
    plan = resolve(parse(text.encode(), "devpod.toml"), stacks.known(), folder_name="musl")
    made_of = ensure(Docker(), plan.image, print).ref
    tag = "localhost/devpod-gen-test/musl:1"
    file = ROOT / "tests/data/musl.Dockerfile"
    docker(
        "build",
        "--quiet",
        "--tag",
        tag,
        f"--build-arg=FROM={made_of}",
        f"--file={file}",
        str(tmp_path),
    )
    with running(tag) as container:
        assert docker("exec", container.id, "sh", "-c", "ldd --version 2>&1 | head -n 1") == (
            f"musl libc ({docker('exec', container.id, 'uname', '-m')})"
        )
        found = replayed(container, tmp_path)
    assert [name for name, check in found.items() if check.ok is False] == ["libc"]
    assert found["libc"].detail.startswith("the image's libc is musl (musl libc (")
    assert found["upload"].ok
    assert found["forward"].ok
