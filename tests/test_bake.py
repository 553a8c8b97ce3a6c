"""The bake file: what it says, and that other people's builds by it are our own."""

import contextlib
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from conftest import Ran, docker
from devpod_gen.engine.bake import document
from devpod_gen.engine.buildx import _each_step_once
from devpod_gen.engine.model import Build
from devpod_gen.engine.unbuilt import _failed
from devpod_gen.workspace import origin

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = {"devpod.toml": 'name = "shop"\nstacks = ["go"]\n'}


def _baked(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Buildx as somebody's CI runs it, with what differs from machine to machine."""
    return subprocess.run(
        ["docker", "buildx", "bake", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=_surroundings(),
    )


def _surroundings() -> dict[str, str]:
    made = "localhost/devpod-gen/debian:trixie-slim"
    there = subprocess.run(["docker", "inspect", made], capture_output=True, check=False)
    place = {"DEBIAN": f"docker-image://{made}"} if there.returncode == 0 else {}
    return os.environ | {"CA_BUNDLE": "/etc/ssl/certs/ca-certificates.crt"} | place


def test_print_needs_no_engine(make_repo: Make, command: Command) -> None:
    repo = make_repo(PROFILE)
    ran = command("build", "--print", "-C", repo, env={"DOCKER_HOST": "unix:///nowhere"})
    assert ran.code == 0, ran.err
    described = json.loads(ran.out)
    targets = described["target"]
    assert described["group"]["default"]["targets"] == ["base", "go", "workspace"]
    base, go, workspace = targets["base"], targets["go"], targets["workspace"]
    assert go["args"]["PARENT"] == base["tags"][0]
    assert go["contexts"] == {base["tags"][0]: "target:base"}
    assert workspace["contexts"] == {go["tags"][0]: "target:go"}
    assert "devcontainer.metadata" in workspace["labels"]
    assert "platforms" not in targets["_common"]
    again = command("build", "--print", "--json", "--platform", "linux/arm64", "-C", repo)
    assert json.loads(again.out)["bake"]["target"]["_common"]["platforms"] == ["linux/arm64"]


def test_what_an_own_image_has_not(make_repo: Make, command: Command) -> None:
    own = {"devpod.toml": 'name = "own"\n[image]\nref = "localhost/team/own:1"\n'}
    ran = command("build", "--print", "-C", make_repo(own))
    assert ran.code == 2
    assert "devpod.toml::image.ref: names an image that devpod-gen does not build" in ran.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--out", "x"), "goes with --print"),
        (("--platform", "amd64"), "names no platform"),
        (("--platform", ""), "names no platform"),
    ],
)
def test_wrong_options(
    words: tuple[str, ...], told: str, make_repo: Make, command: Command
) -> None:
    ran = command("build", *words, "-C", make_repo(PROFILE))
    assert ran.code == 2
    assert told in ran.err


def test_texts_mean_nothing_to_bake() -> None:
    build = Build("a", "r:1", "p:1", Path("/x"), args=(("A", "${B} %{C} $D"),))
    (args,) = (document((build,), "debian")["target"]["a"]["args"],)
    assert args["A"] == "$${B} %%{C} $D"


def test_a_step_is_told_once_without_the_target() -> None:
    told: list[str] = []
    once = _each_step_once(told.append, ("base", "go"))
    for line in (
        "#4 [base context debian:trixie-slim] load metadata",
        "#13 [base base 1/6] RUN x",
        "#13 ...",
        "#13 [go base 1/6] RUN x",
        "#22 [go] exporting to image",
    ):
        once(line)
    assert [line for line in told if "[" in line] == ["#13 [base 1/6] RUN x"]


