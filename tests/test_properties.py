"""Properties of what reads and writes text, on examples that hypothesis chooses.

A few of them in each run; 1,000 of each in the campaign.
"""

import contextlib
import json
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from types import CodeType, FunctionType, ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import tomli_w
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from devpod_gen import beneath
from devpod_gen.cli.console import _as_json
from devpod_gen.emit.bundle import bundle
from devpod_gen.emit.dialect import dialect
from devpod_gen.emit.file import BLANK, is_untouched, stamped
from devpod_gen.emit.links import toolbox_link
from devpod_gen.emit.made import made
from devpod_gen.emit.render import _compose, json_of
from devpod_gen.emit.sandbox import answers
from devpod_gen.emit.sshconfig import SshFiles, is_sound, ssh_config
from devpod_gen.engine.composed import composed
from devpod_gen.errors import HostError, ProfileError
from devpod_gen.plan import lock
from devpod_gen.plan.hook import _line
from devpod_gen.plan.model import PlatformImage
from devpod_gen.plan.place import system_folder
from devpod_gen.plan.resolve import resolve, slug
from devpod_gen.profile import bounds, toml, version
from devpod_gen.profile.character import is_hidden
from devpod_gen.profile.load import parse
from devpod_gen.profile.nesting import covers
from devpod_gen.profile.template import Template, is_name
from devpod_gen.profile.wording import cut, printable, shown, where
from devpod_gen.workspace.spot import spot

Property = Callable[[Any], None]
NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
TEXT = st.text(max_size=200)
SEEN = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=60).filter(
    lambda text: not any(map(is_hidden, text))
)
DATA = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**53), 2**53), SEEN),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(SEEN, inner, max_size=3)),
    max_leaves=8,
)
DIGEST = st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)
PROPERTIES: dict[str, tuple[st.SearchStrategy[Any], Property]] = {}


def holds(strategy: st.SearchStrategy[Any]) -> Callable[[Property], Property]:
    def take(check: Property) -> Property:
        PROPERTIES[check.__name__] = strategy, check
        return check

    return take


def planned(document: dict[str, Any]) -> Any:
    content = tomli_w.dumps(document).encode()
    return resolve(parse(content, "devpod.toml"), (), folder_name="shop")


def file(document: dict[str, Any], name: str) -> str:
    return next(one.text for one in bundle(planned(document)) if one.path.endswith(name))


def refused_or_read(read: Callable[[Any], object], data: Any) -> None:
    with contextlib.suppress(ProfileError):
        read(data)


@holds(TEXT)
def what_is_printed_is_printable(text: str) -> None:
    assert printable(text).isprintable()


@holds(TEXT)
def what_is_printed_twice_is_the_same(text: str) -> None:
    assert printable(printable(text)) == printable(text)


@holds(SEEN)
def what_is_seen_is_left(text: str) -> None:
    assert printable(text) == text


@holds(TEXT)
def what_is_cut_is_short(text: str) -> None:
    assert len(cut(text)) <= 60
    assert cut(text)[:59] == text[:59]


@holds(DATA)
def a_value_is_shown_on_a_line(value: Any) -> None:
    assert shown(value).isprintable()
    assert len(shown(value)) <= 60


@holds(st.lists(st.one_of(TEXT, st.integers(0, 99)), max_size=5).map(tuple))
def a_place_names_its_file(path: tuple[str | int, ...]) -> None:
    assert where("f", path).startswith("f")
    assert where("f", path).isprintable()


@holds(TEXT)
def a_slug_is_a_name(text: str) -> None:
    assert NAME.fullmatch(slug(text))


@holds(st.from_regex(NAME, fullmatch=True).filter(lambda name: "--" not in name))
def a_name_is_its_own_slug(name: str) -> None:
    assert slug(name) == name


@holds(st.binary(max_size=300))
def bytes_are_refused_or_read(data: bytes) -> None:
    refused_or_read(lambda content: parse(content, "f"), data)


@holds(TEXT)
def text_is_refused_or_read(text: str) -> None:
    refused_or_read(lambda content: parse(content, "f"), text.encode("utf-8", "surrogatepass"))


@holds(st.dictionaries(st.sampled_from(("name", "env", "image", "ports", "hooks", "x")), DATA))
def documents_are_refused_or_read(document: dict[str, Any]) -> None:
    refused_or_read(planned, document)


@holds(DATA)
def json_is_read_back(value: Any) -> None:
    assert json.loads(json_of(value)) == value


