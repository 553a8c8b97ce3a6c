"""Every payload in every string of a profile: refused, or the very same in every reader.

The fields come from the schema, so a new one is in. Readers are not ours: json, PyYAML with
Compose's own rule of `$`, and for links the standard library's.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import tomli_w
import yaml

from devpod_gen.emit.bundle import bundle, self_check
from devpod_gen.emit.render import _environment, json_of
from devpod_gen.emit.sshconfig import SshFiles, ssh_config
from devpod_gen.emit.workflow import workflow
from devpod_gen.errors import InternalError, ProfileError
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from fields import fields, path_of

KNOWN = stacks.known()
MARK = "zqx"
ATOMS = (
    *("'", '"', "''", '"""', "\\", "\\\\", "\\n", "\n", "\r", "\r\n", "\t", "\0", "\x1b[31m"),
    *("\x1b]8;;u\x07", "\x1b]52;c;QQ==\x07", "\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\u202e"),
    *("\u2066", "\u200b", "\ufeff", "\u00ad", "\U000e0041", "\ufdd0", "é", "e\u0301", "😀"),
    *("$", "$$", "$HOME", "${HOME}", "${X:-y}", "$(id)", "`id`", "%h", "%%", "%0a", "%2e%2e/"),
    *("{{ 7*7 }}", "{% raw %}", "{# x #}", "${{ github.token }}", "${localEnv:HOME}", "${env:A}"),
    *(": y", " #x", "- a", "? a", "&a", "*a", "!!int 1", "| x", "> x", "---", "...", "<<", "~"),
    *("yes", "null", "0755", "1e3", "22:22", "2001-01-01", "[x", "{x", "]", "}", ",", "@x"),
    *("-x", "--x", "../x", "/../x", "/x", "\\\\.\\x", "//x", "x/", "~/x", "C:\\x", "a:b", "a=b"),
    *(";id", "&&id", "||id", "|id", "<x", ">x", "*", "?", "!", "#", "&x=y", "+", " ", "\u3000"),
    *("-->", "<!-- x", "](x)", "<script>", "a|b", "Host *", "x" * 2000),
    "content sha256:" + "0" * 64,
)  # fmt: skip
SSH = SshFiles("shop.devpod-gen", "/keys/id", "/keys/known", ("/usr/bin/docker", "exec"))
PROFILE = {
    "name": "shop",
    "stacks": ["go"],
    "user": "dev",
    "shell": "zsh",
    "workspace": "/work",
    "image": {"registry": "example.com/team", "packages": ["tree"], "build": "never"},
    "tools": {"go": "1.24"},
    "caches": {"go": ["/home/dev/go"]},
    "env": {"A": "b"},
    "resources": {"memory": "4g", "shm": "1g", "gpus": "all"},
    "idle": {"timeout": "30m"},
    "services": {
        "db": {
            "image": "postgres:17",
            "command": "a",
            "env": {"B": "c"},
            "volumes": {"data": "/data"},
            "resources": {"memory": "1g"},
            "health": {"command": "true"},
        },
        "web": {"image": "nginx:1", "command": ["a", "b"], "depends": ["db"]},
    },
    "ports": [{"port": 80, "label": "web"}],
    "hooks": {"create": "make", "start": ["a", "b"], "attach": {"one": "a", "two": ["b", "c"]}},
    "probe": [{"run": "true", "expect": "x"}],
    "ide": {
        "vscode": {"extensions": ["a.b"], "settings": {"k": "v", "l": ["m", {"n": "o"}]}},
        "jetbrains": {"backend": "GoLand", "plugins": ["x"], "settings": {"s": "t"}},
    },
    "dotfiles": {"path": "files", "command": "make"},
    "ssh": {"agent": False},
    "mounts": [{"source": "~/a", "target": "/data"}, {"source": "/b", "target": "/c/d"}],
    "secrets": {"T": {"env": "X"}, "U": {"command": ["a", "b"]}, "V": {"op": "op://a/b/c"}},
}
VOLUME = {
    "name": "shop",
    "workspace": {"mode": "volume", "clone": "https://e.com/x", "branch": "b"},
}
OWN = {
    "name": "shop",
    "image": {"ref": "debian:12"},
    "dotfiles": {"repo": "https://e.com/x", "ref": "a"},
}

Place = tuple[str | int, ...]


def strings(document: Any, place: Place = ()) -> Iterator[tuple[Place, bool]]:
    """Every string of a document: where it is, and whether it is a key."""
    if isinstance(document, dict):
        for key, value in document.items():
            yield (*place, key), True
            yield from strings(value, (*place, key))
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from strings(value, (*place, index))
    elif isinstance(document, str):
        yield place, False


def put(document: Any, place: Place, text: str, *, key: bool) -> Any:
    """The document with `text` there."""
    first, *rest = place
    if isinstance(document, list):
        return [
            put(value, tuple(rest), text, key=key) if rest and at == first
            else text if at == first else value
            for at, value in enumerate(document)
        ]  # fmt: skip
    if rest:
        return document | {first: put(document[first], tuple(rest), text, key=key)}
    if key:
        return {text if name == first else name: value for name, value in document.items()}
    return document | {first: text}


FIELDS = [(base, place, key) for base in (PROFILE, VOLUME, OWN) for place, key in strings(base)]
FIELDS += [
    (field.document, field.place, field.key)
    for field in fields()
    if (path_of(field.place), field.key) not in {(path_of(at), key) for _, at, key in FIELDS}
]
"""What is in no profile above the schema brings by itself."""


