"""A search finds a secret however programs write it, and takes nothing else for it."""

import base64
import html
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import quote, quote_plus

import pytest

from devpod_gen.plan.secret import LARGEST, SecretPlan
from devpod_gen.workspace.secrecy.bare import bare
from devpod_gen.workspace.secrecy.forms import is_telling
from devpod_gen.workspace.secrecy.hunt import hunt_for, pieces
from devpod_gen.workspace.secrecy.mask import Mask, Stream
from devpod_gen.workspace.secrecy.value import Value

SHAPES = {
    "token": b"ghp_" + b"Ab3" * 12,
    "letters": "pässwörd-ß-12".encode(),
    "marks": b"a&b<c>d'e\"f\\g/h",
    "address": b"https://u:p%40w@host/x?y=1&z=2",
    "spaces": b"a b  c*d(e)!f~g",
    "dollar": b"$HOME`x`$(id)9",
    "lines": b"first line 9x\nsecond line 8y\n",
    "json": b'{"k": "v&1", "t": "x/y"}',
    "pattern": b"[a-z]+(.*)?\\d{3}$^|",
    "few": b"x9!kQz",
    "bytes": b"\xff\xfe\x00abc\x80",
    "emoji": "🔑secret🔑".encode(),
    "long": bytes(range(256)) * 12,
}
TEXTS = {name: shape.decode() for name, shape in SHAPES.items() if name not in ("bytes", "long")}

WAYS: dict[str, Callable[[str], str]] = {
    "go's json": lambda t: _go(json.dumps(t, ensure_ascii=False)),
    "go's json, twice": lambda t: _go(json.dumps(_go(json.dumps(t, ensure_ascii=False)))),
    "php's json": lambda t: json.dumps(t).replace("/", "\\/"),
    "upper hex": lambda t: re.sub(r"\\u.{4}", lambda m: "\\u" + m[0][2:].upper(), json.dumps(t)),
    "encodeURIComponent": lambda t: quote(t, safe="!'()*"),
    "encodeURI": lambda t: quote(t, safe=";,/?:@&=+$#!'()*"),
    "go's path": lambda t: quote(t, safe="$&+=:@"),
    "go's user": lambda t: _lower(quote(t, safe="$&+,;=")),
    "java's form": lambda t: quote_plus(t, safe="*").replace("~", "%7E"),
    "lower form": lambda t: _lower(quote_plus(t)),
    "go's html": lambda t: html.escape(t).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "yaml": lambda t: "'" + t.replace("'", "''") + "'",
    "python": repr,
    "python's bytes": lambda t: repr(t.encode()),
    "crlf": lambda t: t.replace("\n", "\r\n"),
    "bash, printf %q": lambda t: _bash('printf %q "$1"', t),
    "bash, set -x": lambda t: _bash('exec 2>&1; set -x; : "$1"', t),
    "bash, declare -p": lambda t: _bash('A=$1; declare -p A', t),
}  # fmt: skip


def _go(text: str) -> str:
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _lower(url: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), url)


def _bash(script: str, value: str) -> str:
    argv = ["bash", "-c", script, "bash", value]
    return subprocess.run(argv, capture_output=True, check=True).stdout.decode()


def _value(content: bytes, name: str = "KEY") -> Value:
    return Value(cast("SecretPlan", SimpleNamespace(name=name)), content)


def _finds(content: bytes, text: bytes) -> bool:
    hunt = hunt_for([_value(content)])
    hunt.look("place", "", text)
    return bool(hunt.spots)


@pytest.mark.parametrize("way", WAYS)
def test_what_programs_make_of_a_value(way: str) -> None:
    for name, text in TEXTS.items():
        said = f"before {WAYS[way](text)} after\n".encode()
        assert _finds(SHAPES[name], said), name
        assert b"***" in Mask().of([SHAPES[name]]).starred(said), name


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("width", [64, 76])
def test_base64_and_hex_in_lines_wherever_they_break(name: str, width: int) -> None:
    """Also indented, with carriage returns, and in JSON."""
    value = SHAPES[name]
    for before in range(0, 80, 40 if name == "long" else 3):
        text = (
            b"#" * before + value + b", and more that goes on for a while, so that it wraps again"
        )
        for form in (base64.b64encode(text), base64.urlsafe_b64encode(text), text.hex().encode()):
            lines = [form[at : at + width] for at in range(0, len(form), width)]
            for end in (b"\n", b"\r\n", b"\n    ", b"\\n"):
                assert _finds(value, end.join(lines)), (before, end)
            left = Mask().of([value]).starred(b"\n".join(lines))
            assert len(value) < 12 or not any(_parts(value, left)), before


def _parts(value: bytes, text: bytes) -> Iterator[bytes]:
    """What of the encoded value is left, but for what is too short to tell anything."""
    told = Mask().of([value]).broken.every
    runs = re.findall(rb"[\w+/-]{8,}", text)
    yield from (run for run in runs if run in told and len(set(run)) >= 5)


