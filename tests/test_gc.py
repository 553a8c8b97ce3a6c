"""gc on a real engine: it removes what is over, and nothing else. Others use the engine at
the same time, so each test looks at its own things only."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, left_of
from devpod_gen.workspace import ownership
from waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PLAIN = {"devpod.toml": 'name = "shop"\n[caches]\nx = ["/home/dev/.cache/x"]\n'}


def project_of(repo: Path) -> str:
    text = (repo / ".devcontainer/.env").read_text()
    return str(re.findall(r"^DEVPOD_PROJECT=(.+)$", text, re.MULTILINE)[0])


def state() -> list[str]:
    return sorted(path.name for path in Path(os.environ["XDG_DATA_HOME"]).glob("devpod-gen/*"))


def test_a_workspace_whose_repo_is_gone(
    make_repo: Make, command: Command, cli: Callable[..., Ran], only: Callable[..., None]
) -> None:
    here, gone = make_repo(PLAIN, "here"), make_repo(PLAIN, "gone")
    for repo in (here, gone):
        assert command("up", "-C", repo).code == 0
    docker(
        "exec",
        f"{project_of(gone)}-dev-1",
        "sh",
        "-c",
        "head -c 3000000 /dev/zero >/home/dev/.cache/x/f",
    )
    one, other = project_of(here), project_of(gone)
    only(one.rpartition("-")[2], other.rpartition("-")[2])
    assert cli("gc").out == "nothing is left over\n"
    shutil.rmtree(gone)
    ran = cli("gc", "--dry-run")
    assert ran.out.startswith(f"would remove workspace {other} ({gone}/.devcontainer is not there")
    assert f"container {other}-dev-1" in left_of([other])
    ran = cli("gc")
    assert f"removed workspace {other}" in ran.out, ran.err
    assert left_of([other]) == {f"volume {other}_cache-x"}
    assert cli("gc").out.startswith(f"removed state {other.rpartition('-')[2]}")
    ran = cli("gc", "--caches")
    assert (
        f"removed caches {other} (no container uses them): volume {other}_cache-x, 3.0 MB"
        in ran.out
    )
    assert left_of([other]) == set()
    assert command("exec", "-C", here, "--", "true").code == 0
    assert command("down", "--caches", "-C", here).code == 0
    assert state() == []


def test_what_a_killed_verification_has_left(
    make_repo: Make, command: Command, cli: Callable[..., Ran], only: Callable[..., None]
) -> None:
    repo = make_repo({"devpod.toml": 'name = "shop"\n[[probe]]\nrun = "touch began; sleep 60"\n'})
    assert command("generate", "-C", repo).code == 0
    process = subprocess.Popen([str(COMMAND), "verify", "-C", str(repo)], stderr=subprocess.DEVNULL)
    until((repo / "began").exists, 120, "the probe did not begin")
    only(f"-{process.pid}-")
    assert cli("gc").out == "nothing is left over\n"  # it lives
    process.send_signal(signal.SIGKILL)
    process.wait()
    ran = cli("gc")
    assert "(its process has ended): container devpod-gen-verify-compose-" in ran.out
    assert cli("gc").out == "nothing is left over\n"
    assert command("status", "-C", repo).out == "this repo has no workspace\n"


def test_a_start_that_got_no_further(
    make_repo: Make, command: Command, cli: Callable[..., Ran], only: Callable[..., None]
) -> None:
    repo = make_repo(PLAIN)
    assert command("generate", "-C", repo).code == 0
    name = project_of(repo)
    labels = ("--label=devpod-gen.name=shop", f"--label=com.docker.compose.project={name}")
    docker("network", "create", *labels, f"{name}_default")
    only(name)
    assert (
        cli("gc").out
        == f"removed half-made {name} (it was never started): network {name}_default\n"
    )
    assert left_of([name]) == set()
    assert state() == []


def test_work_in_a_volume_is_kept(
    make_repo: Make, command: Command, cli: Callable[..., Ran], only: Callable[..., None]
) -> None:
    profile = 'name = "shop"\nworkspace = { path = "/work", mode = "volume" }\n'
    repo = make_repo({"devpod.toml": profile})
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for argv in (("add", "."), (*identity, "commit", "--quiet", "-m", "first")):
        subprocess.run(["git", "-C", str(repo), *argv], check=True)
    ran = command("up", "-C", repo)
    assert ran.code == 0, ran.err
    assert command("exec", "-C", repo, "--", "touch", "mine").code == 0
    name = project_of(repo)
    away = repo.rename(repo.with_name("away"))
    only(name)
    ran = cli("gc")
    assert ran.out.startswith(f"kept workspace {name}: there is work in {name}_workspace")
    assert "new file mine" in ran.out
    away.rename(repo)
    assert command("exec", "-C", repo, "--", "ls", "mine").out == "mine\n"
    assert command("down", "--discard", "-C", repo).code == 0


def test_what_is_kept_of_a_repo_that_is_gone(
    make_repo: Make, command: Command, cli: Callable[..., Ran], only: Callable[..., None]
) -> None:
    """Histories, and the texts that merges need; of repos that cannot be seen from here, too,
    nothing is taken away."""
    here, gone = make_repo(PLAIN, "here"), make_repo(PLAIN, "gone")
    for repo in (here, gone):
        assert command("up", "-C", repo).code == 0
        assert command("down", "--caches", "-C", repo).code == 0
    home = Path(os.environ["XDG_STATE_HOME"]) / "devpod-gen"

    def kept() -> list[Path]:
        return sorted(path for name in ("history", "generated") for path in (home / name).iterdir())

    texts = [path.read_text() for path in (home / "generated").iterdir()]
    foreign = home / "generated/0123456789abcdef.json"
    foreign.write_text(texts[0].replace(str(here), "/nowhere/at").replace(str(gone), "/nowhere/at"))
    assert len(kept()) == 5
    only(str(gone), "/nowhere")
    assert cli("gc").out == "nothing is left over\n"
    shutil.rmtree(gone)
    told = f"memory {gone} (the repo is not there any more): file {home}/history/"
    assert cli("gc", "--dry-run").out.startswith(f"would remove {told}")
    assert len(kept()) == 5
    assert cli("gc").out.startswith(f"removed {told}")
    assert len(kept()) == 3
    assert foreign in kept()
    assert all(str(gone) not in path.read_text() for path in kept())
    assert cli("gc").out == "nothing is left over\n"


def test_a_name_alone_proves_nothing(cli: Callable[..., Ran], only: Callable[..., None]) -> None:
    """What has a throw-away project's name and no label of ours is left alone."""
    name = f"{ownership.VERIFYING}compose-{ownership.host()}-999999999-1-{os.urandom(4).hex()}"
    project = f"--label=com.docker.compose.project={name}"
    docker("network", "create", project, "--label=devpod-gen.name=shop", f"{name}_default")
    docker("volume", "create", project, f"{name}_theirs")
    only(name)
    try:
        ran = cli("gc")
        assert ran.out == (
            f"kept verification {name}: volume {name}_theirs has no label of devpod-gen's\n"
        )
        assert left_of([name]) == {f"network {name}_default", f"volume {name}_theirs"}
    finally:
        docker("volume", "rm", f"{name}_theirs")
    assert cli("gc").out.startswith(f"removed verification {name}")
    assert left_of([name]) == set()
