"""No secret in an image: canaries in every place, on a real engine."""

import json
import re
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from canaries import canaries
from conftest import Ran, docker
from devpod_gen.engine.docker import Docker
from devpod_gen.errors import SecretFound
from devpod_gen.plan.model import ImagePlan, Layer
from devpod_gen.verify.secrets import secrets_check
from devpod_gen.workspace import clean, image
from devpod_gen.workspace.approval import candidate
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.scan import Leak, scan

BASE = "localhost/devpod-gen/debian:trixie-slim"
ALL = {canary.rule: canary for canary in canaries()}
pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("engine")]


@dataclass(frozen=True)
class Recipes:
    """Two recipes in a folder, and the chain of images that they make."""

    folder: Path
    tag: str

    def write(self, name: str, steps: str) -> None:
        (self.folder / name).mkdir(parents=True, exist_ok=True)
        text = f"ARG PARENT\nFROM ${{PARENT}}\nLABEL test={self.tag}\n{steps}\n"
        (self.folder / name / "Dockerfile").write_text(text)

    @property
    def chain(self) -> tuple[Layer, ...]:
        lower = f"localhost/devpod-gen-test/lower:{self.tag}"
        upper = f"localhost/devpod-gen-test/upper:{self.tag}"
        return (
            Layer("lower", "lower", lower, "debian:trixie-slim", (), (), "lower"),
            Layer("upper", "upper", upper, lower, (), (), "upper"),
        )

    @property
    def plan(self) -> ImagePlan:
        return ImagePlan(self.chain[-1].ref, self.chain, hosted=False, may_build=True)


@pytest.fixture(autouse=True)
def own_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known to be clean, and what a test finds out it alone knows."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def toy(tmp_path: Path) -> Iterator[Callable[..., str]]:
    """An image of a few kilobytes, from a Dockerfile and files."""
    made: list[str] = []

    def build(dockerfile: str, files: dict[str, str] | None = None, *options: str) -> str:
        folder = tmp_path / f"toy{len(made)}"
        for name, text in ({"Dockerfile": dockerfile} | (files or {})).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        made.append(f"localhost/devpod-gen-test/toy:{uuid.uuid4().hex[:12]}")
        docker("buildx", "build", "--quiet", "--load", "-t", made[-1], *options, str(folder))
        return made[-1]

    yield build
    for ref in made:
        subprocess.run(["docker", "image", "rm", ref], check=False, capture_output=True)


def leaks_of(ref: str) -> tuple[Leak, ...]:
    leaks = scan(Docker(), ref)
    told = "\n".join(f"{leak.finding()}" for leak in leaks)
    for canary in ALL.values():
        assert canary.value not in told
        assert canary.value[:40] not in told
    return leaks


def test_every_rule_in_a_layer_that_a_later_one_hides(toy: Callable[..., str]) -> None:
    """Each canary in its file; then each of the files replaced by an empty one."""
    files: dict[str, str] = {}
    for canary in ALL.values():
        path = f"first/{canary.path.replace('notes', canary.rule)}"
        files[path] = files.get(path, "") + canary.text
    empty = {path.replace("first/", "second/", 1): "" for path in files}
    ref = toy("FROM scratch\nCOPY first/ /\nCOPY second/ /\n", files | empty)
    found = leaks_of(ref)
    assert {leak.rule for leak in found} == set(ALL)
    layers = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", ref))
    assert {leak.layer for leak in found} == {layers[0]}
    assert {leak.step for leak in found} == {"COPY first/ / # buildkit"}
    assert {leak.place for leak in found} == {path.removeprefix("first/") for path in files}