@holds(DATA)
def yaml_reads_json(value: Any) -> None:
    assert yaml.safe_load(json_of(value)) == value


@holds(SEEN)
def compose_reads_a_dollar(text: str) -> None:
    read = yaml.safe_load(_compose(text))
    assert not re.search(r"(?<!\$)(?:\$\$)*\$(?!\$)", read)
    assert read.replace("$$", "$") == text


@holds(SEEN)
def toml_reads_a_string(text: str) -> None:
    assert toml.document(f"a = {json_of(text)}".encode(), "f") == ({"a": text}, ())


@holds(SEEN)
def a_variable_is_whole(text: str) -> None:
    compose = yaml.safe_load(file({"env": {"A": text}}, "compose.yaml"))
    assert compose["services"]["dev"]["environment"]["A"].replace("$$", "$") == text


@holds(st.dictionaries(SEEN, DATA, max_size=3).filter(lambda said: "${" not in repr(said)))
def settings_are_whole(said: dict[str, Any]) -> None:
    emitted = json.loads(file({"ide": {"vscode": {"settings": said}}}, "devcontainer.json"))
    assert emitted["customizations"]["vscode"].get("settings", {}) == said


@holds(SEEN.filter(lambda text: "${" not in text))
def a_label_is_whole(text: str) -> None:
    emitted = json.loads(file({"ports": [{"port": 80, "label": text}]}, "devcontainer.json"))
    assert emitted["portsAttributes"]["80"]["label"] == text


@holds(st.lists(SEEN, min_size=1, max_size=4))
def a_shell_reads_the_words(words: list[str]) -> None:
    assert shlex.split(_line(tuple(words))) == words


@holds(TEXT)
def a_stamp_is_of_the_text(text: str) -> None:
    one = stamped("f", f"# content sha256:{BLANK}\n{text.encode('utf-8', 'replace').decode()}\n")
    assert is_untouched(one.text)


@holds(st.tuples(SEEN, st.integers(0, 500)))
def an_edit_is_seen(said: tuple[str, int]) -> None:
    one = stamped("f", f"# content sha256:{BLANK}\n" + "a line\n" * 20)
    place = said[1] % len(one.text)
    edited = one.text[:place] + said[0] + one.text[place:]
    assert not is_untouched(edited)


@holds(st.tuples(SEEN, DIGEST, st.dictionaries(SEEN, DIGEST, max_size=3)))
def a_lock_is_read_back(said: tuple[str, str, dict[str, str]]) -> None:
    ref, digest, files = said
    image = lock.LockedImage(ref, digest, (PlatformImage("linux/amd64", digest, digest),))
    one = lock.Lock(image, (("go", "1.24"),), tuple(sorted(files.items())), "1")
    assert lock.parse(one.text().encode(), file="f") == one


@holds(st.binary(max_size=200) | DATA.map(lambda value: json.dumps(value).encode()))
def a_lock_is_refused_or_read(data: bytes) -> None:
    refused_or_read(lambda content: lock.parse(content, file="f"), data)


@holds(st.tuples(TEXT, TEXT, st.lists(TEXT, min_size=1, max_size=3)))
def an_ssh_config_is_sound_or_refused(said: tuple[str, str, list[str]]) -> None:
    identity, known, words = said
    try:
        text = ssh_config(
            PLAN, SshFiles("shop.devpod-gen", f"/{identity}", f"/{known}", tuple(words))
        )
    except HostError:
        return
    assert is_sound(text)


PLAN = planned({"name": "shop"})


@holds(TEXT)
def a_version_is_read_or_none(text: str) -> None:
    with contextlib.suppress(ValueError):
        version.parse(text)


@holds(st.lists(st.integers(0, 99), min_size=1, max_size=3))
def a_pin_takes_its_own_version(numbers: list[int]) -> None:
    text = ".".join(map(str, numbers))
    assert version.satisfies(text, text)


