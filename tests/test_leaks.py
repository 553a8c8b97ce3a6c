"""The search for secrets: a planted leak of every place is found and named, and a workspace
that is used has none."""

import base64
import io
import json
import os
import subprocess
import tarfile
import tempfile
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from canaries import shapes
from conftest import Ran, docker, trust
from devpod_gen.engine.docker import Docker
from devpod_gen.engine.model import Project
from devpod_gen.plan.secret import SecretPlan
from devpod_gen.workspace.secrecy.audit import audit
from devpod_gen.workspace.secrecy.places import PLACES
from devpod_gen.workspace.secrecy.scope import Scope
from devpod_gen.workspace.secrecy.value import Value
from waiting import until

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("engine")]

BASE = "localhost/devpod-gen/debian:trixie-slim"
FORMS: tuple[Callable[[str], str], ...] = (
    lambda v: v,
    lambda v: base64.b64encode(f"user:{v}".encode()).decode(),
    lambda v: json.dumps({"k": v}),
    lambda v: urllib.parse.quote(v, safe=""),
    lambda v: v.encode().hex(),
)


def values() -> dict[str, str]:
    """One a place, so that each find says of which plant it is."""
    return {place: f"{uuid.uuid4().hex}/+ \"'{uuid.uuid4().hex}" for place in PLACES}


def as_secret(name: str, content: bytes) -> Value:
    plan = SecretPlan(name, "env", ("X",), delivery="file", optional=False, description="of a test")
    return Value(plan, content)


