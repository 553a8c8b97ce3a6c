"""YAML of a stranger, read so that nothing in it can run, grow or hang.

Scalars are those of YAML 1.2, as Compose and Gitpod read them: `yes` and `22:22` are strings.
"""

import re
from dataclasses import field
from typing import Any

import yaml

from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.wording import printable, shown
from devpod_gen.value import dataclass

_DEEPEST = 40
_MOST_NODES = 50_000  # with every alias counted as what it stands for
_MOST_ALIASES = 500
_TAGS = (None, "!", *(f"tag:yaml.org,2002:{tag}" for tag in ("str", "int", "bool", "map", "seq")))


class _Loader(yaml.SafeLoader):
    """The pure loader: libyaml's dies of what is nested deep. It stops, event by event and
    before anything is made of them, at what no person writes."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.weight = _Weight()

    def get_event(self) -> yaml.Event:
        event: yaml.Event = super().get_event()  # type: ignore[no-untyped-call]
        self.weight.add(event)
        tag = getattr(event, "tag", None)
        reason = self.weight.excess()
        if tag not in _TAGS:
            reason = f"holds the tag {printable(str(tag))[:60]}: tags are not followed"
        if reason:
            raise UnreadError(reason)
        return event

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        """What is said twice is refused: readers differ in which one counts, Compose has none."""
        node: yaml.MappingNode = super().compose_mapping_node(anchor)
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                message = f"says {shown(key.value)} twice (line {key.start_mark.line + 1})"
                raise UnreadError(message)
            seen.add(key.value)
        return node


for _tag, _form, _first in (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|false", "tf"),
    ("int", r"-?(?:0|[1-9][0-9]{0,8})", "-0123456789"),
    ("merge", r"<<", "<"),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_form})$"), [*_first, ""][: len(_first) + 1]
    )


def load(text: str) -> Any:
    """The document that a text holds. Raises UnreadError."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a SafeLoader
    except yaml.YAMLError as error:
        reason = f"cannot be parsed: {_said(error)}"
    except UnreadError:
        raise
    except (ValueError, TypeError, RecursionError) as error:
        reason = f"cannot be parsed: {type(error).__name__}"
    raise UnreadError(reason)


def _said(error: yaml.YAMLError) -> str:
    """The error in one line, with its place."""
    problem = getattr(error, "problem", None) or str(error).splitlines()[0]
    mark = getattr(error, "problem_mark", None)
    return printable(str(problem)) + (f" (line {mark.line + 1})" if mark else "")


@dataclass(slots=True)
class _Weight:
    """How much the document would be with every alias written out."""

    open: list[int] = field(default_factory=lambda: [0])
    anchors: list[str | None] = field(default_factory=lambda: [None])
    sizes: dict[str | None, int] = field(default_factory=dict)
    aliases: int = 0

    def add(self, event: yaml.Event) -> None:
        match event:
            case yaml.CollectionStartEvent():
                self.open.append(1)
                self.anchors.append(event.anchor)
            case yaml.CollectionEndEvent():
                self._close(self.anchors.pop(), self.open.pop())
            case yaml.ScalarEvent():
                self._close(event.anchor, 1)
            case yaml.AliasEvent():
                self.aliases += 1  # one inside of what it names would never end
                self.open[-1] += self.sizes.get(event.anchor, _MOST_NODES + 1)
            case _:
                pass

    def _close(self, anchor: str | None, size: int) -> None:
        self.sizes[anchor] = size
        self.open[-1] += size

    def excess(self) -> str | None:
        if len(self.open) > _DEEPEST:
            return f"is nested more than {_DEEPEST} levels deep"
        if self.open[-1] > _MOST_NODES or self.aliases > _MOST_ALIASES:
            return "its aliases make it too large"
        return None
