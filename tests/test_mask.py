"""What is printed holds no secret, in whatever form and in whatever pieces it comes."""

import base64
import json
import random
import shlex
import subprocess
import urllib.parse
from collections.abc import Callable

import pytest

from devpod_gen.cli import console
from devpod_gen.errors import Finding, StartError
from devpod_gen.plan.secret import SecretPlan
from devpod_gen.workspace.secrecy.clue import clues, is_in_lines
from devpod_gen.workspace.secrecy.forms import LEAST, forms, hidden
from devpod_gen.workspace.secrecy.hunt import hunt_for
from devpod_gen.workspace.secrecy.mask import Mask, Stream
from devpod_gen.workspace.secrecy.value import Value

SHAPES = (
    b"ghp_abcDEF0123456789abcDEF0123456789abcd",
    b"hun7er2!",
    b"p@ss w\xc3\xb6rd/+=&?#%\"'\\$X`",
    b"a\tb\tc\tdefgh",
    b"-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7\n-----END-----\n",
    b"\x00\xff\xfe binary \x01\x02",
    b"aa-aa-aa",
    b"$$${HOME}$(id)",
    b'{"type": "account", "key": "q1w2e3r4t5y6u7i8"}',
    b"x" * 5000,
    b"<b>&amp;</b>",
    "密码是这个东西".encode(),
)

WAYS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "base64": base64.b64encode,
    "base64, one before": lambda v: base64.b64encode(b"u" + v + b"!"),
    "base64, two before": lambda v: base64.b64encode(b"u:" + v + b"\n"),
    "url-safe base64": lambda v: base64.urlsafe_b64encode(b"me:" + v),
    "hex": lambda v: v.hex().encode(),
    "url": lambda v: urllib.parse.quote(v, safe="").encode(),
}
TEXT_WAYS: dict[str, Callable[[str], str]] = {
    "json": json.dumps,
    "json in json": lambda t: json.dumps(json.dumps({"k": t})),
    "json of utf-8": lambda t: json.dumps(t, ensure_ascii=False),
    "form": urllib.parse.quote_plus,
    "shell": shlex.quote,
    "compose": lambda t: t.replace("$", "$$"),
}


def found(value: bytes, text: bytes) -> bool:
    """Whether a search for the value finds it in the text."""
    broken = is_in_lines(text)
    return any(clue.met(text) for clue in clues(value) if broken or not clue.in_lines)


@pytest.mark.parametrize("shape", SHAPES, ids=range(len(SHAPES)))
def test_every_form_is_known(shape: bytes) -> None:
    value = shape.strip(b"\n")
    said = {name: way(value) for name, way in WAYS.items()}
    try:
        said |= {name: way(value.decode()).encode() for name, way in TEXT_WAYS.items()}
    except UnicodeDecodeError:
        assert shape == SHAPES[5]
    for name, text in said.items():
        assert found(shape, text), name
        masked = Mask().of([shape]).starred(b"before " + text + b" after")
        assert not any(form in masked for form in forms(shape)), name
        assert masked.startswith(b"before ")
        assert masked.endswith(b" after")


def test_base64_that_is_broken_into_lines() -> None:
    value = bytes(range(33, 120)) * 3
    wrapped = subprocess.run(
        ["base64", "-w", "76"], input=b"user:" + value, capture_output=True, check=True
    ).stdout
    assert found(value, wrapped)


def test_what_is_too_short_is_left() -> None:
    assert forms(b"12345") == hidden(b"12345\n") == frozenset()
    assert clues(b"12345") == frozenset()
    assert Mask().of([b"", b"\n", b"abc"]).text("abc") == "abc"
    assert len(b"123456") == LEAST


@pytest.mark.parametrize("value", [b"postgres", b"Changeme1!", b"12345678", b"DEVELOPMENT"])
def test_an_ordinary_word_is_hidden_but_not_looked_for(value: bytes) -> None:
    assert clues(value) == frozenset()
    assert Mask().of([value]).text(f"is {value.decode()}") == "is ***"
    assert clues(b"correcthorsebatterystaple")
    assert clues(b"aB3dE6gh")


def test_lines_are_hidden_one_by_one() -> None:
    mask = Mask().of([SHAPES[4]])
    assert mask.text("key: AASCBKcwggSjAgEAAoIBAQC7 end") == "key: *** end"
    assert mask.text("-----END-----") == "-----END-----"