@holds(st.tuples(st.lists(st.sampled_from("ab"), min_size=1, max_size=3), st.binary(max_size=99)))
def a_file_is_read_back(said: tuple[list[str], bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        beneath.publish(Path(folder), "/".join(said[0]), said[1])
        assert beneath.read(Path(folder), "/".join(said[0])) == said[1]


@holds(
    st.lists(
        st.sampled_from(("etc", "usr", "bin", "x", "work"))
        | st.from_regex(r"[a-z]{1,9}", fullmatch=True),
        min_size=1,
        max_size=3,
    )
)
def below_the_system_is_the_system(parts: list[str]) -> None:
    path = "/" + "/".join(parts)
    found = system_folder(path)
    assert system_folder(f"/{path}/") == found
    assert not found or covers(found, path) or covers(path, found)


@holds(st.characters())
def what_is_hidden_is_not_ascii(char: str) -> None:
    assert not (is_hidden(char) and " " <= char <= "~")


@holds(st.text("ab.\"'[]{}#=\n\\ ", max_size=300))
def bounds_find_at_most_one(text: str) -> None:
    assert len(tuple(bounds.of_text(text, "f"))) <= 1


@holds(st.dictionaries(st.from_regex(r"X[A-Z0-9_]{0,9}", fullmatch=True), SEEN, max_size=5))
def the_order_of_a_table_means_nothing(env: dict[str, str]) -> None:
    turned = dict(reversed(env.items()))
    assert bundle(planned({"env": env})) == bundle(planned({"env": turned}))


@holds(DATA | TEXT)
def what_is_said_as_json_is_read_back(value: Any) -> None:
    text = _as_json({"a": value})
    assert text.isprintable()
    assert json.loads(text) == {"a": value}


@holds(
    st.from_regex(r"/[A-Za-z0-9._@+-]{1,20}x", fullmatch=True).filter(
        lambda p: not system_folder(p)
    )
)
def a_link_leads_to_the_folder(folder: str) -> None:
    plan = planned({"workspace": folder})
    query = parse_qs(urlsplit(toolbox_link(plan, "GoLand")).query)
    assert query["projectHint"] == [folder]


SOURCE = SEEN.filter(lambda text: text[0] != "~" and not set(text) & set("$\\"))
TARGET = st.lists(st.from_regex(r"[a-z0-9_@+][A-Za-z0-9._@+-]{0,9}", fullmatch=True), min_size=1)


def mounting(source: str, target: str, **more: object) -> dict[str, Any]:
    return {"mounts": [{"source": source, "target": target, **more}]}


@holds(SOURCE)
def where_a_source_is_no_file_says(source: str) -> None:
    def emitted(path: str) -> list[str]:
        files = bundle(planned(mounting(path, "/data")))
        return [re.sub("sha256:[0-9a-f]{64}", "", one.text) for one in files]

    assert emitted(source) == emitted("~/another")


@holds(st.tuples(TARGET, st.booleans()))
def a_mount_is_where_the_profile_says_or_beside_it(given: tuple[list[str], bool]) -> None:
    parts, readonly = given
    target = "/mnt/" + "/".join(parts)
    text = file(mounting("~/a", target, readonly=readonly), "compose.yaml")
    known = {"DEVPOD_PROJECT": "p"}
    there = known | {"DEVPOD_MOUNT_1": "/home/me/a", "DEVPOD_MOUNTED_1": ""}
    for variables, expected in (
        (known, ("/dev/null", "/run/devpod-mount-1")),
        (there, ("/home/me/a", target)),
    ):
        made = composed(yaml.safe_load(text), "p", Path("/repo/.devcontainer"), variables)
        mount = made.container["HostConfig"]["Mounts"][2]
        assert (mount["Source"], mount["Target"]) == expected
        assert mount.get("ReadOnly", False) == readonly


@holds(st.tuples(TARGET, TARGET))
def places_are_told_apart_as_paths_are(given: tuple[list[str], list[str]]) -> None:
    one, other = ("/none/" + "/".join(parts).lower() for parts in given)
    assert spot(one).is_same(spot(f"/none/x/..{one.removeprefix('/none')}//."))
    assert spot(f"{one}/x").is_in(spot(one))
    assert spot(one).is_same(spot(other)) == (Path(one) == Path(other))
    assert spot(one).is_in(spot(other)) == (Path(other) in Path(one).parents)


def template(text: str, **values: Any) -> str:
    """What a template of a repo's own makes of the values."""
    return dialect({"t": text}).get_template("t").render(values)


@holds(SEEN)
def a_template_prints_a_text_as_it_is(text: str) -> None:
    assert template("{{ a }}|{{ a ~ '' }}", a=text) == f"{text}|{text}"


@holds(DATA)
def a_template_writes_json_that_is_read_back(value: Any) -> None:
    assert json.loads(template("{{ a | json }}", a=value)) == value
    assert json.loads(template("{{ a | json(2) }}", a=value)) == value


@holds(st.text("ab{}%#._-|() '\"\n", max_size=60) | st.text("{%", max_size=9) | SEEN)
def a_template_is_refused_or_makes_a_text(text: str) -> None:
    (begun, said) = answers({"templates": {"t": text}, "made": ["t"], "values": {"a": "b"}})
    assert begun == {"begun": "t"}
    assert isinstance(said.get("text", said.get("wrong")), str)
    assert "in" not in said or said["in"] == "t"


@holds(
    st.from_regex(r"[a-z]*(?:/[A-Za-z0-9._-]{0,9}){0,3}(?:\.(?:md|json|ya?ml))?", fullmatch=True)
)
def what_a_template_makes_is_below_and_is_no_tools(path: str) -> None:
    said = PurePosixPath(".devcontainer", path)
    if is_name(path):
        assert said.as_posix() == f".devcontainer/{path}"
        assert not {"..", "."} & set(path.split("/"))
        assert said.name.lower() not in ("devcontainer.json", "compose.yaml", "compose.yml", ".env")


@holds(st.tuples(SEEN, st.binary(max_size=300)))
def an_answer_of_the_sandbox_is_refused_or_files(said: tuple[str, bytes]) -> None:
    plan = replace(PLAN, templates=(Template("a.json.j2", ""), Template("b.md.j2", "")))
    lines = [{"begun": "a.json.j2"}, {"text": said[0]}, {"begun": "b.md.j2"}, {"text": said[0]}]
    whole = "\n".join(map(json.dumps, lines)).encode()
    assert [file.path.rpartition("/")[2] for file in made(plan, whole)][:2] == ["a.json", "b.md"]
    assert made(plan, whole)[0].text == f"{said[0]}\n"
    with pytest.raises(HostError):
        made(plan, b"")
    for answer in (said[1], whole[: len(said[1])] + said[1]):
        with contextlib.suppress(ProfileError, HostError):
            made(plan, answer)


def check(name: str, examples: int, *, shrink: bool = True) -> int:
    """Hold a property against so many examples, and count them."""
    strategy, body = PROPERTIES[name]
    count = 0

    def counted(value: Any) -> None:
        nonlocal count
        count += 1
        body(value)

    slow = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.differing_executors]
    limits = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True,
        suppress_health_check=slow,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
    )  # fmt: skip
    limits(given(strategy)(counted))()
    return count