@pytest.fixture
def undo() -> Iterator[ExitStack]:
    """What is to be done afterwards, the last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def planted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, undo: ExitStack
) -> tuple[Scope, dict[str, str]]:
    """A workspace with a leak in each place, each its own value in one of several forms."""
    known = values()
    said = {
        place: FORMS[number % len(FORMS)](value)
        for number, (place, value) in enumerate(known.items())
    }
    tag = uuid.uuid4().hex[:12]
    image, name = f"localhost/devpod-gen-test/leaks:{tag}", f"devpod-gen-test-{tag}"
    for words in (
        f"image rm --force {image}",
        f"network rm {name}",
        f"volume rm {name}",
        f"rm --force {name} {name}-db",
    ):
        argv = ["docker", *words.split()]
        undo.callback(subprocess.run, argv, check=False, capture_output=True)
    for variable in ("XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    repo, data = tmp_path / "repo", tmp_path / "data"
    files = {
        repo / ".devcontainer/x.json": "generated files",
        data / "deep/er": "data folder",
        tmp_path / "XDG_STATE_HOME/devpod-gen/trust/x": "state folder",
        tmp_path / "XDG_CACHE_HOME/devpod-gen/measured": "cache folder",
        tmp_path / "tmp/devpod-gen-abc/ssh": "temporary files",
        repo / "core.4711": "core dumps",
        tmp_path / "env": "environment of process 1",
        tmp_path / "said": "container logs",
        tmp_path / "context/hidden": "image layers",
    }
    for path, place in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x" * (1 << 19) + said[place] + "\n")  # across the parts that are read
    (tmp_path / "env").write_text(said["environment of process 1"])
    recipe = (
        f"FROM scratch\nARG NOTE={quoted(said['image history'])}\n"
        "COPY hidden /root/file\nCOPY empty /root/file\n"
        f"ENV NOTED={quoted(said['image environment'])}\nLABEL l={quoted(said['image labels'])}\n"
        f'CMD ["true", {json.dumps(said["image configuration"])}]\n'
    )
    (tmp_path / "context/empty").write_text("")
    (tmp_path / "context/Dockerfile").write_text(recipe)
    docker("buildx", "build", "--quiet", "--load", "-t", image, str(tmp_path / "context"))
    script = "cat /said; X=$(cat /env) exec sleep infinity"
    container = docker(
        *("run", "--detach", "--name", name, "--network=none"),
        *("--env", f"E={said['container environment']}"),
        *("--label", f"l={said['container labels']}"),
        *("--volume", f"{name}:/kept/cache"),
        *("--volume", f"{tmp_path}/env:/env:ro", "--volume", f"{tmp_path}/said:/said:ro"),
        *(BASE, "sh", "-c", script, "sh", said["container configuration"]),
    )
    ours = ("--label", f"com.docker.compose.project={name}")
    database = ("run", "--name", f"{name}-db", "--network=none", *ours)
    password, log = (f"{key}={said[key]}" for key in ("services", "services' logs"))
    docker(
        *database,
        "--env",
        password,
        "--env",
        log.replace("services' logs", "TOLD"),
        BASE,
        "sh",
        "-c",
        'echo "connected: $TOLD"',
    )
    network = ("network", "create", *ours)
    docker(*network, "--label", f"l={said['networks and volumes']}", name)
    for inside, place in (
        ("/var/x", "container files"),
        ("/dev/shm/x", "container memory"),
        ("/kept/cache/x", "container volumes"),
    ):
        subprocess.run(
            ["docker", "exec", "-i", name, "sh", "-c", f"cat >{inside}"],
            input=said[place],
            text=True,
            check=True,
        )
    loop = ("sh", "-c", "while sleep 1; do :; done", said["process arguments inside"])
    docker("exec", "--detach", name, *loop)
    until(lambda: said["container logs"] in docker("logs", name), 20, "the container said nothing")
    outside = subprocess.Popen(["sh", "-c", "sleep 99; :", said["process arguments"]])
    undo.callback(outside.wait)
    undo.callback(outside.kill)
    compose = tmp_path / "elsewhere/compose.yaml"
    compose.parent.mkdir()
    compose.write_text('services: {dev: {image: x, environment: {E: "${LEAK}"}}}\n')
    project = Project(name, (compose,), (("LEAK", said["compose configuration"]),))
    return Scope(Docker(), repo, data, project, image=image, container=container), known


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$") + '"'


def test_a_planted_leak_of_every_place_is_found(
    planted: tuple[Scope, dict[str, str]],
) -> None:
    scope, known = planted
    found = audit(scope, [as_secret(place, value.encode()) for place, value in known.items()])
    assert found.closed == ()
    assert found.looked == tuple(PLACES)
    assert len(found.looked) >= 18
    missed = set(PLACES) - {spot.place for spot in found.spots if spot.secret == spot.place}
    assert missed == set()
    told = "\n".join(spot.told() for spot in found.spots)
    for value in known.values():
        assert value not in told
        assert value[:32] not in told
    names = {spot.told() for spot in found.spots}
    assert "image layers: image layers, root/file" in names
    assert "container files: container files, /var/x" in names
    assert "container environment: container environment, E" in names
    assert "state folder: state folder, trust/x" in names
    assert "container volumes: container volumes, /kept/cache/x" in names
    assert "services: services, " in told

    # The same places, for values that are nowhere: nothing is found of what was not planted.
    clean = audit(scope, [as_secret(place, value.encode()) for place, value in values().items()])
    assert (clean.spots, clean.looked) == ((), tuple(PLACES))


def test_what_cannot_be_looked_at_is_no_pass(undo: ExitStack, tmp_path: Path) -> None:
    """Files that root inside may not read: the engine hands them out. What lies in memory it
    does not have: then that is said, and the place does not count as looked at."""
    name, value = f"devpod-gen-test-{uuid.uuid4().hex[:12]}", uuid.uuid4().hex
    undo.callback(subprocess.run, ["docker", "rm", "-f", name], check=False, capture_output=True)
    each = "install -m 0600 /tmp/x $f && chown 1000 $f"
    script = f"for f in /mine /dev/shm/mine; do {each}; done; sleep 99"
    drop = ("--cap-drop=ALL", "--cap-add=CHOWN", "--network=none")
    (tmp_path / "x").write_text(value)
    given = ("--volume", f"{tmp_path}/x:/tmp/x:ro")
    docker("run", "--detach", "--name", name, *drop, *given, BASE, "sh", "-c", script)
    until(lambda: docker("exec", name, "ls", "/dev/shm") == "mine", 20, "it did not write there")
    scope = Scope(Docker(), tmp_path, tmp_path, Project(name, ()), container=name)
    found = audit(scope, [as_secret("TOKEN", value.encode())], ("container",))
    assert "TOKEN: container files, /mine" in {spot.told() for spot in found.spots}
    ((place, why),) = found.closed
    assert place == "container memory"
    assert "Permission denied" in why
    assert place not in found.looked
    assert "container files" in found.looked


@pytest.mark.campaign
def test_a_workspace_that_is_used_has_none(
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
    tmp_path: Path,
    nothing_left: None,  # noqa: ARG001
) -> None:
    """Twelve shapes of secrets, handed over and used in every way that there is; then every
    place, by the audit and by other means."""
    every = shapes()
    assert len(every) == 12
    profile = 'name = "leakless"\n[hooks]\ncreate = "cat /run/secrets/* | sha256sum"\n'
    for name, content in every.items():
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
        delivery = "file" if name == "binary" else "env"
        profile += f'[secrets.{name}]\nfile = "{tmp_path}/{name}"\nas = "{delivery}"\n'
    repo = make_repo({"devpod.toml": profile})
    trust(command, repo)
    cache = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    seen: set[bytes] = set()
    over = threading.Event()
    watch = threading.Thread(target=see_arguments, args=(seen, over))
    watch.start()
    try:
        ran = [command("up", "-v", "-C", repo, env=cache)]
        ran += [command("exec", "-C", repo, "--", "sh", "-c", 'test -n "$token"')]
        ran += [command("secrets", "list", "--json", "-C", repo)]
        ran += [command("secrets", "push", "-v", "-C", repo), command("logs", "-C", repo)]
        audited = command("secrets", "audit", "--json", "-C", repo, env=cache)
        assert [one.code for one in (*ran, audited)] == [0] * 6, audited
        report = json.loads(audited.out)
        assert report["found"] == []
        assert report["not_looked"] == []
        assert set(report["looked"]) == set(PLACES)
        assert len(report["looked"]) * len(every) >= 12 * 18

        over.set()
        watch.join()
        assert any(b"/run/secrets" in words for words in seen)  # the exec that feeds was seen

        container = json.loads(command("status", "--json", "-C", repo).out)["workspaces"][0]
        text = b"\n".join(seen) + "".join(one.out + one.err for one in ran).encode()
        text += docker("inspect", container["container"]).encode()
        exported = subprocess.run(
            ["docker", "export", container["container"]], capture_output=True, check=True
        ).stdout
        with tarfile.open(fileobj=io.BytesIO(exported)) as archive:
            names = archive.getnames()
        assert not [name for name in names if name.startswith("run/secrets/")]
        ours = [Path(os.environ[f"XDG_{kind}_HOME"]) for kind in ("DATA", "STATE")]
        kept = (repo, tmp_path / "cache", *ours)
        text += b"".join(p.read_bytes() for top in kept for p in top.rglob("*") if p.is_file())
        for name, content in every.items():
            for form in (
                content,
                base64.b64encode(content),
                json.dumps(content.decode("latin-1"))[1:-1].encode(),
            ):
                assert form.strip() not in text, name
                assert form.strip() not in exported, name
    finally:
        over.set()
        command("down", "--caches", "-C", repo)


def see_arguments(seen: set[bytes], over: threading.Event) -> None:
    """The words of every process, those inside containers too, as often as it can be looked."""
    while not over.wait(0.005):
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                seen.add(path.read_bytes().replace(b"\0", b" "))


def test_verify_fails_on_a_leak_and_names_the_place(
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
    nothing_left: None,  # noqa: ARG001
) -> None:
    """Of the real value in a generated file's source, and of a stand-in that a hook prints."""
    token = uuid.uuid4().hex
    profile = (
        f'name = "leaky"\nuser = "root"\n[image]\nref = "{BASE}"\n'  # a small one
        '[env]\nCOPY = "{}"\n[secrets.TOKEN]\nenv = "TEST_TOKEN"\n'
        '[hooks]\ncreate = "base64 -w 0 /run/secrets/TOKEN >~/kept"\n'
    )
    repo = make_repo({"devpod.toml": profile.format(token)})
    trust(command, repo)
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--door", "compose", "--json", "-C", repo, env={"TEST_TOKEN": token})
    assert ran.code == 1
    assert token not in ran.out + ran.err
    report: dict[str, Any] = json.loads(ran.out)
    leaks = {check["door"]: check for check in report["checks"] if check["id"] == "leaks"}
    assert (leaks["compose"]["ok"], leaks["host"]["ok"]) == (False, False)
    assert "TOKEN: container files, /root/kept" in leaks["compose"]["detail"]
    assert "TOKEN: container environment, COPY" in leaks["compose"]["detail"]
    assert "TOKEN: generated files, .devcontainer/compose.yaml" in leaks["host"]["detail"]
    assert "TOKEN: compose configuration" in leaks["host"]["detail"]

    # Without the real value, as in CI, it proves what it can, and says what it did not.
    asks_nobody = ("--no-ask", "--door", "compose", "--json")
    ran = command("verify", *asks_nobody, "-C", repo, env={"TEST_TOKEN": token})
    report = json.loads(ran.out)
    real = [check for check in report["checks"] if check["id"] == "leaks:real"]
    assert real[0]["ok"] is None
    assert real[0]["detail"] == "not run: there is no real value of TOKEN"
    assert any(c["id"] == "secret:TOKEN" and c["ok"] for c in report["checks"])
