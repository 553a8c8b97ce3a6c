"""Hostile profiles: refused by name, soon, and before anything is done.

`up` is asked, since it is what a victim runs: exit 2, or 3 where the user would have to trust
it. Every case runs in this process, with Python's audit hook as the witness; one of each
class in a process of its own, with strace.
"""

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import tomli_w

from attack import CORPUS, Case, EffectError, cases, no_effects
from conftest import COMMAND, Ran, need, tree
from devpod_gen.errors import ProfileError
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import LARGEST, parse
from test_payloads import ATOMS, FIELDS, KNOWN, PROFILE, planned, put

CASES = cases()
SECONDS = 2
MEBIBYTES = 256


@pytest.fixture(autouse=True)
def _no_policy(policy: Path) -> None:
    """A user who allows nothing for good."""
    policy.unlink()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_refused(case: Case, cli: Callable[..., Ran], tmp_path: Path) -> None:
    repo = tmp_path / "shop"
    repo.mkdir()
    (repo / "devpod.toml").write_bytes(case.content)
    begun = time.process_time()
    with no_effects() as seen:
        ran = cli("up", "-C", repo)
    assert time.process_time() - begun < SECONDS
    assert seen == []
    told(case, ran)
    assert tree(repo) == {"devpod.toml": case.content}


def told(case: Case, ran: Ran) -> None:
    """What is wrong, where, and what to do; and nothing that drives a terminal."""
    assert ran.code in (2, 3), ran.err
    assert ran.out == ""
    lines = ran.err.splitlines()
    assert lines[0].startswith("error: ")
    assert any(line.startswith("  at devpod.toml") for line in lines), ran.err
    assert case.where in ran.err
    assert lines[-1].startswith("  fix: ")
    assert "Traceback" not in ran.err
    assert len(lines) <= 15
    assert all(len(line) <= 2000 for line in lines)
    assert ran.err.replace("\n", "").isprintable()


@pytest.mark.parametrize("case", [case for case in CASES if case.kind == "terminal"])
def test_json_too(case: Case, cli: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "devpod.toml").write_bytes(case.content)
    ran = cli("up", "--json", "-C", tmp_path)
    assert ran.out.removesuffix("\n").isprintable()
    assert json.loads(ran.out)["error"]["kind"] == "profile"


@pytest.mark.campaign
def test_generated(cli: Callable[..., Ran], tmp_path: Path) -> None:
    """2,000 made of every payload in every field, but for those that may stand there."""
    repo, count = tmp_path / "shop", 0
    repo.mkdir()
    for number in range(len(FIELDS) * len(ATOMS)):
        base, place, key = FIELDS[number % len(FIELDS)]
        document = put(base, place, ATOMS[number // len(FIELDS)], key=key)
        content = tomli_w.dumps(document).encode()
        if count == 2000 or planned(document):
            continue
        count += 1
        (repo / "devpod.toml").write_bytes(content)
        begun = time.process_time()
        with no_effects() as seen:
            ran = cli("up", "-C", repo)
        assert time.process_time() - begun < SECONDS
        assert seen == []
        told(Case("generated", str(number), "devpod.toml", content), ran)
    assert count == 2000
    assert list(tree(repo)) == ["devpod.toml"]


def test_there_are_enough() -> None:
    """Each another text, but for those that say the same thing to another reader."""
    assert len({case.content for case in CASES}) >= 780
    assert len({case.id for case in CASES}) == len(CASES)
    count = Counter(case.kind for case in CASES)
    assert len(count) >= 47
    assert min(count.values()) >= 8
    assert len(list(CORPUS.glob("*.txt"))) == len(count)


@pytest.mark.campaign
def test_in_a_process_of_its_own(tmp_path: Path) -> None:
    """One of each class: the clock, the memory, and the kernel's own word for what it did."""
    strace = need("strace", "strace")
    first = {case.kind: case for case in reversed(CASES)}
    for case in first.values():
        repo = tmp_path / case.kind
        repo.mkdir()
        (repo / "devpod.toml").write_bytes(case.content)
        trace, peak = tmp_path / f"{case.kind}.trace", tmp_path / f"{case.kind}.peak"
        traced = (strace, "-f", "-o", str(trace), "-e", "trace=%file,%process,%network")
        begun = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, str(peak), *traced, *run_of(repo)],
            capture_output=True,
            text=True,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
            timeout=60,
        )
        assert time.monotonic() - begun < 10 * SECONDS  # strace costs more than what it traces
        told(case, Ran(done.returncode, done.stdout, done.stderr))
        assert effects(trace.read_text()) == []
        assert int(peak.read_text()) < MEBIBYTES * 1024