@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_another_key_of_the_kind_is_not_that_key(kind: str, tmp_path: Path) -> None:
    """Keys begin and end alike, with the name of who made them."""
    for name in ("one", "two"):
        argv = [
            "ssh-keygen",
            "-q",
            "-t",
            kind,
            "-N",
            "",
            "-C",
            "me@host",
            "-f",
            str(tmp_path / name),
        ]
        subprocess.run(argv, check=True)
    one, two = ((tmp_path / name).read_bytes() for name in ("one", "two"))
    for other in (two, base64.b64encode(two), base64.encodebytes(two), two.hex().encode()):
        assert not _finds(one, other)
    indented = b"\n".join(b"        " + line for line in one.splitlines())
    told = b"\n".join(b"dev-1  | " + line for line in one.splitlines())
    for same in (one, indented, told, json.dumps(one.decode()).encode(), base64.encodebytes(one)):
        assert _finds(one, b"x" * 99 + same)


def test_what_many_files_have_in_common_is_not_the_secret() -> None:
    account: dict[str, Any] = {
        "type": "service_account",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "client_email": "me@project.iam",
    }
    mine, other = (
        json.dumps({**account, "private_key": key * 20}, indent=2).encode()
        for key in ("q1w2e3r4t5y6u7i8", "a1s2d3f4g5h6j7k8")
    )
    assert not _finds(mine, other)
    assert _finds(mine, b"\n".join(b"  " + line for line in mine.splitlines()))


@pytest.mark.parametrize(
    "value",
    [
        "3f9a1c",
        "DEADBE",
        "10.0.0.1",
        "2024-01-31",
        "test-token",
        "my_secret1",
        "https://example.com/",
        "http://localhost:8080",
        "admin@mail.example.com",
    ],
)
def test_what_stands_everywhere_is_not_looked_for(value: str) -> None:
    assert not is_telling(value.encode())
    assert is_telling(b"3f9a1c7e02")
    assert is_telling(b"https://hooks.example.com/services/T0/B0/q1w2e3r4")
    assert is_telling(b"postgres://me:q1w2e3@db")


@pytest.mark.parametrize("long", [b"q1w2e3r4t5y6u7i8" * 5, b"q1w2e3r4t5", b"q1" * 20_000])
def test_a_large_value_of_many_lines_is_found_indented(long: bytes) -> None:
    """Its longest line may be anywhere in it."""
    lines = [b"%04d %s" % (number, b"ab" * (number % 4)) for number in range(2000)]
    for at in (0, 700, 1999):
        value = b"\n".join([*lines[:at], long, *lines[at:]])
        assert _finds(value, b"\n".join(b"    " + line for line in value.splitlines()))


@pytest.mark.parametrize("before", [(512 << 10) - 40_000, (512 << 10) - 10, 512 << 10])
def test_a_large_value_that_lies_in_two_pieces(before: int) -> None:
    value = b"!".join(b"%05d" % number for number in range(LARGEST))[:LARGEST]
    hunt = hunt_for([_value(value)])
    take = pieces(lambda text: hunt.look("place", "", text))
    text = b"-" * before + value + b"-" * 1000
    for at in range(0, len(text), 512 << 10):
        take(text[at : at + (512 << 10)])
    assert hunt.spots


COLOURS = (
    b"\x1b[31m",
    b"\x1b[01;31m\x1b[K",
    b"\x1b[0m",
    b"\r",
    b"\x1b]8;;http://x\x1b\\",
    b"\x1b(B",
)


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "long"])
def test_colours_inside_do_not_show_it_cut_anywhere(name: str) -> None:
    value = SHAPES[name].strip()
    mask = Mask().of([value])
    for colour in COLOURS:
        for at in range(1, len(value), 4):
            said = b"it is " + value[:at] + colour + value[at:] + b", no?\n"
            for cut in range(5, len(said), 2):
                stream = Stream(mask)
                shown = stream.more(said[:cut]) + stream.more(said[cut:]) + stream.rest()
                assert shown == b"it is ***, no?\n" or b"\r" in value
    stream = Stream(mask)
    said = b"\x1b[1m" + colour.join(bytes([byte]) for byte in value) + b"\x1b[0m\n"
    shown = b"".join(stream.more(said[at : at + 1]) for at in range(len(said))) + stream.rest()
    plain = bare(shown)
    assert value not in shown
    assert plain
    assert value not in plain.text


def test_ordinary_lines_are_not_held_back() -> None:
    stream = Stream(Mask().of(SHAPES.values()))
    for line in (b"listening on port 8080\n", b"\x1b[32mok\x1b[0m\n", b"10%\r\n", b"Password:\n"):
        assert stream.more(line) == line