def test_a_deleted_file_is_found(toy: Callable[..., str]) -> None:
    canary = ALL["github-token"]
    step = f"RUN printf %s {canary.value} >/root/note\nRUN rm /root/note\n"
    ref = toy(f"FROM {BASE}\n{step}")
    docker("run", "--rm", "--network=none", ref, "test", "!", "-e", "/root/note")
    (leak,) = (leak for leak in leaks_of(ref) if leak.layer)
    assert (leak.place, leak.rule) == ("root/note", "github-token")
    assert leak.step == "RUN /bin/sh -c printf %s *** >/root/note # buildkit"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ("ENV NOTE={}", "environment, NOTE"),
        ("LABEL note={}", "label note"),
        ('LABEL {}="note"', "label ***"),
        ("WORKDIR /srv/{}", "configuration, WorkingDir"),
        ("USER {}", "configuration, User"),
        ('CMD ["login", "{}"]', "configuration, Cmd"),
        ('ENTRYPOINT ["login", "{}"]', "configuration, Entrypoint"),
        ("HEALTHCHECK CMD login {}", "configuration, Healthcheck"),
        ("VOLUME /{}", "configuration, Volumes"),
        ("ONBUILD RUN login {}", "configuration, OnBuild"),
        ("ARG NOTE={}", "history, step 1"),
    ],
)
def test_what_describes_an_image_is_looked_at(
    toy: Callable[..., str], line: str, place: str
) -> None:
    """Set, and where it can be set anew by a later step: the history keeps it."""
    canary = ALL["github-token"]
    found = leaks_of(toy(f"FROM scratch\n{line.format(canary.value)}\nCOPY x /\n", {"x": "x"}))
    assert place in {leak.place for leak in found}
    assert {leak.rule for leak in found} == {"github-token"}


def test_a_build_argument_stays_in_the_history(toy: Callable[..., str]) -> None:
    canary = ALL["named-secret"]
    recipe = f"FROM {BASE}\nARG DEPLOY_PASSWORD\nRUN true\nENV API_TOKEN={canary.value}\n"
    ref = toy(f"{recipe}ENV API_TOKEN=\n", {}, f"--build-arg=DEPLOY_PASSWORD={canary.value}")
    found = leaks_of(ref)
    assert {leak.rule for leak in found} == {"named-secret"}
    assert len({leak.place for leak in found}) == 2
    assert all(leak.place.startswith("history, step ") for leak in found)


def test_clean_layers_are_read_once(toy: Callable[..., str], tmp_path: Path) -> None:
    engine, saved = Docker(), []
    save = Docker.save

    def counted(self: Docker, ref: str, take: Any) -> None:
        saved.append(ref)
        save(self, ref, take)

    ref = toy("FROM scratch\nCOPY x /\n", {"x": f"{uuid.uuid4()}"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Docker, "save", counted)
        assert (scan(engine, ref), scan(engine, ref)) == ((), ())
        assert saved == [ref]
        (memory,) = (tmp_path / "cache/devpod-gen").iterdir()
        assert memory.read_text().split() == [*parts(ref)]
        memory.chmod(0o666)  # anyone could have written it
        assert clean.known() == frozenset()
        scan(engine, ref)
        memory.unlink()
        scan(engine, ref)
        assert len(saved) == 3
    assert memory.stat().st_mode & 0o777 == 0o600


def parts(ref: str) -> tuple[str, ...]:
    return Docker().parts(ref).layers


def test_a_layer_with_a_secret_is_never_known_as_clean(toy: Callable[..., str]) -> None:
    files = {"x": f"{uuid.uuid4()}", "y": ALL["jwt"].text}
    ref = toy("FROM scratch\nCOPY x /\nCOPY y /\n", files)
    for _ in range(2):
        (leak,) = leaks_of(ref)
        assert leak.layer == parts(ref)[1]
    assert clean.known() == {parts(ref)[0]}


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recipes]:
    """A chain of two small images in place of ours, built by what builds ours."""
    own = Recipes(tmp_path / "images", uuid.uuid4().hex[:12])
    monkeypatch.setattr("devpod_gen.resources.images", lambda: own.folder)
    yield own
    for layer in (*own.chain, candidate(own.chain[-1])):
        subprocess.run(["docker", "image", "rm", layer.ref], check=False, capture_output=True)


def test_a_clean_image_gets_its_name(recipes: Recipes) -> None:
    recipes.write("lower", "RUN true")
    recipes.write("upper", "RUN true")
    clock = Clock()
    image.ensure(Docker(), recipes.plan, print, clock=clock)
    assert Docker().image(recipes.plan.ref)
    assert not Docker().image(candidate(recipes.chain[-1]).ref)
    assert "built" in [stage.note for stage in clock.timing().stages]


