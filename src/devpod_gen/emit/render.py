"""Templates to text: one Jinja environment, and the filters that quote values."""

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from devpod_gen import resources

if TYPE_CHECKING:
    from jinja2 import Environment


_YAML_WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
"""Truth values and nothing, to some reader of YAML 1.1 or 1.2."""


def render(template: str, **values: Any) -> str:
    """The text of `template` (a path below templates/). A missing value raises."""
    return _environment().get_template(template).render(**values)


def prepare() -> None:
    """Load what rendering takes: while an engine is waited for, that costs nothing."""
    _environment()


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 50 ms

    environment = Environment(
        loader=FileSystemLoader(resources.templates(), encoding="utf-8"),
        undefined=StrictUndefined,
        auto_reload=False,  # a process reads each template once
        autoescape=False,  # noqa: S701 - what comes out is JSON, YAML and TOML, not HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters = environment.filters | {"json": json_of, "compose": _compose, "key": _key}
    return environment


def json_of(value: Any, indent: int | None = None) -> str:
    """A JSON value; also a YAML flow value, and for a string a TOML basic string.

    Jinja's own tojson writes `&` as \\u0026, which people cannot read.
    """
    text = json.dumps(_plain(value), ensure_ascii=False, indent=2 if indent is not None else None)
    text = text.replace("\u007f", "\\u007f")
    return text.replace("\n", "\n" + " " * indent) if indent else text


def _compose(value: Any) -> str:
    """A JSON value for a compose file, where `$` starts an interpolation unless doubled."""
    return json_of(value).replace("$", "$$")


def _key(name: str) -> str:
    """A name as a key of YAML: as it is, but for the words that YAML takes for something else."""
    return json_of(name) if name in _YAML_WORDS else name


def _plain(value: Any) -> Any:
    """Pairs in a tuple become an object: that is how plans hold mappings."""
    if isinstance(value, tuple):
        if value and all(isinstance(item, tuple) and len(item) == 2 for item in value):
            return {key: _plain(item) for key, item in value}
        return [_plain(item) for item in value]
    return value
