"""What is accepted without jsonschema is what jsonschema accepts: never more."""

import copy
import json
import random
import tomllib
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT
from devpod_gen import resources
from devpod_gen.profile import schema
from devpod_gen.profile.fit import accepts

GOOD = sorted((ROOT / "tests/cases").rglob("*.toml"))
BAD = sorted((ROOT / "tests/profiles_bad").glob("*/devpod.toml"))
PROFILE = resources.schema("profile")
ODD: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    10**9,
    "",
    "a",
    "A b\n",
    "x" * 5000,
    [],
    [[]],
    ["a", "a"],
)


def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def valid(document: object) -> bool:
    return not schema.findings("profile", document, "f")


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.parent.name)
def test_every_golden_case_is_accepted(path: Path) -> None:
    assert valid(read(path))
    assert accepts(PROFILE, read(path)), "jsonschema would be loaded for it"


def test_the_stacks_are_accepted() -> None:
    for path in sorted((ROOT / "images").glob("*/stack.toml")):
        document = read(path)
        assert not accepts(resources.schema("stack"), document) or not schema.findings(
            "stack", document, "f"
        )


def test_no_bad_profile_is_accepted_that_the_schema_refuses() -> None:
    refused = 0
    for path in BAD:
        try:
            document = read(path)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
            continue
        refused += not valid(document)
        assert not accepts(PROFILE, document) or valid(document), path
    assert refused > 50


def test_documents_with_one_thing_wrong() -> None:
    """Each place of each golden case, with a value that hardly ever fits there."""
    chance, refused = random.Random(7), 0
    for path in GOOD:
        document = read(path)
        for place in places(document):
            changed = copy.deepcopy(document)
            put(changed, place, chance.choice((*ODD, {"odd": 1}, {})))
            if accepts(PROFILE, changed):
                assert valid(changed), json.dumps(changed, default=str)
            else:
                refused += 1
    assert refused > 150


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        found += [place for key, item in inner for place in places(item, (*path, key))]
    return found


def put(document: Any, place: tuple[Any, ...], value: Any) -> None:
    for key in place[:-1]:
        document = document[key]
    document[place[-1]] = value


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ({"unheardOf": 1}, "x"),  # a keyword that is not known
        ({"$ref": "elsewhere#/a"}, "x"),
        ({"$ref": "#/$defs/none"}, "x"),
        ({"type": "string", "x-unsupported": "not yet"}, "x"),
        ({"type": "integer"}, True),
        ({"enum": [1]}, True),
        ({"const": 1}, True),
        ({"minimum": 1}, float("nan")),
        ({"uniqueItems": True}, [1, True]),
        (False, "x"),
    ],
)
def test_what_is_not_sure_is_not_accepted(rule: Any, value: object) -> None:
    document = {"$defs": {}, "type": "object", "properties": {"a": rule}}
    assert not accepts(document, {"a": value})