# The most memory, in KiB, of a process and of those that it has waited for.
MEASURED = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[2:]).returncode
with open(sys.argv[1], "w") as file:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=file)
sys.exit(code)
"""


def run_of(repo: Path) -> list[str]:
    return [str(COMMAND), "up", "-C", str(repo)]


def effects(trace: str) -> list[str]:
    """The system calls that write, start or contact: the program's own start is not counted."""
    return [line for line in trace.splitlines()[1:] if _is_effect(line)]


def _is_effect(line: str) -> bool:
    call = line.partition(" ")[2].lstrip()
    if call.startswith("open"):
        return any(flag in call for flag in ("O_WRONLY", "O_RDWR", "O_CREAT")) and (
            '"/dev/null"' not in call
        )
    return call.startswith(_CALLS)


_CALLS = (
    *("execve", "fork", "vfork", "clone", "connect", "bind", "sendto", "mkdir", "rename"),
    *("unlink", "rmdir", "link", "symlink", "chmod", "fchmod", "chown", "truncate", "mknod"),
)


def is_valid(content: bytes) -> bool:
    """Whether it is a profile that `up` only asks trust for."""
    try:
        resolve(parse(content, "devpod.toml"), KNOWN, folder_name="shop")
    except ProfileError:
        return False
    return len(content) <= LARGEST


@pytest.mark.campaign
def test_check_only_reads(tmp_path: Path) -> None:
    """`generate --check` on 100 good profiles: nothing is written, started or contacted, also
    not for a trusted one, and whether or not there are files."""
    strace = need("strace", "strace")
    good = [path.read_bytes() for path in sorted((CORPUS.parent / "cases").glob("*/devpod.toml"))]
    assert len(good) >= 20
    good += [case.content for case in CASES if is_valid(case.content)]
    full = (put(PROFILE, ("env", "A"), atom, key=False) for atom in ATOMS)
    good += [tomli_w.dumps(document).encode() for document in full if planned(document)]
    assert len(set(good[:100])) == 100
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    for number in range(100):
        repo = tmp_path / f"repo{number}"
        repo.mkdir()
        (repo / "devpod.toml").write_bytes(good[number])
        trace = tmp_path / "trace"
        traced = (strace, "-f", "-o", str(trace), "-e", "trace=%file,%process,%network")
        done = subprocess.run(
            [*traced, str(COMMAND), "generate", "--check", "-C", str(repo)],
            capture_output=True,
            text=True,
            env=os.environ | home,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1, done.stderr
        assert effects(trace.read_text()) == []
        assert list(repo.iterdir()) == [repo / "devpod.toml"]
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("verb", [("generate",), ("init", "--profile", "x"), ("build",)])
def test_the_witness_in_this_process_sees(
    verb: tuple[str, ...], cli: Callable[..., Ran], tmp_path: Path
) -> None:
    (tmp_path / "devpod.toml").write_text('name = "shop"\n')
    with pytest.raises(EffectError), no_effects():
        cli(*verb, "-C", tmp_path)


@pytest.mark.parametrize("kind", ["a write", "a traceback", "no place", "another code"])
def test_a_fault_is_seen(kind: str) -> None:
    """Each part of what a refusal is held to refuses."""
    good = "error: the profile is not valid: 1 problem\n  at devpod.toml::a: wrong\n  fix: x\n"
    told(Case("", "", "a", b""), Ran(2, "", good))
    bad = {
        "a write": Ran(2, "wrote x", good),
        "a traceback": Ran(2, "", good.replace("wrong", "Traceback")),
        "no place": Ran(2, "", good.replace("devpod.toml::a", "x")),
        "another code": Ran(70, "", good),
    }
    with pytest.raises(AssertionError):
        told(Case("", "", "a", b""), bad[kind])


def test_the_witness_sees(tmp_path: Path) -> None:
    """What `generate` without `--check` does is seen: the trace would not be empty."""
    (tmp_path / "devpod.toml").write_text('name = "shop"\n')
    trace = tmp_path / "trace"
    traced = (need("strace", "strace"), "-f", "-o", str(trace), "-e", "trace=%file,%process")
    subprocess.run([*traced, str(COMMAND), "generate", "-C", str(tmp_path)], check=True, timeout=60)
    assert any("rename" in line for line in effects(trace.read_text()))
