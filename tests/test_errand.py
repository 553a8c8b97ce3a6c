"""What `up` does inside by one exec is what the engine's own execs would have done."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conftest import docker
from devpod_gen.engine import wire
from devpod_gen.engine.docker import Docker
from devpod_gen.engine.model import Container
from devpod_gen.errors import StartError
from devpod_gen.plan.model import Plan, ProbePlan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.errand import Done, Errand, run_errand
from devpod_gen.workspace.identity import identify
from devpod_gen.workspace.image import ensure
from devpod_gen.workspace.ssh import Who, visit_of

pytestmark = pytest.mark.engine

WHO = "id; pwd; echo $HOME; env | grep -v -e ^_= -e ^OLDPWD= -e ^PWD= -e ^SHLVL= | sort"


@contextmanager
def started(
    tmp_path: Path, *options: str, owner: int = 1000
) -> Iterator[tuple[Context, Container]]:
    """A container of the base image, just started, and how to work with it."""
    plan: Plan = resolve(parse(b'name = "door"\n', "devpod.toml"), (), folder_name="door")
    image = ensure(Docker(), plan.image, print).ref
    repo, name = tmp_path / "repo", f"devpod-gen-errand-{os.getpid()}"
    repo.mkdir()
    os.chown(repo, owner, owner)
    mount = ("--volume", f"{repo}:/workspaces/door", "--env=DEVPOD_WORKSPACE=/workspaces/door")
    told = ("--init", "--name", name, "--network=none", "--label=devpod-gen.user=dev")
    docker("run", "--detach", *told, *mount, *options, image)
    try:
        (found,) = [
            one for one in Docker().containers({"devpod-gen.user": "dev"}) if one.name == name
        ]
        identity = identify(repo, "door", ".devcontainer")
        yield Context(Docker(), plan, identity, Clock(), print), found
    finally:
        docker("rm", "--force", "--volumes", name)


def probes(*runs: str, own: bool = True) -> tuple[ProbePlan, ...]:
    return tuple(
        ProbePlan(str(n), run, None, 5, own=own, thorough=False) for n, run in enumerate(runs)
    )


def done(
    context: Context, container: Container, tmp_path: Path, *asked: ProbePlan, hooks: str = ""
) -> tuple[Done, list[str]]:
    who = Who("dev", "[user]\n\tname = A 'b' \"c\"\n")
    visit = visit_of(context.engine, container, who, data=tmp_path / "data", alias="a.devpod-gen")
    ended: list[str] = []
    errand = Errand(visit, hooks, asked, (20, 60))
    return run_errand(context, container, errand, ended.append), ended


@pytest.mark.parametrize("owner", [1000, 4242, 0])
def test_it_is_who_the_engine_lets_in(tmp_path: Path, owner: int) -> None:
    """With a user that is still to be mapped when the exec begins, too."""
    with started(tmp_path, owner=owner) as (context, container):
        came, ended = done(context, container, tmp_path, *probes(WHO))
        said = came.probes[0].said.strip().splitlines()
        of_engine = docker(
            *("exec", "--user=dev", "--workdir=/workspaces/door", container.name),
            *("zsh", "-lc", WHO),
        )
        assert said == of_engine.splitlines()
        assert (said[0].startswith(f"uid={owner}(dev)"), ended) == (True, ["ready"])
        assert came.keys
        assert came.keys.ok
        git = docker("exec", "--user=dev", container.name, "cat", "/run/devpod/user/gitconfig")
        assert git == "[user]\n\tname = A 'b' \"c\""


@pytest.mark.parametrize("capabilities", ["ALL", "NET_RAW"])
def test_it_says_what_each_has_said(tmp_path: Path, capabilities: str) -> None:
    """Whether root may become the user, or the engine has to be asked for that."""
    long = "i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i + 1)); done; exit 3"
    stacks = probes(long, "sleep 0.2; echo one >&2", own=False)
    mine = probes("echo first >first", "cat first; exec 1>&-", "sleep 60")
    late = ProbePlan("late", "sleep 60", None, 1, own=True, thorough=False)
    with started(tmp_path, f"--cap-drop={capabilities}") as (context, container):
        came, ended = done(
            context, container, tmp_path, *stacks, *mine[:2], late, hooks="echo a hook; true"
        )
        assert [one.code for one in came.probes] == [3, 0, 0, 0, 124]
        assert came.probes[0].said.count("line") == 3000
        assert [one.said.strip() for one in came.probes[1:4]] == ["one", "", "first"]
        assert came.hooks
        assert (came.hooks.code, came.hooks.output.strip()) == (0, "a hook")
        assert ended == ["ready", "hooks"]
        assert came.keys
        assert came.keys.output.startswith("-----BEGIN OPENSSH PRIVATE KEY-----")
        kept = ("/run/devpod/user", "/run/devpod/user/ssh")
        there = docker("exec", "--user=dev", container.name, "ls", *kept)
        assert "probe" not in there
        assert "client" not in there


def test_after_a_hook_that_failed_nothing_is_probed(tmp_path: Path) -> None:
    with started(tmp_path) as (context, container):
        came, _ = done(context, container, tmp_path, *probes("touch it"), hooks="false")
        assert came.hooks
        assert came.hooks.code == 1
        assert not (tmp_path / "repo" / "it").exists()


@pytest.mark.parametrize(
    ("entrypoint", "word"), [("sleep 60", "not ready after 1 s"), ("sleep 0.3", "it ended")]
)
def test_a_container_that_never_gets_ready(tmp_path: Path, entrypoint: str, word: str) -> None:
    script = tmp_path / "entrypoint"
    script.write_text(f"#!/bin/sh\n{entrypoint}\n")
    script.chmod(0o755)
    mount = f"--volume={script}:/usr/local/bin/devpod-entrypoint:ro"
    with started(tmp_path, mount) as (context, container):
        visit = visit_of(
            context.engine, container, Who("dev"), data=tmp_path / "data", alias="a.devpod-gen"
        )
        begun = time.monotonic()
        with pytest.raises(StartError, match=word):
            run_errand(context, container, Errand(visit, "", (), (1, 5)), lambda _: None)
        assert time.monotonic() - begun < 5


def test_a_container_that_ends_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the engine has said yes to a command, and before that has begun."""
    with started(tmp_path) as (context, container):
        ask = wire.ask

        def asked_and_ended(*given: Any, **named: Any) -> wire.Answer:
            answer = ask(*given, **named)
            docker("kill", container.name)
            return answer

        monkeypatch.setattr(wire, "ask", asked_and_ended)
        result = context.engine.exec(container.id, ["true"], user="root", timeout=5)
        assert result.code == 1
        assert "not running" in result.errors or "No such exec" in result.errors
