"""Every string that a profile can hold, and a small profile around each: both come from the
schema, so a key that is new is in."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from devpod_gen import resources
from devpod_gen.profile.pattern import matches

SAMPLE = "zqx"
KEY = "zk"
"""How what may have any name is called."""

_SAMPLES = (
    *(SAMPLE, f"/{SAMPLE}/{SAMPLE}", f"{SAMPLE}.{SAMPLE}", f"{SAMPLE}:1", f"{SAMPLE}.com/{SAMPLE}"),
    *(f"https://{SAMPLE}.com/{SAMPLE}", f"op://{SAMPLE}/a/b", "4g", "30m", "0" * 64, "all", "auto"),
)
"""A field gets the first of these that its pattern takes."""

_BESIDE: dict[tuple[str, ...], dict[str, Any]] = {
    ("user",): {"image": {"ref": "a:1"}},
    ("stacks",): {},
    ("workspace", "clone"): {"workspace": {"mode": "volume"}},
    ("workspace", "branch"): {"workspace": {"mode": "volume"}},
    ("dotfiles", "ref"): {"dotfiles": {"repo": "https://e.com/x"}},
    ("dotfiles", "command"): {"dotfiles": {"path": "files"}},
    ("secrets", KEY, "description"): {"secrets": {KEY: {"env": "A"}}},
    ("services", KEY, "depends"): {"services": {SAMPLE: {"image": "a:1"}}},
    ("hooks", "warm"): {"caches": {"c": ["/home/dev/c"]}},
    ("ide", "jetbrains", "bake"): {
        "ide": {"jetbrains": {"backend": "GoLand", "bake": {"sha256": "0" * 64, "path": "a.tgz"}}}
    },
    ("ide", "jetbrains", "bake", "url"): {
        "ide": {"jetbrains": {"backend": "GoLand", "bake": {"sha256": "0" * 64}}}
    },
}
"""What has to be in a profile with such a field, beside it."""

_INSTEAD: dict[tuple[str, ...], str] = {("tools", KEY): "1.24", ("stacks",): "go"}
"""Samples of what only a program can tell: versions, stacks that there are."""

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Field:
    """A string of a profile: the profile around it, where it is, and whether it is a key."""

    document: dict[str, Any]
    place: Place
    key: bool

    @property
    def sample(self) -> str:
        """What is there now."""
        value: Any = self.document
        for part in self.place:
            value = value[part]
        return str(self.place[-1] if self.key else value)

    def holding(self, text: str) -> dict[str, Any]:
        """The profile with `text` there."""
        whole = copy.deepcopy(self.document)
        parent: Any = whole
        for part in self.place[:-1]:
            parent = parent[part]
        if self.key:
            parent[text] = parent.pop(self.place[-1])
        else:
            parent[self.place[-1]] = text
        return whole


def fields() -> tuple[Field, ...]:
    """All of them, in the schema's order."""
    found = _strings(resources.schema("profile"), (), {})
    return tuple(Field(_around(place, value), place, key) for place, value, key in found)


def _strings(rule: Any, place: Place, outer: dict[str, Any]) -> Iterator[tuple[Place, Any, bool]]:
    """Where strings can be, each with a value that the rule takes, and whether it is a key."""
    if "x-unsupported" in rule:
        return
    for branch in rule.get("anyOf", ()):
        yield from _strings(branch, place, outer)
    kinds = rule.get("type", ())
    if "string" in kinds:
        yield place, _text(rule, place), False
    inner = rule.get("additionalProperties")
    if "object" in kinds and inner is not False and "properties" not in rule:
        free: Any = inner if isinstance(inner, dict) else {"type": "string"}
        yield (*place, KEY), _value(free, (*place, KEY)), True
        yield from _strings(free, (*place, KEY), rule)
    for name, one in rule.get("properties", {}).items():
        yield from _strings(one, (*place, name), rule)
    if "items" in rule:
        yield from _strings(rule["items"], (*place, 0), rule)


def _text(rule: Any, place: Place) -> str:
    named = tuple(part for part in place if isinstance(part, str))
    if named in _INSTEAD:
        return _INSTEAD[named]
    fits = (text for text in _SAMPLES if "pattern" not in rule or matches(rule, text))
    found = next(fits, None)
    assert found, f"no sample fits {place}: add one to tests/fields.py"
    return found


def _value(rule: Any, place: Place) -> Any:
    """The smallest value that the rule takes."""
    rule = rule["anyOf"][0] if "anyOf" in rule else rule
    if "enum" in rule:
        return rule["enum"][0]
    kinds = rule["type"]
    if "string" in kinds:
        return _text(rule, place)
    if "array" in kinds:
        return [_value(rule["items"], (*place, 0))]
    if "object" in kinds:
        named = rule.get("required") or ("env",) * ("op" in rule.get("properties", {}))
        return {name: _value(rule["properties"][name], (*place, name)) for name in named}
    return rule.get("minimum", 1) if {"integer", "number"} & {kinds, *kinds} else True


def _around(place: Place, value: Any) -> dict[str, Any]:
    """A profile that holds `value` there, and what has to be beside it."""
    named = tuple(part for part in place if isinstance(part, str))
    beside = [found for start, found in _BESIDE.items() if named[: len(start)] == start]
    has = {"name": "shop"} | (beside[-1] if beside else {})
    whole: dict[str, Any] = _with(resources.schema("profile"), place, value, has)
    return whole


def _with(rule: Any, place: Place, value: Any, has: Any) -> Any:
    """`has` as a value of the rule, with `value` at the place below it."""
    if not place:
        return value
    part, rest = place[0], place[1:]
    table, inner = _below(rule, part)
    if isinstance(part, int):
        return [_with(inner, rest, value, None)]
    had = copy.deepcopy(has) if isinstance(has, dict) else {}
    for name in set(table.get("required", ())) - {part}:
        other = _value(table["properties"][name], (name,))
        had.setdefault(name, other.replace(SAMPLE, "other") if isinstance(other, str) else other)
    return had | {part: _with(inner, rest, value, had.get(part))}


def _below(rule: Any, part: str | int) -> tuple[Any, Any]:
    """The branch of a rule that has such a part, and the part's own rule."""
    for one in (rule, *rule.get("anyOf", ())):
        inner = one.get("additionalProperties")
        if isinstance(part, int) and "items" in one:
            return one, one["items"]
        if isinstance(part, str) and part in one.get("properties", {}):
            return one, one["properties"][part]
        if isinstance(part, str) and isinstance(inner, dict):
            return one, inner
    return rule, {"type": "string"}


def path_of(place: Place) -> str:
    """The place as the schema has it: names that are free as `*`, items of lists as `[]`."""
    rule: Any = resources.schema("profile")
    path = ""
    for part in place:
        table, rule = _below(rule, part)
        free = part not in table.get("properties", {})
        path += "[]" if isinstance(part, int) else ".*" if free else f".{part}"
    return path
