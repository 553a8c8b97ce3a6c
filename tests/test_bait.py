"""Files that programs of ours, or that we start, would read or run if they came upon them: none
is opened, while a workspace in their midst is made, used and taken away. strace is the witness.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, need

Make = Callable[..., Path]
Command = Callable[..., Ran]

MARK = "import pathlib; pathlib.Path(__file__).with_name('sprung').touch()\n"
EVIL = "services:\n  evil:\n    image: evil\n    privileged: true\n"
VARIABLES = "".join(
    f"{name}=evil\n"
    for name in (
        *("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME"),
        *("COMPOSE_PROFILES", "COMPOSE_ENV_FILES", "BUILDX_BUILDER", "BUILDX_CONFIG"),
        *("BUILDKIT_HOST", "DEVPOD_PROJECT", "DEVPOD_GIT_SOURCE", "DEVPOD_GIT_FOLDER", "PATH"),
    )
)
COMPOSE = ("compose.yaml", "compose.override.yaml", "docker-compose.yml")
MODULES = ("sitecustomize", "usercustomize", "typing", "json", "typer", "docker", "yaml", "jinja2")
FILES = {
    ".env": VARIABLES,
    **{f"{folder}{name}": EVIL for folder in ("", ".devcontainer/") for name in COMPOSE[1:]},
    "compose.yaml": f"include: [nowhere.yaml]\n{EVIL}",
    ".devcontainer/docker-compose.override.yml": EVIL,
    "docker-compose.override.yml": EVIL,
    ".dockerignore": "*\n",
    "Dockerfile": "FROM evil\n",
    "Dockerfile.dockerignore": "*\n",
    ".devcontainer/.dockerignore": "*\n",
    "docker-bake.hcl": "evil\n",
    "docker-bake.override.json": "evil\n",
    ".docker/config.json": '{"credsStore": "evil"}\n',
    ".npmrc": "ignore-scripts=false\n",
    "package.json": "{}\n",
    ".ssh/config": "ProxyCommand evil\n",
    ".gitconfig": "[core]\n\tsshCommand = evil\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = evil\n\tupdate = !evil\n',
    ".lfsconfig": "[lfs]\n\turl = evil\n",
    ".envrc": "evil\n",
    "mise.toml": "[env]\nA = 'evil'\n",
    **{f"{name}.py": MARK for name in MODULES},
}
PROGRAMS = (
    *("node_modules/.bin/devcontainer", "node_modules/.bin/docker", "docker-compose", "docker"),
    *("git", "ssh", "python3", "cat", "ps", "timeout"),
)


def lay(repo: Path) -> set[Path]:
    """Put them all there, and say which they are."""
    for name, text in FILES.items():
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(text)
    for name in PROGRAMS:
        (repo / name).parent.mkdir(parents=True, exist_ok=True)
        (repo / name).write_text(f"#!/bin/sh\ntouch '{repo}/sprung'\n")
        (repo / name).chmod(0o755)
    return {repo / name for name in (*FILES, *PROGRAMS)}


def touched(trace: Path, repo: Path) -> set[Path]:
    """What was opened or run, of what is in the repo; a name is of the folder that it is asked
    for in, or of the repo."""
    calls = re.findall(
        r'\b(?:open|openat2?|execve)\((?:\w+<([^>\n]*)>, )?"((?:[^"\\]|\\.)*)".* = \d',
        trace.read_text(),
    )
    return {Path(os.path.normpath(repo / folder / name)) for folder, name in calls}


def traced(repo: Path, trace: Path, *argv: str) -> set[Path]:
    """What of the repo a command opens or runs that is started in it."""
    strace = (need("strace", "strace"), "-f", "-qq", "-y", "-o", str(trace))
    done = subprocess.run(
        [*strace, "-e", "trace=open,openat,openat2,execve", *argv],
        cwd=repo, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return touched(trace, repo)


STACK = """
title = "Tiny"
markers = ["tiny.x"]
probe = []
tools = {}
"""
RECIPE = "ARG PARENT\nFROM ${PARENT}\n"
PROFILE = """
name = "shop"
stacks = ["tiny"]
[services.side]
image = "{base}"
command = ["sleep", "infinity"]
"""


@pytest.mark.engine
def test_nobody_opens_what_lies_around(
    make_repo: Make,
    command: Command,
    policy: Path,
    tmp_path: Path,
    nothing_left: None,  # noqa: ARG001 - looked at afterwards
) -> None:
    """A build by Buildx, a start by Compose, and all else that a day has."""
    base = docker("images", "--format={{.Repository}}:{{.Tag}}", "localhost/devpod-gen/debian")
    policy.write_text('allow = ["services", "stack"]\n')
    stack = {"stack.toml": STACK, "Dockerfile": f"{RECIPE}LABEL bait={tmp_path}\n"}
    repo = make_repo(
        {
            "devpod.toml": PROFILE.format(base=base),
            **{f".devpod/stacks/tiny/{name}": text for name, text in stack.items()},
        }
    )
    bait, trace = lay(repo), tmp_path / "trace"
    try:
        for argv in (
            *(("generate",), ("up",), ("up",), ("exec", "true"), ("logs",), ("logs", "side")),
            *(("status",), ("ssh-config", "show"), ("down", "--caches")),
        ):
            opened = traced(repo, trace, str(COMMAND), *argv)
            assert opened & bait == set(), argv
            # Our own questions name the repo; what others ask git on their way would not.
            assert not re.search(r'execve\("\S*/git", \["\S*git", "(?!-C")', trace.read_text())
        assert not (repo / "sprung").exists()
    finally:
        command("down", "--caches", "-C", repo)
        docker("rmi", *docker("images", "--quiet", f"--filter=label=bait={tmp_path}").split())
    # The witness sees them where somebody does: Compose, asked plainly.
    plainly = ("sh", "-c", "docker compose config; docker compose --env-file /dev/null config; :")
    assert traced(repo, trace, *plainly) & bait >= {repo / ".env", repo / "compose.yaml"}


def test_python_takes_no_module_from_the_repo(make_repo: Make, tmp_path: Path) -> None:
    """`python -m` puts the current folder first."""
    repo = make_repo({"devpod.toml": 'name = "shop"\n'})
    bait = lay(repo)
    own = (sys.executable, "-m", "devpod_gen", "generate")
    assert traced(repo, tmp_path / "trace", *own) & bait == set()
    plainly = traced(repo, tmp_path / "trace", sys.executable, "-m", "typer", "--help")
    assert repo / "typer.py" in plainly