@pytest.mark.parametrize("name", PROPERTIES)
def test_property(name: str) -> None:
    check(name, 15)


@pytest.mark.campaign
@pytest.mark.parametrize("name", PROPERTIES)
def test_property_at_length(name: str) -> None:
    assert check(name, 1000) >= 1000


def test_there_are_enough() -> None:
    assert len(PROPERTIES) >= 30


def wrong(value: Any) -> Any:
    """Another value of the kind."""
    match value:
        case bool():
            return not value
        case str():
            return f"{value}\x1b"
        case bytes():
            return value + b"x"
        case tuple() | list():
            return value[:-1] or ("x",) * 3
        case _:
            return None


def subjects(body: Property) -> Iterator[tuple[Any, str]]:
    """What a property asks: functions of this module's and of ours that its code names."""
    codes = [body.__code__]
    while codes:
        code = codes.pop()
        codes += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
        for name in code.co_names:
            found = globals().get(name)
            if isinstance(found, FunctionType) and name != "holds":
                yield sys.modules[__name__], name
            elif isinstance(found, ModuleType) and found.__name__.startswith("devpod_gen"):
                yield from ((found, inner) for inner in code.co_names if hasattr(found, inner))


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_can_fail(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a wrong answer of what it asks; where that only has to end well, with an error."""
    asked = sorted(set(subjects(PROPERTIES[name][1])), key=lambda one: one[1])
    assert any(fails_without(name, place, subject, monkeypatch) for place, subject in asked)


def fails_without(name: str, place: Any, subject: str, monkeypatch: pytest.MonkeyPatch) -> bool:
    real = getattr(place, subject)
    ends_well = subject == "refused_or_read" or name == "a_version_is_read_or_none"

    def instead(*args: Any, **named: Any) -> Any:
        if ends_well:
            raise KeyError(args)
        return wrong(real(*args, **named))

    with monkeypatch.context() as patch:
        patch.setattr(place, subject, instead)
        try:
            check(name, 20, shrink=False)
        except Exception:  # noqa: BLE001 - however it fails
            return True
    return False