@pytest.mark.parametrize(("place", "kept"), [("lower", 0), ("upper", 1)])
def test_a_finding_takes_the_names_away(recipes: Recipes, place: str, kept: int) -> None:
    """Those of the images that hold the layer; one below it is clean, and keeps its name."""
    canary = ALL["age-secret-key"]
    for name in ("lower", "upper"):
        recipes.write(name, "RUN true")
    recipes.write(place, f"RUN echo {canary.value} >/key\nRUN rm /key")
    with pytest.raises(SecretFound) as caught:
        image.ensure(Docker(), recipes.plan, print)
    engine = Docker()
    left = [layer.ref for layer in recipes.chain if engine.image(layer.ref)]
    assert left == [layer.ref for layer in recipes.chain[:kept]]
    assert not engine.image(candidate(recipes.chain[-1]).ref)
    told = " ".join(f"{f.where} {f.message}" for f in caught.value.findings)
    assert ", made by `RUN /bin/sh -c echo *** >/key # buildkit`, key" in told
    assert canary.value not in told
    assert caught.value.exit_code == 6


def test_what_was_killed_before_the_scan_is_scanned_by_the_next(
    recipes: Recipes, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipes.write("lower", "RUN true")
    recipes.write("upper", f"RUN echo {ALL['github-token'].value} >/token")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Docker, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            image.ensure(Docker(), recipes.plan, print)
    assert not Docker().image(recipes.plan.ref)
    assert Docker().image(candidate(recipes.chain[-1]).ref)
    said: list[str] = []
    with pytest.raises(SecretFound):
        image.ensure(Docker(), recipes.plan, said.append)
    assert [line for line in said if line.startswith("building")] == []
    assert not Docker().image(candidate(recipes.chain[-1]).ref)


def test_verify_looks_whatever_the_image(toy: Callable[..., str]) -> None:
    check = secrets_check(Docker(), toy("FROM scratch\nCOPY x /\n", {"x": ALL["jwt"].text}))
    assert (check.id, check.door, check.ok) == ("secrets", "host", False)
    assert check.detail.startswith("a JSON web token (jwt): layer sha256:")
    fine = secrets_check(Docker(), toy("FROM scratch\nCOPY x /\n", {"x": "x"}))
    assert fine.ok is True
    gone = secrets_check(Docker(), "localhost/devpod-gen-test/none:none")
    assert gone.ok is None


def test_build_fails_and_leaves_no_name(
    make_repo: Callable[..., Path], command: Callable[..., Ran], tmp_path: Path
) -> None:
    """The whole command: a cache folder of the profile's is a part of its image."""
    canary = ALL["github-token"]
    profile = f'name = "a"\n[caches]\nx = ["/home/dev/{canary.value}"]\n'
    repo = make_repo({"devpod.toml": profile})
    ran = command("build", "--json", "-C", repo, env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
    assert ran.code == 6, ran.err
    error = json.loads(ran.out)["error"]
    assert error["kind"] == "secret"
    (in_layer,) = (f for f in error["findings"] if f["where"].startswith("layer "))
    assert in_layer["message"] == "a GitHub token (github-token)"
    assert re.match(
        r"layer sha256:[0-9a-f]{12}, made by `RUN \|\d .*`, home/dev/\*\*\*", in_layer["where"]
    )
    assert canary.value not in ran.out + ran.err.partition("scanning")[2]
    tag = error["where"].rpartition(":")[2]
    assert tag not in docker("image", "ls", "--format", "{{.Tag}}")
    repaired = 'name = "a"\n[caches]\nx = ["/home/dev/x"]\n'
    (repo / "devpod.toml").write_text(repaired)
    assert command("build", "-C", repo, env={"XDG_CACHE_HOME": str(tmp_path / "cache")}).code == 0


def test_keys_that_packages_make_are_not_left_behind(
    make_repo: Callable[..., Path], command: Callable[..., Ran]
) -> None:
    """openssh-server is in the base; ssl-cert comes with PostgreSQL, and has a key, too."""
    repo = make_repo({"devpod.toml": 'name = "a"\n[image]\npackages = ["ssl-cert"]\n'})
    ran = command("build", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    ref = json.loads(ran.out)["image"]["ref"]
    script = "command -v make-ssl-cert; find /etc/ssl /etc/ssh -name '*snakeoil*' -o -name '*_key*'"
    run = ("run", "--rm", "--network=none", "--entrypoint", "sh", ref, "-c", script)
    assert docker(*run) == "/usr/sbin/make-ssl-cert"