def planned(document: dict[str, Any]) -> Plan | None:
    try:
        profile = parse(tomli_w.dumps(document).encode("utf-8", "surrogatepass"), "devpod.toml")
        return resolve(profile, KNOWN, folder_name="shop")
    except ProfileError as error:
        told = [error.message, *(f"{x.where} {x.message}" for x in error.findings)]
        assert all(len(line) < 2000 and line.isprintable() for line in told)
        return None


def shape(value: Any) -> Any:
    """A document without its texts: which keys and lists there are, and of what."""
    if isinstance(value, dict):
        return {
            re.sub(f".*{MARK}.*", MARK, str(key), flags=re.DOTALL | re.IGNORECASE): (
                {type(word) for word in inner}  # a line is split into words
                if key == "command" and isinstance(inner, list)
                else shape(inner)
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from (str(key), *texts(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def interpolated(text: str) -> str:
    """As Compose reads a value: `$$` is `$`; anything else of it must be one of ours."""
    ours = re.sub(r"\$\{DEVPOD_[A-Z0-9_]+(?::?[-?+][^${}]*)?\}", "", text.replace("$$", "\1"))
    assert "$" not in ours, text
    return text.replace("$$", "$")


class Page(HTMLParser):
    """The elements of a page, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]


@dataclass(frozen=True)
class Emitted:
    """What a plan has become, as independent readers have it."""

    devcontainer: Any
    compose: Any
    workflow: Any
    page: str

    @property
    def shape(self) -> Any:
        documents = (self.devcontainer, self.compose, self.workflow)
        return [shape(one) for one in documents], Page(self.page).tags


def emitted(plan: Plan) -> Emitted:
    files = bundle(plan)
    self_check(files)
    by_name = {file.path.rsplit("/", 1)[-1]: file.text for file in files}
    return Emitted(
        json.loads(by_name["devcontainer.json"]),
        yaml.load(by_name["compose.yaml"], yaml.CSafeLoader),
        yaml.load(workflow(plan, own=False).text, yaml.CSafeLoader),
        by_name["links.html"],
    )


@pytest.mark.parametrize("number", range(len(FIELDS)))
def test_some_payloads(number: int) -> None:
    """Every field, each with others of the payloads."""
    no_payload_escapes(number, ATOMS[number % 12 :: 12])


@pytest.mark.campaign
@pytest.mark.parametrize("number", range(len(FIELDS)))
def test_every_payload(number: int) -> None:
    no_payload_escapes(number, ATOMS)


def no_payload_escapes(number: int, atoms: tuple[str, ...]) -> None:
    """Refused; or the shape of each file is that of a harmless text, and where values are
    free it holds the payload, whole."""
    base, place, key = FIELDS[number]
    plain = planned(put(base, place, MARK, key=key))
    expected = emitted(plain).shape if plain else None
    for atom in atoms:
        text = f"{MARK}{atom}{MARK}" if plain else atom
        plan = planned(put(base, place, text, key=key))
        if plan is not None:
            found = emitted(plan)
            assert found.shape == expected or not plain
            assert "${localEnv" not in json.dumps(found.devcontainer)
            held([interpolated(x) for x in texts(found.compose)], found, place, text)
            host(plan, found.page)


def held(compose: list[str], found: Emitted, place: Place, text: str) -> None:
    if place in FREE_IN_COMPOSE:
        assert text in compose
    if place in FREE_IN_JSON:
        assert text in list(texts(found.devcontainer))


FREE_IN_COMPOSE = (("env", "A"), ("services", "db", "env", "B"), ("hooks", "create"))
FREE_IN_JSON = (("ports", 0, "label"), ("ide", "vscode", "settings", "k"))


def host(plan: Plan, page: str) -> None:
    """The ssh_config is one host with the lines that it always has; links open that host."""
    lines = ssh_config(plan, SSH).splitlines()[1:]
    assert [line.split()[0] for line in lines] == KEYWORDS
    assert lines[0] == "Host shop.devpod-gen"
    assert Page(page).links
    for link in Page(page).links:
        parts = urlsplit(link)
        assert parts.scheme in ("vscode", "jetbrains", "jetbrains-gateway")
        query = parse_qs(parts.query or parts.fragment)
        assert query.get("projectHint", [plan.folder]) == [plan.folder]
        assert query.get("u", [plan.user]) == [plan.user]
        assert query or unquote(parts.path).endswith(plan.folder)


def lines_of(document: dict[str, Any]) -> list[str]:
    plan = planned(document)
    assert plan
    return [line.split()[0] for line in ssh_config(plan, SSH).splitlines()[1:]]


KEYWORDS = lines_of({"name": "shop"})


@pytest.mark.parametrize(
    ("name", "instead", "place"),
    [
        ("compose", lambda value, *_: json_of(value), ("env", "A")),
        ("json", lambda value, *_: f'"{value}"', ("ports", 0, "label")),
        ("compose", lambda value, *_: f'"{value}"', ("services", "db", "env", "B")),
    ],
    ids=["a-dollar", "a-quote", "a-line"],
)
def test_an_escape_is_found(
    name: str, instead: Any, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A filter that quotes too little is a fault that the table shows."""
    monkeypatch.setitem(_environment().filters, name, instead)
    number = FIELDS.index((PROFILE, place, False))
    with pytest.raises((AssertionError, ValueError, yaml.YAMLError, InternalError)):
        no_payload_escapes(number, ATOMS)


def test_the_table_is_whole() -> None:
    """At least 60 payloads, and every string that the schema knows."""
    assert len(set(ATOMS)) == len(ATOMS) >= 60
    tried = {(path_of(place), key) for _, place, key in FIELDS}
    assert {(path_of(field.place), field.key) for field in fields()} <= tried
