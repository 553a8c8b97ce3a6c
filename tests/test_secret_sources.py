"""Where secrets come from: every source, everything that can be wrong with it, by a deadline."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from devpod_gen.engine.together import ask_together
from devpod_gen.errors import SecretUnavailable
from devpod_gen.plan.secret import LARGEST, SECRETS, SecretPlan
from devpod_gen.workspace.secrecy import source
from devpod_gen.workspace.secrecy.feed import on_demand
from devpod_gen.workspace.secrecy.value import Missing, Value, settled
from waiting import alive, ends


def secret(kind: Any, *reference: str, name: str = "TOKEN", **more: Any) -> SecretPlan:
    known: dict[str, Any] = {"delivery": "file", "optional": False, "description": "x"}
    return SecretPlan(name, kind, reference, **(known | more))


def ask(one: SecretPlan, root: Path) -> Value | Missing:
    (found,) = source.ask((one,), root)
    return found


def content(one: SecretPlan, root: Path) -> bytes:
    found = ask(one, root)
    assert isinstance(found, Value), found
    return found.content


def why(one: SecretPlan, root: Path) -> str:
    found = ask(one, root)
    assert isinstance(found, Missing), found
    return f"{found.why} | {found.fix}"


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """A program on PATH: a line of sh."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def make(name: str, text: str) -> Path:
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
        return folder / name

    return make


def test_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = secret("env", "SHOP_TOKEN")
    assert why(one, tmp_path) == "the variable is not set | export SHOP_TOKEN first"
    monkeypatch.setenv("SHOP_TOKEN", "")
    assert "it is empty" in why(one, tmp_path)
    os.environb[b"SHOP_TOKEN"] = b"\xff two\nlines\n"
    assert content(one, tmp_path) == b"\xff two\nlines\n"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (b"token\n", b"token"),
        (b"token\r\n", b"token"),
        (b"token", b"token"),
        (b"token\n\n", b"token\n\n"),
        (b"-----BEGIN-----\nx\n", b"-----BEGIN-----\nx\n"),
        (b"\xff\xfe\n", b"\xff\xfe\n"),
    ],
)
def test_a_single_line_loses_its_end(said: bytes, kept: bytes) -> None:
    assert settled(said) == kept


def test_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    path, one = tmp_path / "my token", secret("file", "~/my token")
    assert "No such file" in why(one, tmp_path)
    path.write_bytes(b"v4lue\n")
    path.chmod(0o640)
    assert f"others may read or write it | run `chmod 600 '{path}'`" == why(one, tmp_path)
    path.chmod(0o600)
    assert content(one, tmp_path) == b"v4lue"
    (tmp_path / "link").symlink_to(path)
    assert content(secret("file", str(tmp_path / "link")), tmp_path) == b"v4lue"
    path.write_bytes(b"x" * (LARGEST + 1))
    assert "more than 64 KiB" in why(one, tmp_path)
    path.write_bytes(b"x" * LARGEST)
    assert len(content(one, tmp_path)) == LARGEST


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    begun = time.monotonic()
    for path in (tmp_path / "pipe", Path("/dev/null")):
        assert "it is not a file" in why(secret("file", str(path)), tmp_path)
    assert "Is a directory" in why(secret("file", str(tmp_path)), tmp_path) or "not a file" in why(
        secret("file", str(tmp_path)), tmp_path
    )
    assert time.monotonic() - begun < 5  # its deadline is 8


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    path.write_text("x")
    path.chmod(0o600)
    os.chown(path, 12345, 12345)
    assert "it belongs to another user" in why(secret("file", str(path)), tmp_path)


def test_a_command(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    """Without a shell, without input, in the repo; `~/` is the home."""
    program("vault", 'cat; pwd; printf "%s|" "$@"')
    found = content(secret("command", "vault", "a b", "$HOME", "~/x", "*"), tmp_path).decode()
    assert found == f"{tmp_path}\na b|$HOME|{Path.home()}/x|*|"
    program("fails", "echo half-a-secret; echo 'is locked\x1b[31m' >&2; exit 3")
    told = why(secret("command", "fails", "x"), tmp_path)
    assert told == (
        "fails ended with 3: is locked\\u001b[31m | run `fails x` yourself, and see to what it says"
    )
    assert "half-a-secret" not in told
    program("tells", "echo; echo Tr0ub4dor-x9; echo 'no use for Tr0ub4dor-x9' >&2; exit 3")
    told = why(secret("command", "tells"), tmp_path)
    assert told.startswith("tells ended with 3: no use for *** |")
    assert "there is no none-such on PATH" in why(secret("command", "none-such"), tmp_path)
    assert "cannot be run: No such file" in why(secret("command", "/none/such"), tmp_path)
    program("nothing", ":")
    assert "it is empty" in why(secret("command", "nothing"), tmp_path)
    program("endless", "exec yes")
    assert "says too much" in why(secret("command", "endless"), tmp_path)


def test_a_program_of_the_repo_is_not_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: Callable[[str, str], Path]
) -> None:
    """Whatever PATH says: an empty or relative folder of it is the current one's."""
    program("pass", "echo theirs").rename(tmp_path / "pass")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f":.:{tmp_path}/none")
    assert "there is no pass on PATH" in why(secret("command", "pass", "show"), tmp_path)


