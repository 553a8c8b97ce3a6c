"""Documents held against a JSON Schema; violations become findings that a person can act on."""

from collections.abc import Iterator
from functools import cache
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError, validators

from devpod_gen import resources
from devpod_gen.errors import Finding
from devpod_gen.profile.pattern import matches
from devpod_gen.profile.wording import cut, kind, printable, shown, suggestion, where

_KINDS = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a table",
}
_LIMITS = {
    "minimum": "must be at least {limit}, not {value}",
    "exclusiveMinimum": "must be more than {limit}, not {value}",
    "maximum": "must be at most {limit}, not {value}",
    "minLength": "must not be empty",
    "minItems": "must not be empty",
    "minProperties": "must not be empty",
    "maxItems": "has more than {limit} entries",
    "maxProperties": "has more than {limit} entries",
    "maxLength": "is longer than {limit} characters",
}

_Place = tuple[str | int, ...]


def _unsupported(
    _validator: object, rule: str, _instance: object, _schema: object
) -> Iterator[ValidationError]:
    yield ValidationError(rule)


def _pattern(
    _validator: object, pattern: str, instance: object, schema: dict[str, Any]
) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(schema, instance):
        yield ValidationError(pattern)


def _whole(_checker: object, instance: object) -> bool:
    """To JSON Schema 1.0 is a whole number; to what reads the emitted files it is none."""
    return isinstance(instance, int) and not isinstance(instance, bool)


# A key that the schema knows but nothing acts on yet is refused, never ignored.
_Validator: Any = cast("Any", validators).extend(
    Draft202012Validator,
    {"x-unsupported": _unsupported, "pattern": _pattern},
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole),
)


@cache
def _validator(schema: str) -> Any:
    return _Validator(resources.schema(schema))


def findings(schema: str, document: object, file: str) -> tuple[Finding, ...]:
    """Everything in `document` that breaks the schema named `schema`, sorted by place.

    `file` is the name that the findings carry: `<file>::<path>`.
    """
    found = {
        Finding(where(file, path), message)
        for error in _validator(schema).iter_errors(document)
        for path, message in _explain(error)
    }
    return tuple(sorted(found, key=lambda finding: (finding.where, finding.message)))


def _explain(error: ValidationError) -> Iterator[tuple[_Place, str]]:
    path, rule = tuple(error.absolute_path), str(error.validator)
    schema = cast("dict[str, Any]", error.schema)
    instance: Any = error.instance
    if rule == "additionalProperties":
        known = list(schema.get("properties", {}))
        for key in sorted(set(instance) - set(known)):
            yield (*path, key), _unknown(key, known)
    elif "propertyNames" in error.absolute_schema_path:
        yield path, f"a name here must be {schema['x-rule']}, not {shown(instance)}"
    elif rule == "anyOf":
        yield from _closest_branch(error, schema)
    else:
        yield path, _message(rule, instance, error.validator_value, schema) or error.message


def _unknown(key: str, known: list[str]) -> str:
    near = suggestion(key, known) or f"; allowed here: {', '.join(sorted(known))}"
    return f'unknown key "{cut(printable(key))}"{near}'


def _closest_branch(error: ValidationError, schema: dict[str, Any]) -> Iterator[tuple[_Place, str]]:
    """Of a choice, the branch whose type the value has; else what types there are."""
    branches: dict[object, list[ValidationError]] = {}
    for inner in error.context or ():
        branches.setdefault(inner.schema_path[0], []).append(inner)
    for inners in branches.values():
        if not any(inner.validator == "type" and not inner.path for inner in inners):
            for inner in inners:
                yield from _explain(inner)
            return
    kinds = " or ".join(_KINDS[branch["type"]] for branch in schema["anyOf"])
    yield tuple(error.absolute_path), f"must be {kinds}, not {kind(error.instance)}"


def _message(rule: str, value: Any, limit: Any, schema: dict[str, Any]) -> str | None:
    match rule:
        case "type":
            wanted = [limit] if isinstance(limit, str) else limit
            return f"must be {' or '.join(_KINDS[name] for name in wanted)}, not {kind(value)}"
        case "enum":
            choices = ", ".join(f'"{choice}"' for choice in limit)
            near = suggestion(value, limit) if isinstance(value, str) else ""
            return f"must be one of {choices}, not {shown(value)}{near}"
        case "pattern":
            return f"must be {schema.get('x-rule', f'of the form {limit}')}, not {shown(value)}"
        case "required":
            return f'"{next(key for key in limit if key not in value)}" is missing'
        case "uniqueItems":
            return f"{shown(next(x for x in value if value.count(x) > 1))} is there twice"
        case _:
            text = _LIMITS.get(rule)
            return text.format(limit=limit, value=value) if text else None
