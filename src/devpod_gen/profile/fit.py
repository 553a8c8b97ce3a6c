"""Whether a document fits a schema of ours, mostly said without loading jsonschema (70 ms).

Nearly every profile that is read is a valid one. This knows the keywords that our schemas
use, and says yes only to what jsonschema would: what it does not know for sure, it does not
accept, and then jsonschema is asked, which also says what is wrong.
"""

from collections.abc import Callable
from typing import Any

from devpod_gen import resources
from devpod_gen.errors import Finding
from devpod_gen.profile.pattern import matches

Schema = dict[str, Any]


def findings(schema: str, document: object, file: str) -> tuple[Finding, ...]:
    """Everything in `document` that breaks the schema named `schema`, sorted by place.

    `file` is the name that the findings carry: `<file>::<path>`.
    """
    if accepts(resources.schema(schema), document):
        return ()
    from devpod_gen.profile import schema as judge  # noqa: PLC0415 - it is for what is wrong

    return judge.findings(schema, document, file)


def accepts(schema: Schema, document: object) -> bool:
    """Whether the document fits, for sure."""
    return _fits(schema, document, schema)


def _fits(schema: Any, value: Any, root: Schema) -> bool:
    if isinstance(schema, bool):
        return schema
    for keyword in schema:
        if keyword in _SAY_NOTHING:
            continue
        is_meant, keeps = _RULE_OF.get(keyword, _UNKNOWN)
        if is_meant(value) and not keeps(schema, value, root):  # else it is for other values
            return False
    return True


def _referred(schema: Schema, root: Schema) -> Any:
    place, _, name = schema["$ref"].rpartition("/")
    return root["$defs"].get(name, False) if place == "#/$defs" else False


def _is(kind: str | list[str], value: Any) -> bool:
    return _TYPES[kind](value) if isinstance(kind, str) else any(_is(one, value) for one in kind)


def _others(schema: Schema, value: dict[str, Any]) -> set[str]:
    return set(value) - set(schema.get("properties", {}))


_SAY_NOTHING = frozenset(
    ("$schema", "$defs", "title", "description", "examples", "default", "x-rule")
)

_TYPES: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}

_Rule = Callable[[Schema, Any, Schema], bool]
_RULES: dict[str, dict[str, _Rule]] = {
    "any": {
        "type": lambda s, value, _: _is(s["type"], value),
        "enum": lambda s, value, _: isinstance(value, str) and value in s["enum"],
        "const": lambda s, value, _: type(value) is type(s["const"]) and value == s["const"],
        "anyOf": lambda s, value, root: any(_fits(one, value, root) for one in s["anyOf"]),
        "$ref": lambda s, value, root: _fits(_referred(s, root), value, root),
    },
    "object": {
        "properties": lambda s, value, root: all(
            _fits(rule, value[key], root) for key, rule in s["properties"].items() if key in value
        ),
        "additionalProperties": lambda s, value, root: all(
            _fits(s["additionalProperties"], value[key], root) for key in _others(s, value)
        ),
        "propertyNames": lambda s, value, root: all(
            _fits(s["propertyNames"], key, root) for key in value
        ),
        "required": lambda s, value, _: all(key in value for key in s["required"]),
        "minProperties": lambda s, value, _: len(value) >= s["minProperties"],
        "maxProperties": lambda s, value, _: len(value) <= s["maxProperties"],
    },
    "array": {
        "items": lambda s, value, root: all(_fits(s["items"], item, root) for item in value),
        "minItems": lambda s, value, _: len(value) >= s["minItems"],
        "maxItems": lambda s, value, _: len(value) <= s["maxItems"],
        "uniqueItems": lambda _s, value, _: (
            {type(item) for item in value} <= {str, int} and len(set(value)) == len(value)
        ),
    },
    "string": {
        "pattern": lambda s, value, _: matches(s, value),
        "minLength": lambda s, value, _: len(value) >= s["minLength"],
        "maxLength": lambda s, value, _: len(value) <= s["maxLength"],
    },
    "number": {
        "minimum": lambda s, value, _: value >= s["minimum"],
        "maximum": lambda s, value, _: value <= s["maximum"],
        "exclusiveMinimum": lambda s, value, _: value > s["exclusiveMinimum"],
    },
}
_RULE_OF = {
    keyword: (_TYPES[kind], rule)
    for kind, rules in _RULES.items()
    for keyword, rule in rules.items()
}
_UNKNOWN: tuple[Callable[[Any], bool], _Rule] = (_TYPES["any"], lambda _s, _value, _: False)
