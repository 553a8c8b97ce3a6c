"""Hostile templates of a repo's own: nothing before trust, and nothing but an error after it."""

import os
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from attack import CORPUS, Case, EffectError, no_effects, read_cases
from conftest import COMMAND, Ran, need, tree
from devpod_gen.emit.confined import CPU, MEMORY
from test_hostile import effects

CASES = read_cases(CORPUS / "templates")
PLACE = ".devpod/templates"
SECONDS = 2
PROFILE = (
    'name = "shop"\n[env]\nA = "b"\n[[ports]]\nport = 80\n[services.db]\nimage = "localhost/a:1"\n'
)
PARTS = {"_part.j2": "part\n", "_bell.j2": '{{ "\\x07" }}\n'}


def repo_with(folder: Path, files: dict[str, bytes | str]) -> Path:
    repo = folder / "shop"
    for name, content in files.items():
        path = repo / PLACE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (repo / "devpod.toml").write_text(PROFILE)
    return repo


def allow(policy: Path) -> None:
    policy.write_text('allow = ["templates", "services"]\n')
    policy.chmod(0o644)


def told(ran: Ran, where: str) -> None:
    assert ran.code == 2, ran.err
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert lines[0].startswith("error: ")
    assert any(line.startswith(f"  at {PLACE}") for line in lines), ran.err
    assert where in ran.err
    assert lines[-1].startswith("  fix: ")
    assert len(lines) <= 15
    assert ran.err.replace("\n", "").isprintable()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused(case: Case, cli: Callable[..., Ran], tmp_path: Path, policy: Path) -> None:
    """By whoever has trusted it: within the limits, and with nothing written."""
    allow(policy)
    repo = repo_with(tmp_path, {"t.md.j2": case.content, **PARTS})
    before, begun = tree(repo), time.monotonic()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = cli("generate", "-C", repo)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    told(ran, case.where)
    assert after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime < SECONDS
    assert time.monotonic() - begun < 5 * SECONDS  # the machine may be busy
    assert tree(repo) == before


@pytest.mark.parametrize("verb", ["generate", "up", "verify", "build"])
@pytest.mark.parametrize("check", [[], ["--check"], ["--diff"]])
def test_nothing_is_rendered_before_trust(
    verb: str, check: list[str], cli: Callable[..., Ran], tmp_path: Path, policy: Path
) -> None:
    policy.unlink()
    if verb != "generate" and check:
        return
    repo = repo_with(tmp_path, {"t.md.j2": "{{ name }}"})
    before = tree(repo)
    with no_effects() as seen:
        ran = cli(verb, "-C", repo, *check)
    assert ran.code == 3
    assert f"{PLACE}" in ran.err
    assert seen == []
    assert tree(repo) == before


@pytest.mark.parametrize("allowed", [False, True])
def test_by_the_kernels_word(allowed: bool, tmp_path: Path, policy: Path) -> None:
    """Nothing is written, contacted or, before trust, started; nothing else is read after it."""
    strace, trace = need("strace", "strace"), tmp_path / "trace"
    allow(policy) if allowed else policy.unlink()
    text = "{% include ['/etc/machine-id', 'jinja2/sandbox.py'] %}"
    repo = repo_with(tmp_path, {"t.md.j2": text})
    done = subprocess.run(
        [strace, "-f", "-o", str(trace), "-e", "trace=%file,%process,%network",
         str(COMMAND), "generate", "--check", "-C", str(repo)],
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == (2 if allowed else 3), done.stderr
    found = [line.split()[1].partition("(")[0] for line in effects(trace.read_text())]
    assert set(found) <= ({"execve", "clone", "clone3", "vfork"} if allowed else set())
    assert "machine-id" not in trace.read_text()


def test_the_witness_sees_the_process(
    tmp_path: Path, cli: Callable[..., Ran], policy: Path
) -> None:
    allow(policy)
    repo = repo_with(tmp_path, {"t.md.j2": "{{ name }}"})
    with pytest.raises(EffectError), no_effects():
        cli("generate", "--check", "-C", repo)


def test_there_are_enough() -> None:
    assert len({case.content for case in CASES}) >= 110
    assert min(Counter(case.kind for case in CASES).values()) >= 8
    assert (CPU, MEMORY) == (1, 256 * 1024 * 1024)