@pytest.mark.parametrize("seed", range(40))
def test_pieces_are_masked_like_the_whole(seed: int) -> None:
    """Secrets that overlap and begin with one another, cut anywhere: 50 texts a seed."""
    chance = random.Random(seed)
    for _ in range(50):
        letters = chance.choice((b"ab", b"abc\xff\n", bytes(range(97, 123))))
        secrets = [bytes(chance.choices(letters, k=chance.randrange(6, 13))) for _ in range(3)]
        parts = [
            chance.choice(secrets)[: chance.choice((None, chance.randrange(12)))]
            + b"-" * chance.randrange(3)
            for _ in range(8)
        ]
        text, mask = b"".join(parts), Mask().of(secrets)
        stream, said, at = Stream(mask), b"", 0
        while at < len(text):
            size = chance.randrange(1, 7)
            said += stream.more(text[at : at + size])
            at += size
        said += stream.rest()
        assert said == mask.starred(text)
        kept = (secret.strip(b"\r\n") for secret in secrets)
        assert not any(len(value) >= LEAST and value in said for value in kept)


def test_nothing_is_held_back_without_need() -> None:
    stream = Stream(Mask().of([b"secret-value"]))
    assert stream.more(b"a line\n") == b"a line\n"
    assert stream.more(b"and sec") == b"and "
    assert stream.more(b"ond\n") == b"second\n"
    assert stream.more(b"secret-val") == b""
    assert stream.more(b"ue\n") == b"***\n"


def test_the_console_prints_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Progress, results, JSON, errors with all their parts; also where a line is cut."""
    value = 'tok"en\\with\tquotes-0123456789'
    console.hide([value.encode()])
    try:
        for as_json in (False, True):
            out = console.Console(as_json=as_json, verbose=False)
            out.say(f"hook says {value}")
            out.say(f"#9 [step 1/2] RUN {'x' * 60} {value}")
            out.result(f"done {value}", detail=value, nested={"k": [value]})
            out.error(
                StartError(
                    f"failed with {value}",
                    where=value,
                    fix=value,
                    detail=f"first\n{value}\n{base64.b64encode(value.encode()).decode()}",
                    findings=(Finding(value, value),),
                )
            )
            told = "".join(capsys.readouterr())
            for form in forms(value.encode()):
                assert form.decode() not in told
            assert "quotes-0" not in told
            assert 'tok"en' not in told
            assert 'tok\\"en' not in told
            assert told.count("***") >= 8
    finally:
        console.forget()


@pytest.mark.parametrize("count", [1, 12])
def test_a_value_is_found_wherever_it_begins(count: int) -> None:
    """Few values and many: at every offset, at both ends, of every length, and not in part."""
    chance = random.Random(count)
    values = [
        bytes(chance.choices(range(33, 127), k=chance.randrange(8, 40))) for _ in range(count)
    ]
    plans = [
        SecretPlan(f"S{n}", "env", (), delivery="file", optional=False, description="")
        for n in range(count)
    ]
    pairs = [Value(plan, value) for plan, value in zip(plans, values, strict=True)]
    for pair in pairs:
        for form in (pair.content, base64.b64encode(pair.content), pair.content.hex().encode()):
            for before in range(20):
                hunt = hunt_for(pairs)
                hunt.look("here", "", b" " * before + form[:-4])
                assert not hunt.spots or len(form) > 64  # of long ones parts are looked for
                hunt.spots.clear()
                hunt.look("here", "", b" " * before + form + b" " * (before % 3))
                assert [spot.secret for spot in hunt.spots] == [pair.plan.name]


def test_json_stays_json_whatever_the_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """Digits, a key's own syntax, the letter of an escape."""
    console.hide([b"000000", b'": "a', b"nHello1", b"outcome"])
    try:
        out = console.Console(as_json=True, verbose=False)
        out.result("", seconds=0.30000000000000004, said="a\nHello1", at={"nHello1": ["000000"]})
    finally:
        console.forget()
    told = json.loads(capsys.readouterr().out)
    assert told["seconds"] == 0.1 + 0.2
    assert told["at"] == {"***": ["***"]}
