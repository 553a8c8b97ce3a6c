"""An independent judge of the scan: trivy, on the same images (`make test-all`)."""

import json
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from canaries import canaries
from conftest import ROOT, Ran, docker
from devpod_gen.engine.docker import Docker
from devpod_gen.workspace.scan import scan

pytestmark = [pytest.mark.campaign, pytest.mark.engine, pytest.mark.usefixtures("engine")]


@pytest.fixture
def trivy(tmp_path: Path) -> Callable[[str], set[tuple[str, str]]]:
    """What trivy finds in an image: the layer and the file of each. It asks no network."""
    done = subprocess.run([str(ROOT / "scripts/trivy")], check=True, capture_output=True, text=True)
    options = ("--scanners", "secret", "--image-src", "docker", "--quiet", "--format", "json")
    offline = ("--skip-check-update", "--skip-version-check", "--cache-dir", str(tmp_path))

    def run(ref: str) -> set[tuple[str, str]]:
        argv = [done.stdout.strip(), "image", *options, *offline, ref]
        out = subprocess.run(argv, check=True, capture_output=True).stdout
        return {
            (secret["Layer"].get("DiffID", ""), result["Target"].lstrip("/"))
            for result in json.loads(out).get("Results") or ()
            for secret in result.get("Secrets") or ()
        }

    return run


def test_what_trivy_finds_we_find(
    trivy: Callable[[str], set[tuple[str, str]]], tmp_path: Path
) -> None:
    """A canary of every rule in a file of its own, which the next layer replaces."""
    for canary in canaries():
        for text, folder in ((canary.text, "first"), ("", "second")):
            path = tmp_path / "toy" / folder / canary.rule / canary.path
            path.parent.mkdir(parents=True)
            path.write_text(text)
    recipe = "FROM scratch\nCOPY first/ /app/\nCOPY second/ /app/\n"
    (tmp_path / "toy/Dockerfile").write_text(recipe)
    ref = f"localhost/devpod-gen-test/trivy:{uuid.uuid4().hex[:12]}"
    docker("buildx", "build", "--quiet", "--load", "-t", ref, str(tmp_path / "toy"))
    try:
        ours = {(leak.layer, leak.place) for leak in scan(Docker(), ref)}
        theirs = trivy(ref)
    finally:
        docker("image", "rm", ref)
    assert theirs <= ours
    found = {path.split("/")[1] for _, path in theirs}
    assert len(found) >= 15, sorted(found)


def test_what_we_call_clean_trivy_does_too(
    trivy: Callable[[str], set[tuple[str, str]]],
    make_repo: Callable[..., Path],
    command: Callable[..., Ran],
) -> None:
    repo = make_repo({"devpod.toml": 'name = "a"\nstacks = ["go", "node"]\n'})
    ran = command("build", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    assert trivy(json.loads(ran.out)["image"]["ref"]) == set()
