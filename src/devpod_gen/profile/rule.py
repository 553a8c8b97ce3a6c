"""The rules by which a stack.toml says what in a repo is a sign of it. Data, no decision."""

from typing import Any, Literal

from devpod_gen.value import dataclass

Kind = Literal["pin", "floor", "range"]
Weight = Literal["strong", "weak", "last"]


@dataclass(frozen=True, slots=True)
class Condition:
    """An entry of the root; with `key` or `contains`, one that also says something."""

    file: str
    key: tuple[str, ...] = ()
    contains: str | None = None


@dataclass(frozen=True, slots=True)
class Marker:
    """An entry of the root that says the stack. One condition of each list decides it."""

    file: str
    weight: Weight = "strong"
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    weak_when: tuple[Condition, ...] = ()
    weak_unless: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: a key of a document, a pattern in a text, or both in turn."""

    files: tuple[str, ...]
    key: tuple[str, ...] = ()
    pattern: str | None = None
    anchor: str | None = None

    def source(self, file: str) -> str:
        """How a person is told where it stands: `go.mod#toolchain`, `.nvmrc`."""
        anchor = self.anchor or ".".join(self.key)
        return f"{file}#{anchor}" if anchor else file


@dataclass(frozen=True, slots=True)
class VersionSource:
    """A place where an ecosystem states the version of a tool."""

    tool: str
    kind: Kind
    place: Place
    unless: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagerRule:
    """A file that says which package manager is used; a value there is its version."""

    name: str
    place: Place
    when: tuple[Condition, ...]


def marker(entry: str | dict[str, Any]) -> Marker:
    """Of one entry of `markers`."""
    if isinstance(entry, str):
        return Marker(entry)
    file = entry["file"]
    return Marker(
        file=file,
        weight=entry.get("weight", "strong"),
        when=_conditions(entry, "when", file),
        unless=_conditions(entry, "unless", file),
        weak_when=_conditions(entry, "weak_when", file),
        weak_unless=_conditions(entry, "weak_unless", file),
    )


def version(entry: dict[str, Any]) -> VersionSource:
    """Of one `[[version]]`."""
    where = place(entry)
    unless = _conditions(entry, "unless", where.files[0])
    return VersionSource(entry["tool"], entry["kind"], where, unless)


def manager(entry: dict[str, Any]) -> ManagerRule:
    """Of one `[[manager]]`."""
    where = place(entry)
    return ManagerRule(entry["name"], where, _conditions(entry, "when", where.files[0]))


def place(entry: dict[str, Any]) -> Place:
    """Of the keys that say where a value stands."""
    file = entry["file"]
    return Place(
        files=(file,) if isinstance(file, str) else tuple(file),
        key=tuple(entry.get("key", ())),
        pattern=entry.get("pattern"),
        anchor=entry.get("anchor"),
    )


def _conditions(entry: dict[str, Any], name: str, file: str) -> tuple[Condition, ...]:
    return tuple(
        Condition(condition)
        if isinstance(condition, str)
        else Condition(
            file=condition.get("file", file),
            key=tuple(condition.get("key", ())),
            contains=condition.get("contains"),
        )
        for condition in entry.get(name, ())
    )
