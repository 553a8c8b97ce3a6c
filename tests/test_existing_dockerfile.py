"""profile.existing.dockerfile: stages, and packages out of scripts that are never run."""

import pytest

from devpod_gen.profile.existing import apt, dockerfile, shellwords
from devpod_gen.profile.existing.model import LeftOut
from devpod_gen.profile.wording import shown

IMAGE = "mcr.microsoft.com/devcontainers/python:1-3.11-bookworm"
DEV = r"""# syntax=docker/dockerfile:1
ARG VARIANT="3.11-bookworm" OTHER=x
FROM debian AS unused
RUN apt-get install unused-package
FROM mcr.microsoft.com/devcontainers/python:1-${VARIANT} AS base
ENV LANG=C.UTF-8 QUOTED="a b" \
    # a comment in between
    PATH="/x:$PATH" DEBIAN_FRONTEND=noninteractive
ENV OLD form of it
RUN --mount=type=cache,target=/var/cache/apt \
    apt-get update && export DEBIAN_FRONTEND=noninteractive \
    # another comment

    && sudo apt-get -y install --no-install-recommends -o Dpkg::Use-Pty=0 \
        'libpq-dev' git=1:2.* "g++" python3.9 $MORE -t stable netcat ffmpeg:amd64 \
    && apt-get clean && rm -rf /var/lib/apt/lists/*
EXPOSE 8000 53/udp 9000-9001 7000/tcp
FROM base AS dev
RUN <<EOF
set -e
apt-get install -y jq
EOF
RUN pip install poetry
COPY . /app
HEALTHCHECK CMD true
CMD ["x"]
FROM base AS prod
RUN apt-get install -y prod-only
"""


def test_the_stage_of_a_development_container() -> None:
    said = dockerfile.parse(DEV, "Dockerfile", target="dev")
    assert said.packages == ("libpq-dev", "git", "g++", "ffmpeg", "jq")
    assert (said.stacks, said.tools) == (("python",), (("python", "3.11"),))
    assert said.env == (("LANG", "C.UTF-8"), ("QUOTED", "a b"), ("OLD", "form of it"))
    assert [port.port for port in said.ports] == [8000, 7000]
    assert [(left.key, left.reason) for left in said.left_out] == [
        (
            "FROM",
            f"devpod-gen builds an image from stacks, not {shown(IMAGE)}",
        ),
        ('apt-get install "git=1:2.*"', "taken without the version: Debian has its own"),
        ('apt-get install "python3.9"', "is named after one release's version"),
        ('apt-get install "$MORE"', "holds a variable"),
        ('apt-get install "netcat"', "is netcat-openbsd in this Debian"),
        ('apt-get install "ffmpeg:amd64"', "taken without the version: Debian has its own"),
        ("RUN (line 23)", "commands of a build, but for apt-get install, are not run"),
        ('ENV: "PATH"', "devpod-gen sets it"),
        ('EXPOSE: "53/udp"', "is no single TCP port"),
        ('EXPOSE: "9000-9001"', "is no single TCP port"),
        ("COPY", "files of the repo are mounted, not copied"),
        ("HEALTHCHECK", "probes take the place of health checks"),
    ]


def test_the_last_stage_without_a_target() -> None:
    said = dockerfile.parse(DEV, "x", args={"VARIANT": "3.12"})
    assert said.packages[-1] == "prod-only"
    assert "jq" not in said.packages
    assert said.tools == (("python", "3.12"),)


def test_the_apps_own_is_a_suggestion() -> None:
    said = dockerfile.suggest(DEV, "Dockerfile")
    assert (said.packages, said.env, said.ports, said.tools) == ((), (), (), ())
    assert "prod-only" in said.suggested
    assert "unused-package" in said.suggested
    assert [left.key for left in said.left_out] == ["Dockerfile"]


@pytest.mark.parametrize(
    ("script", "packages"),
    [
        ("apt-get install a2 b2", ("a2", "b2")),
        ("apt install -y a2;apt-get install b2", ("a2", "b2")),
        ("A=1 B='x y' sudo -E apt-get -qq install a2", ("a2",)),
        ("if true; then apt-get install a2; fi", ("a2",)),
        ("(apt-get install a2)|cat", ("a2",)),
        ("apt-get install a2 > /dev/null 2>&1 || true", ("a2",)),
        ("/usr/bin/apt-get install a2", ("a2",)),
        ("apt-get update", ()),
        ("apt-get remove a2", ()),
        ("apt-get install -y", ()),
        ("echo apt-get install a2", ()),
        ('echo "x; apt-get install a2"', ()),
        ("# apt-get install a2", ()),
        ("apt-get install a2 # b2", ("a2",)),
        ("apt-get install $(cat list) a2", ("a2",)),
        ("apt-get install ./a2.deb b2-", ()),
        ("apk add a2", ()),
        ("yum install -y a2", ()),
        ("apt-get install 'a2", ()),
        ("", ()),
    ],
)
def test_scripts(script: str, packages: tuple[str, ...]) -> None:
    assert apt.installed(script).packages == packages


def test_another_distribution_is_named() -> None:
    assert apt.installed("apk add --no-cache jq").left_out == (
        LeftOut("apk", "installs packages of another distribution"),
    )


def test_another_source_makes_what_follows_uncertain() -> None:
    script = (
        "apt-get install curl && curl x > /etc/apt/sources.list.d/x.list"
        " && apt-get update && apt-get install docker-ce-cli"
    )
    said = apt.installed(script)
    assert said.packages == ("curl",)
    assert [left.key for left in said.left_out] == ['apt-get install "docker-ce-cli"']
    text = f"FROM x\nRUN {script}\nRUN apt-get install later\n"
    assert dockerfile.parse(text, "x").packages == ("curl",)


def test_words() -> None:
    script = 'a "b c" d\\ e \'f;g\' h"i"j; k | l && m'
    assert list(shellwords.commands(script)) == [
        ("a", "b c", "d e", "f;g", "hij"),
        ("k",),
        ("l",),
        ("m",),
    ]


@pytest.mark.parametrize("text", ["", "\n", "RUN x", "FROM", "FROM a AS", "\\", "FROM a\nRUN \\"])
def test_odd_files(text: str) -> None:
    assert dockerfile.parse(text, "x").packages == ()
    assert dockerfile.suggest(text, "x").suggested == ()


def test_stages_in_a_circle() -> None:
    assert dockerfile.parse("FROM b AS a\nFROM a AS b\nRUN apt install a2", "x").packages == ("a2",)
