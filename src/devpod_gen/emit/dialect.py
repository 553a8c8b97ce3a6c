"""What a repo's own templates may say: Jinja without what reaches beyond plain values.

Closed sets, not lists of what is bad: names, methods, filters. All is the same each time.
"""

from collections.abc import Mapping
from typing import Any

from jinja2 import DictLoader, StrictUndefined, TemplateSyntaxError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from devpod_gen.emit.render import json_of

_FILTERS = (
    *("abs", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "first"),
    *("float", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower"),
    *("map", "max", "min", "reject", "rejectattr", "replace", "reverse", "round", "select"),
    *("selectattr", "slice", "sort", "string", "sum", "title", "trim", "truncate", "unique"),
    *("upper", "urlencode", "wordcount", "wordwrap"),
)
_METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, frozenset((
        "capitalize", "count", "endswith", "find", "isdigit", "join", "lower", "lstrip",
        "removeprefix", "removesuffix", "replace", "rsplit", "rstrip", "split", "splitlines",
        "startswith", "strip", "title", "upper",
    ))),
    (dict, frozenset(("get", "items", "keys", "values"))),
    (list, frozenset(("count", "index"))),
    (LoopContext, frozenset((
        "changed", "cycle", "depth", "depth0", "first", "index", "index0", "last", "length",
        "nextitem", "previtem", "revindex", "revindex0",
    ))),
)  # fmt: skip
_PLAIN = (str, int, float)


class Refused(Exception):
    """What a template may not do; the text says what."""


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's own sandbox, with an allow-list in the place of its list of what is unsafe."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, Namespace) or type(obj).__name__ == "TemplateModule":
            return not attr.startswith("_")
        for kind, names in _METHODS:
            if isinstance(obj, kind):
                return attr in names and super().is_safe_attribute(obj, attr, value)
        return False

    def wrap_str_format(self, value: Any) -> Any:
        """`str.format` has a language of its own, which reaches attributes."""
        if super().wrap_str_format(value) is not None:
            message = "uses str.format: use `~`, or `%`"
            raise Refused(message)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A table's own key comes before a method of the same name."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


class _Loader(DictLoader):
    """These texts, each under its own name in what is said of errors."""

    def get_source(self, environment: Any, template: str) -> Any:
        source, _, fresh = super().get_source(environment, template)
        return source, template, fresh


def dialect(templates: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    """An environment with these templates, by name, and no others."""
    environment = _Environment(
        loader=_Loader(templates),
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_printed,
        cache_size=len(templates) + 1,
    )
    own = {name: environment.filters[name] for name in _FILTERS}
    environment.filters = own | {"json": json_of}
    environment.globals = {name: environment.globals[name] for name in ("range", "namespace")}
    return environment


def _printed(value: Any) -> Any:
    """What `{{ }}` puts into the text: nothing whose text is Python's."""
    if type(value) in _PLAIN or isinstance(value, StrictUndefined):
        return value
    kind = "nothing (null)" if value is None else f"a {type(value).__name__}"
    message = f"prints {kind}: print text and numbers, and the rest with `| json`"
    raise Refused(message)


__all__ = ["Refused", "TemplateSyntaxError", "dialect"]
