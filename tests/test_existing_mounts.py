"""Mounts of a setup that is there: taken over to be trusted, or named with the reason."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Files, Ran
from devpod_gen.profile.existing import devcontainer
from devpod_gen.profile.mount import Mount
from test_existing import profile_of, settled

Make = Callable[[Files], Path]


def said(entry: object, folder: str = "/workspaces/x") -> Any:
    """The one mount, or why it is left out."""
    document = {"mounts": [entry], "workspaceFolder": folder}
    was = devcontainer.said(document, ".devcontainer.json")
    left = [one.reason for one in was.left_out if one.key.startswith("mounts: ")]
    return was.mounts[0] if was.mounts else left[0]


HOME = "${localEnv:HOME}"


@pytest.mark.parametrize(
    ("entry", "taken"),
    [
        (
            f"source={HOME}/.config/gh,target=/home/vscode/.config/gh,type=bind",
            Mount("~/.config/gh", "/home/dev/.config/gh", readonly=False),
        ),
        (
            f"type=bind,src={HOME}${{localEnv:USERPROFILE}}/x,dst=/x,readonly",
            Mount("~/x", "/x", readonly=True),
        ),
        (
            "type=bind,source=${env:HOME}/x,destination=/x/,ro=true,consistency=cached",
            Mount("~/x", "/x", readonly=True),
        ),
        (
            "type=bind,source=~/.gitconfig,target=/root/.gitconfig",
            Mount("~/.gitconfig", "/home/dev/.gitconfig", readonly=False),
        ),
        (
            "type=bind,source=${localWorkspaceFolder}/conf/a,target=/conf",
            Mount("conf/a", "/conf", readonly=False),
        ),
        (
            {"type": "bind", "source": "/srv/data/", "target": "/data", "readonly": True},
            Mount("/srv/data", "/data", readonly=True),
        ),
    ],
)
def test_taken(entry: object, taken: Mount) -> None:
    assert said(entry) == taken


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("source=x,target=/x", "[caches]"),
        ("source=x,target=/x,type=volume", "[caches]"),
        ({"type": "volume", "source": "x", "target": "/x"}, "[caches]"),
        ("type=tmpfs,target=/x", "no mount of the host"),
        ("source=/var/run/docker.sock,target=/var/run/docker.sock,type=bind", "socket"),
        ("source=/run/user/1000/podman/podman.sock,target=/x,type=bind", "socket"),
        ("source=${localEnv:HOME},target=/host,type=bind", "whole home"),
        ("source=/,target=/host,type=bind", "whole home"),
        ("source=${localEnv:HOME}/.ssh,target=/home/vscode/.ssh,type=bind", "[secrets]"),
        ("source=${localEnv:HOME}/x/../.aws/config,target=/x,type=bind", "[secrets]"),
        ("source=${localEnv:HOME}/.config,target=/home/node/.config,type=bind", "no workspace"),
        ("source=/mnt/a/.kube/config,target=/x,type=bind", "[secrets]"),
        ("source=/etc/hosts,target=/x,type=bind", "system's"),
        ("source=${localEnv:DATA},target=/x,type=bind", "no path"),
        ("source=${localEnv:HOME}$X,target=/x,type=bind", "no path"),
        ("source=/home/me/x,target=/x,type=bind", "no path"),
        ("source=/Users/me/x,target=/x,type=bind", "no path"),
        ("source=C:\\\\x,target=/x,type=bind", "no path"),
        ("source=x,target=/x,type=bind", "no path"),
        ("source=${localWorkspaceFolder}/../x,target=/x,type=bind", "no path"),
        ("source=${localWorkspaceFolder},target=/x,type=bind", "whole, as the workspace"),
        ("source=~/x,target=/workspaces/y,type=bind", "where the workspace"),
        ("source=~/x,target=${containerWorkspaceFolder}/y,type=bind", "where the workspace"),
        ("source=~/x,target=/usr/local/x,type=bind", "where the workspace"),
        ("source=~/x,target=/home/vscode,type=bind", "where the workspace"),
        ("source=~/x,target=/home/me/x,type=bind", "where the workspace"),
        ("source=~/x,target=/x/../etc,type=bind", "where the workspace"),
        ("source=~/x,target=/x,type=bind,bind-propagation=rshared", "says more"),
        ("source=~/a\tb,target=/x,type=bind", "odd characters"),
        (3, "[caches]"),
    ],
)
def test_named(entry: object, why: str) -> None:
    assert why in said(entry)


def test_in_the_old_workspace() -> None:
    assert "where the workspace" in said("source=~/x,target=/app/x,type=bind", "/app")


def test_init_takes_them_over_and_asks_for_trust(make_repo: Make, cli: Callable[..., Ran]) -> None:
    """What several files say, once; what would lie in another, or in a cache, is named."""
    bind = "type=bind,source=${localEnv:HOME}"
    targets = ("/data", "/data/x", "/home/node/.npm", "/data")
    mounts = [f"{bind}/x{number},target={target}" for number, target in enumerate(targets)]
    compose = {
        "services": {
            "app": {
                "image": "x",
                "volumes": [
                    "..:/w",
                    "~/notes:/notes:ro",
                    "$HOME/.aws:/root/.aws",
                    {"type": "bind", "source": "/srv/m", "target": "/m", "read_only": True},
                ],
            }
        }
    }
    files = {"dockerComposeFile": "compose.yaml", "service": "app", "mounts": mounts}
    repo = make_repo(
        {
            ".devcontainer/devcontainer.json": json.dumps(files),
            ".devcontainer/compose.yaml": json.dumps(compose),
            "package.json": "{}",
        }
    )
    found = profile_of(settled(repo), _detected(repo))
    assert found.mounts == (
        Mount("~/x0", "/data", readonly=False),
        Mount("~/notes", "/notes", readonly=True, optional=True),
        Mount("/srv/m", "/m", readonly=True),
    )
    ran = cli("init", "--force", "-C", repo)
    assert ran.code == 0, ran.err
    assert "1 mount" in ran.err
    assert 'mounts: "/data/x" (/data is a cache, or a mount, too)' in ran.err
    assert 'mounts: "/home/dev/.npm"' in ran.err
    assert "needs your trust: mounts[0].source: " in ran.err
    assert "/x0 of this machine (the profile says ~/x0) is mounted read-write" in ran.err
    assert cli("up", "-C", repo).code == 3


def _detected(repo: Path) -> Any:
    from devpod_gen.profile import stacks  # noqa: PLC0415
    from devpod_gen.profile.detect import detect  # noqa: PLC0415

    return detect(repo, stacks.known())
