"""What is taken for a secret, and what is not."""

import re
import subprocess
from pathlib import Path

import pytest

from canaries import Canary, canaries
from devpod_gen.workspace.rules import Rule, builtin, rules_of


def found(text: bytes, path: str | None) -> set[str]:
    return {hit.rule.id for hit in builtin().hits(text, path)}


def test_there_is_a_canary_of_every_rule() -> None:
    assert [canary.rule for canary in canaries()] == [rule.id for rule in builtin().rules]


@pytest.mark.parametrize("canary", canaries(), ids=lambda canary: canary.rule)
def test_every_canary_is_found_in_its_file(canary: Canary) -> None:
    around = b"\x7fELF" + bytes(range(256)) * 40
    assert canary.rule in found(canary.text.encode(), canary.path)
    assert canary.rule in found(b"\n".join((around, canary.text.encode(), around)), canary.path)
    (hit,) = (
        h for h in builtin().hits(canary.text.encode(), canary.path) if h.rule.id == canary.rule
    )
    assert canary.value.encode()[:200] in hit.value or hit.value in canary.value.encode()


@pytest.mark.parametrize("canary", canaries(), ids=lambda canary: canary.rule)
def test_a_stump_of_one_is_none(canary: Canary) -> None:
    """Each rule asks for the whole of it: what only starts like one is not found."""
    short = canary.text.replace(canary.value, canary.value[:2])
    assert canary.rule not in found(short.encode(), canary.path)


@pytest.mark.parametrize("canary", canaries(), ids=lambda canary: canary.rule)
def test_what_counts_in_settings_is_found_there(canary: Canary) -> None:
    (rule,) = (rule for rule in builtin().rules if rule.id == canary.rule)
    assert (canary.rule in found(f"X={canary.text}".encode(), None)) == rule.settings


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("aws_access_key_id = AKIAIOSFODNN7" + "EXAMPLE", "usr/share/doc/a.txt"),
        ("//npm.example.com/:_authToken=${NPM_TOKEN}", "root/.npmrc"),
        ("//npm.example.com/:_authToken=abcdefghijklmnop", "usr/lib/node_modules/npm/docs/a.md"),
        ("-----BEGIN PRIVATE KEY-----", "usr/bin/ssh-keygen"),
        ("-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----", "usr/share/doc/x"),
        ("-----BEGIN PUBLIC KEY-----\n" + "A" * 64 * 3, "etc/x.pem"),
        ("https://user:password@example.com/", "usr/lib/python3/dist-packages/x.py"),
        ("https://user:${PASSWORD}@host.org/", "root/.gitconfig"),
        ("root:*:19000:0:99999:7:::\ndev:!:19000::::::", "etc/shadow"),
        ("npm_config_registry npm_package_json npm_lifecycle_event", "usr/bin/npm"),
        ("ghp_short gho_ ghs_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "a.txt"),
        ('export GITHUB_TOKEN="$(cat /run/secrets/github)"', "root/.bashrc"),
    ],
)
def test_what_is_none(text: str, path: str) -> None:
    assert found(text.encode(), path) == set()


@pytest.mark.parametrize(
    "text",
    [
        "GPG_KEY=7169605F62C751356D054A26A821E680E5FA6305",
        "SSH_PRIVATE_KEY_FILE=/run/secrets/key",
        "TOKEN=$GITHUB_TOKEN",
        "MYSQL_RANDOM_ROOT_PASSWORD=yes",
        "RUN |2 PACKAGES=tree TOOLS= /bin/sh -c set -f; apt-get install $PACKAGES # buildkit",
        "RUN --mount=type=secret,id=ca,target=/run/secrets/ca true",
        "PATH=/usr/local/sbin:/usr/local/bin",
        "http_proxy=http://proxy.example.org:3128",
    ],
)
def test_what_is_none_in_settings(text: str) -> None:
    assert found(text.encode(), None) == set()


def test_a_path_counts_from_its_parts_or_from_the_root() -> None:
    text = b"machine h login u password hunter2hunter2\n"
    for path in (".netrc", "root/.netrc", "opt/app/_netrc"):
        assert found(text, path) == {"netrc-password"}, path
    for path in ("root/x.netrc", "root/.netrc.bak"):
        assert not found(text, path), path
    assert not found(b"x:$6$abcdefghijk:1::::::\n", "opt/etc/shadow")


def test_exact_values_can_be_looked_for() -> None:
    """As the secrets of a profile will be: whatever characters they have."""
    values = [b"\x00\xff\x01binary", b"plain", b"a_b-c.d", "größe".encode(), b"(.*)[x]"]
    rules = rules_of(
        tuple(Rule(f"v{n}", "", re.compile(re.escape(v)), (v,)) for n, v in enumerate(values))
    )
    for number, value in enumerate(values):
        hits = list(rules.hits(b"before " + value + b" after", "any/file"))
        assert [hit.rule.id for hit in hits] == [f"v{number}"]
        assert not list(rules.hits(b"before " + value[:-1] + b" after", "any/file"))


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\\n", '",\n"', '\\n" +\n    "'])
@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP "])
def test_private_keys_in_every_spelling(kind: str, line_end: str) -> None:
    """In files, in JSON as of a Google service account, and in the source of a program."""
    (canary,) = (canary for canary in canaries() if canary.rule == "private-key")
    block = " BLOCK" if kind == "PGP " else ""
    head = ["Version: GnuPG v2", ""] if block else []
    lines = [f"-----BEGIN {kind}PRIVATE KEY{block}-----", *head, *canary.value.split("\n")]
    text = line_end.join([*lines, f"-----END {kind}PRIVATE KEY{block}-----"])
    assert found(f'{{"private_key": "{text}"}}'.encode(), "x.json") == {"private-key"}


def test_a_key_of_ssh_keygen(tmp_path: Path) -> None:
    for kind in ("ed25519", "rsa", "ecdsa"):
        path = tmp_path / kind
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(path)], check=True)
        assert found(path.read_bytes(), f"etc/ssh/ssh_host_{kind}_key") == {"private-key"}
        assert not found(path.with_suffix(".pub").read_bytes(), f"etc/ssh/ssh_host_{kind}_key.pub")