def test_the_deadline_ends_the_whole_group(
    tmp_path: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what ignores SIGTERM, and a child that holds the pipe."""
    monkeypatch.setattr(source, "DEADLINE", 0.5)
    program("locked", f"trap '' TERM; sleep 99 & echo $! >{tmp_path}/child.$$; wait; sleep 99")
    begun = time.monotonic()
    many = tuple(secret("command", "locked", name=f"S{n}") for n in range(5))
    with pytest.raises(SecretUnavailable) as caught:
        source.require(many, tmp_path)
    assert time.monotonic() - begun < 5
    assert caught.value.exit_code == 4
    assert len(caught.value.findings) == 5
    assert "did not answer in 0.5 s" in caught.value.findings[0].message
    assert caught.value.findings[0].where == "secrets.S0 (command locked)"
    children = [int(file.read_text()) for file in tmp_path.glob("child.*")]
    assert len(children) == 5
    for child in children:
        ends(child)


def test_what_an_answer_leaves_behind_does_not_hold_it_up(
    tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    """As gpg leaves its agent: a session of its own, that has the pipe open."""
    program("gpg-like", f"setsid sleep 20 & echo $! >{tmp_path}/agent; echo value")
    begun = time.monotonic()
    assert content(secret("command", "gpg-like"), tmp_path) == b"value"
    assert time.monotonic() - begun < 5
    agent = int((tmp_path / "agent").read_text())
    assert alive(agent)
    os.kill(agent, signal.SIGKILL)


def test_all_are_asked_at_once(tmp_path: Path) -> None:
    """Each waits for all the others to have begun: one after another, none would ever end."""
    wait = "until set -- *; [ $# = 8 ]; do sleep 0.01; done"
    found = ask_together(
        [("sh", "-c", f": >{n}; {wait}; echo {n}") for n in range(8)],
        seconds=20,
        most=100,
        folder=str(tmp_path),
    )
    assert [one.output for one in found] == [f"{n}\n".encode() for n in range(8)]


def test_optional_ones_may_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERE", "v")
    asked = (secret("env", "NONE", optional=True), secret("env", "THERE", name="B"))
    assert [one.plan.name for one in source.require(asked, tmp_path)] == ["B"]


def test_a_variable_holds_no_nul(tmp_path: Path, program: Callable[[str, str], Path]) -> None:
    program("nul", "printf 'a\\0b'")
    assert content(secret("command", "nul"), tmp_path) == b"a\0b"
    assert "holds a NUL" in why(secret("command", "nul", delivery="env"), tmp_path)


def test_a_crash_leaves_no_core(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        source.ask((secret("env", "NONE"),), tmp_path)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


def test_a_value_is_in_no_representation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("T", "s3cr3t-value")
    found = ask(secret("env", "T"), tmp_path)
    answer = ask_together([("echo", "s3cr3t-value")], seconds=5, most=99, folder="/")[0]
    assert "s3cr3t" not in repr(found) + repr(answer)


OP = """
[ "$1" = read ] && [ "$2" = --no-newline ] && [ $# = 3 ] || { echo "[ERROR] usage" >&2; exit 1; }
fail() { echo "[ERROR] 2026/11/25 10:00:00 $*" >&2; exit 1; }
case $3 in
    op://dev/github/token) printf 'ghs_from_op' ;;
    op://dev/signed/out) fail "You are not currently signed in. Please run op signin --help" ;;
    op://dev/app/locked) fail "could not read secret '$3': error initializing client:" \
        "authorization prompt dismissed, please try again" ;;
    op://locked/authorization/*) fail "could not read secret '$3': could not find item" \
        "authorization in vault locked" ;;
    op://dev/none/token) fail "could not read secret '$3': could not get item dev/none:" \
        "\\"none\\" isn't an item in the \\"dev\\" vault. Specify the item with its UUID" ;;
    op://dev/"timed out"/*) fail "could not read secret '$3': could not get item: \"timed out\"" \
        "isn't an item in the \"prompt dismissed\" vault" ;;
    op://none/*) fail "could not read secret '$3': could not get item none/x:" \
        "\\"none\\" isn't a vault in this account. Specify the vault with its ID or name." ;;
    op://dev/github/none) fail "could not read secret '$3': item 'dev/github' does not have" \
        "a field 'none'" ;;
    *) sleep 60 ;;
esac
"""


@pytest.mark.parametrize(
    ("reference", "fix"),
    [
        ("op://dev/signed/out", "sign in: `op signin`"),
        ("op://dev/app/locked", "unlock 1Password, and allow it"),
        ("op://dev/none/token", "check the item's name: `op item list`"),
        ("op://dev/timed out/x", "check the item's name: `op item list`"),
        ("op://locked/authorization/x", "check the item's name: `op item list`"),
        ("op://none/x/y", "check the vault's name: `op vault list`"),
        ("op://dev/github/none", "check the field's name: `op item get`"),
    ],
)
def test_what_op_says(
    reference: str, fix: str, tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    """A stand-in, with the words and the code that 1Password's own has."""
    program("op", OP)
    told = why(secret("op", reference), tmp_path)
    assert told.startswith("op ended with 1: ")
    assert told.endswith(f" | {fix}")
    assert "[ERROR]" not in told


def test_op_that_answers_and_one_that_waits(
    tmp_path: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    program("op", OP)
    assert content(secret("op", "op://dev/github/token"), tmp_path) == b"ghs_from_op"
    monkeypatch.setattr(source, "DEADLINE", 0.3)
    told = why(secret("op", "op://dev/waits/for-a-finger"), tmp_path)
    assert "op did not answer in 0.3 s: is it locked" in told
    assert "`op read op://dev/waits/for-a-finger`" in told


def test_no_op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    told = why(secret("op", "op://a/b/c"), tmp_path)
    assert told == "there is no op on PATH | install the 1Password CLI"


def test_an_interrupt_ends_what_was_asked(tmp_path: Path) -> None:
    """^C while a program waits: it goes with us, at once."""
    text = (
        "import sys; from devpod_gen.engine.together import ask_together; "
        f"ask_together([('sh', '-c', 'sleep 0.3; echo $$ >{tmp_path}/pid; sleep 99')],"
        " seconds=60, most=9, folder='/')"
    )
    process = subprocess.Popen([sys.executable, "-c", text], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < deadline
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    process.wait(timeout=5)
    assert not alive(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize("verb", ["generate", "up", "verify", "build", "secrets push"])
def test_a_stranger_profile_asks_nobody(
    verb: str,
    make_repo: Callable[..., Path],
    cli: Callable[..., Ran],
    program: Callable[[str, str], Path],
    tmp_path: Path,
) -> None:
    """No program is run, and each thing that is asked for is named; trusted, it is not asked
    for by what needs none of it either."""
    for name in ("op", "steal"):
        program(name, f"echo >>{tmp_path}/asked; echo value")
    profile = (
        '[secrets.A]\nop = "op://dev/github/token"\n[secrets.B]\ncommand = ["steal", "--all"]\n'
        '[secrets.C]\nfile = "~/.ssh/id_ed25519"\n[secrets.D]\nenv = "AWS_SECRET_ACCESS_KEY"\n'
    )
    repo = make_repo({"devpod.toml": profile})
    ran = cli(*verb.split(), "-C", repo)
    assert ran.code == (0 if verb == "generate" else 3), ran.err
    if ran.code:
        for told in (
            "at secrets.A: op://dev/github/token of your 1Password is handed",
            "at secrets.B: this machine runs `steal --all`, and hands what it prints",
            "at secrets.C: this machine's file ~/.ssh/id_ed25519 is handed",
            "at secrets.D: this machine's variable AWS_SECRET_ACCESS_KEY is handed",
        ):
            assert told in ran.err
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("echo hunter2-s3cret >&2", "ended with 1: no word"),
        ("printf 'a word\nhunter2-s3cret\n' >&2", "ended with 1: no word"),
        ("echo hunter2-s3cret; echo 'bad: hunter2-s3cret' >&2", "ended with 1: bad: ***"),
        ("echo hunter2-s3cret; echo 'bad: aHVudGVyMi1zM2NyZXQ=' >&2", "ended with 1: bad: ***"),
        ("echo 'gpg: decryption failed: No secret key' >&2", "No secret key"),
    ],
)
def test_a_value_on_the_wrong_stream_is_not_told(
    said: str, told: str, tmp_path: Path, program: Callable[[str, str], Path]
) -> None:
    program("leaks", f"{said}; exit 1")
    found = why(secret("command", "leaks"), tmp_path)
    assert told in found
    assert "hunter2" not in found


def test_nor_what_another_source_has_handed_out(
    tmp_path: Path, program: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.tok-en-0123")
    program("vault", 'echo "permission denied for $VAULT_TOKEN" >&2; exit 2')
    asked = (secret("env", "VAULT_TOKEN", name="A"), secret("command", "vault", name="B"))
    with pytest.raises(SecretUnavailable) as caught:
        source.require(asked, tmp_path)
    assert caught.value.message.endswith("permission denied for ***")


@pytest.mark.parametrize("before", range(130, 165, 3))
def test_nor_the_beginning_of_it_where_words_are_cut(
    before: int,
    tmp_path: Path,
    program: Callable[[str, str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VAULT_TOKEN", "hvs.tok-en-0123")
    program("vault", f'echo "{"no " * 40}{"x" * (before - 120)}$VAULT_TOKEN is bad" >&2; exit 2')
    asked = (secret("env", "VAULT_TOKEN", name="A"), secret("command", "vault", name="B"))
    _, found = source.ask(asked, tmp_path)
    assert isinstance(found, Missing)
    assert "hvs" not in found.why


def test_a_file_system_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one over a network whose server is gone: what opens a file there waits for ever."""
    gone, opened = threading.Event(), os.open

    def hang(path: Any, *rest: Any, **more: Any) -> int:
        if str(path).startswith("/hung/"):
            gone.wait(60)
        return opened(path, *rest, **more)

    monkeypatch.setattr(os, "open", hang)
    monkeypatch.setattr(source, "DEADLINE", 0.4)
    begun = time.monotonic()
    asked = [secret("file", f"/hung/{name}", name=name) for name in ("A", "B")]
    found = source.ask((*asked, secret("command", "printf", "value")), tmp_path)
    assert time.monotonic() - begun < 5
    gone.set()
    assert [isinstance(one, Missing) for one in found] == [True, True, False]
    assert "file system does not answer" in str(found[0])


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_largest_value_whatever_its_line_end(end: bytes, tmp_path: Path) -> None:
    for size, fits in ((LARGEST, True), (LARGEST + 1, False), (LARGEST + 3, False)):
        (tmp_path / "large").write_bytes(b"x" * size + end)
        (tmp_path / "large").chmod(0o600)
        for one in (secret("file", f"{tmp_path}/large"), secret("command", "cat", "large")):
            found = ask(one, tmp_path)
            assert isinstance(found, Value) == fits
            assert not isinstance(found, Value) or found.content == b"x" * size


def test_a_line_of_a_variable_has_no_end_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_TOKEN", "value\n")
    assert content(secret("env", "TEST_TOKEN"), tmp_path) == b"value"


@pytest.mark.parametrize("value", [b" a b ", b"a\n", b"\n\na\n\n\n", b"x", b"\xff\n\n", b"a\\n"])
def test_a_variable_inside_is_the_value_to_the_byte(value: bytes, tmp_path: Path) -> None:
    """The very script that runs inside, by sh; with the place of secrets in a folder here."""
    (tmp_path / ".as-env").write_text("TOKEN\nNONE\n")
    (tmp_path / "TOKEN").write_bytes(value)
    argv = [word.replace(SECRETS, str(tmp_path)) for word in on_demand(["env", "-0"])]
    found = subprocess.run(argv, capture_output=True, check=True, env={"PATH": os.defpath}).stdout
    told = dict(entry.split(b"=", 1) for entry in found.split(b"\0") if entry)
    assert told[b"TOKEN"] == value
    assert {key for key in told if key.startswith(b"_devpod") or key == b"NONE"} == set()


def test_one_that_cannot_be_hidden_is_named(
    make_repo: Callable[..., Path],
    cli: Callable[..., Ran],
    policy: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (
        ("DOCKER_HOST", f"unix://{tmp_path}/nobody"), ("PIN", "123"), ("WORD", "postgres"),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)
    profile = 'name = "x"\n[secrets.A]\nenv = "PIN"\n[secrets.B]\nenv = "WORD"\n'
    repo = make_repo({"devpod.toml": profile})
    policy.write_text('allow = ["secrets"]\n')
    ran = cli("up", "-C", repo)
    assert ran.code == 5
    assert "secret A: too short to be hidden in what is printed" in ran.err
    assert "secret B" not in ran.err