def test_the_failing_recipe_is_found_by_its_line(tmp_path: Path) -> None:
    """Both wait for the first one's step, and BuildKit may name either."""
    builds = []
    for name, text in (("a", "FROM x\nRUN false\n"), ("b", "FROM a\nRUN true\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(text)
        builds.append(Build(name, f"{name}:1", "x", tmp_path / name))
    log = (
        "------\n > [b a 2/2] RUN false:\n------\nDockerfile:2\n"
        "-----\n   1 |     FROM x\n   2 | >>> RUN false\n-----\n"
    )
    assert _failed(log, tuple(builds)).name == "a"
    assert _failed(" > [b internal] load metadata:\n", tuple(builds)).name == "b"


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_somebody_elses_build_is_ours(make_repo: Make, command: Command, tmp_path: Path) -> None:
    """The printed file, run by Buildx alone in another folder, makes what `up` takes."""
    files = {"devpod.toml": 'name = "ci"\n[env]\nX = "1"\n[caches]\nci = ["/home/dev/.ci"]\n'}
    repo = make_repo(files)
    out = tmp_path / "ci"
    ran = command("build", "--print", "--out", out, "--json", "-C", repo)
    assert ran.code == 0, ran.err
    (ref,) = json.loads(ran.out)["bake"]["target"]["workspace"]["tags"]
    assert (out / "images/base/Dockerfile").is_file()
    assert (
        "/"
        not in json.loads((out / "docker-bake.json").read_text())["target"]["base"]["context"][0]
    )
    done = _baked(out, "--load")
    assert done.returncode == 0, done.stderr
    assert docker("image", "inspect", "-f", "{{.Os}}", ref) == "linux"
    ran = command("up", "-C", repo)
    assert ran.code == 0, ran.err
    assert "building" not in ran.err
    assert command("down", "--caches", "-C", repo).code == 0
    ran = command("build", "--print", "--out", out, "-C", repo)
    assert ran.code == 4
    assert "the folder for the recipes is not empty" in ran.err
    docker("rmi", ref)


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_labels_say_where_it_is_from_and_make_no_other_image(
    make_repo: Make, command: Command
) -> None:
    repo = make_repo({"devpod.toml": 'name = "from"\n[caches]\nx = ["/home/dev/.from"]\n'})

    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b")
        argv = ["git", "-C", str(repo), *who, *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    git("remote", "add", "origin", "https://ann:token@example.com/acme/from.git")
    git("commit", "--allow-empty", "-qm", "one")
    first = git("rev-parse", "HEAD")
    ref = json.loads(command("build", "--json", "-C", repo).out)["image"]["ref"]
    labels = json.loads(docker("image", "inspect", "-f", "{{json .Config.Labels}}", ref))
    assert labels["org.opencontainers.image.source"] == "https://example.com/acme/from"
    assert labels["org.opencontainers.image.revision"] == first
    assert labels["org.opencontainers.image.title"] == "from"
    assert len(labels["devpod-gen.profile"]) == 64
    git("commit", "--allow-empty", "-qm", "two")
    ran = command("build", "--json", "-C", repo)
    assert json.loads(ran.out)["image"]["ref"] == ref
    assert "building" not in ran.err
    docker("rmi", ref)


def in_progress(stream: IO[str]) -> Iterator[set[str]]:
    """By BuildKit's own records: the stages with a step that has begun and has not ended."""
    text, steps, decoder = "", dict[str, dict[str, Any]](), json.JSONDecoder()
    for line in stream:
        text += line
        with contextlib.suppress(ValueError):  # the rest of this record is in the next lines
            record, end = decoder.raw_decode(text.lstrip())
            text = text.lstrip()[end:]
            for step in record.get("vertexes") or ():
                steps.setdefault(step["digest"], {}).update(step)
            running = [s for s in steps.values() if "started" in s and "completed" not in s]
            named = [re.match(r"\[\S+ (\S+) \d+/\d+\]", step["name"]) for step in running]
            yield {found[1] for found in named if found}


@pytest.mark.engine
@pytest.mark.campaign
@pytest.mark.usefixtures("engine")
def test_stacks_are_built_side_by_side(make_repo: Make, command: Command, tmp_path: Path) -> None:
    """One layer stands on the other, and what need not wait for it does not: npm of the one
    stack is fetched while Go of the other is installed."""
    repo = make_repo({"devpod.toml": 'name = "two"\nstacks = ["go", "node"]\n'})
    out = tmp_path / "two"
    assert command("build", "--print", "--out", out, "-C", repo).code == 0
    anew = ["--set", "go.no-cache=true", "--set", "node.no-cache=true"]
    nowhere = ["--set", "*.output=type=cacheonly"]
    with subprocess.Popen(
        ["docker", "buildx", "bake", "--progress", "rawjson", *anew, *nowhere, "node"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=out,
        env=_surroundings(),
    ) as build:
        assert build.stderr
        seen = list[set[str]]()
        try:
            for stages in in_progress(build.stderr):
                seen.append(stages)
                if {"go", "npm"} <= stages:
                    break
            else:
                pytest.fail(f"not at once, but {seen}")
        finally:
            build.terminate()


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_one_more_package_builds_one_layer(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": 'name = "one"\n'})
    assert command("build", "-C", repo).code == 0
    (repo / "devpod.toml").write_text('name = "one"\n[image]\npackages = ["bc"]\n')
    ran = command("build", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    ref = json.loads(ran.out)["image"]["ref"]
    assert [line for line in ran.err.splitlines() if "building" in line] == [f"building {ref}"]
    docker("rmi", ref)


@pytest.mark.parametrize(
    ("remote", "link"),
    [
        ("git@github.com:acme/pay.git", "https://github.com/acme/pay"),
        ("ssh://git@git.acme.example:2222/acme/pay.git", "https://git.acme.example/acme/pay"),
        ("https://ann:secret@acme.example:8443/pay?token=x", "https://acme.example:8443/pay"),
        ("git://acme.example/pay.git", "https://acme.example/pay"),
        ("file:///srv/pay.git", None),
        ("/srv/pay.git", None),
        ("../pay", None),
        ("https://[broken", None),
        ("", None),
    ],
)
def test_a_remote_as_a_link(remote: str, link: str | None) -> None:
    assert origin.https(remote) == link


def test_a_repo_without_git_has_no_origin(tmp_path: Path) -> None:
    assert origin.labels(tmp_path) == ()
