"""Frozen dataclasses, made in a tenth of the time.

The standard library writes and compiles six functions for each class: half a millisecond,
and a hundred classes are needed before `up` can ask the engine anything. Here these are the
same few functions for every class. In all else they are dataclasses: `fields`, `replace`,
`asdict`, `match`, and every type checker, take them for what they say.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414 - for them it is that one

    Field = dataclasses.Field[Any]

T = TypeVar("T")

if not TYPE_CHECKING:

    def dataclass(*, frozen: bool = False, slots: bool) -> Callable[[type[T]], type[T]]:
        """As the standard library's; one that is not frozen is the standard library's."""
        if not frozen:
            return dataclasses.dataclass(slots=slots)
        return _value


def _value(cls: type[T]) -> type[T]:
    if any(dataclasses.is_dataclass(base) for base in cls.__bases__):
        return dataclasses.dataclass(frozen=True, slots=True)(cls)
    bare = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    fields = dataclasses.fields(bare)  # type: ignore[arg-type]
    names = tuple(field.name for field in fields)
    content: Callable[[object], object] = attrgetter(*names)
    puts = tuple(getattr(bare, name).__set__ for name in names)
    shown = tuple(field.name for field in fields if field.repr)
    methods = {
        "__init__": _init(bare, fields, puts),
        "__repr__": _repr(bare, shown),
        "__eq__": _eq(content),
        "__hash__": lambda self: hash(content(self)),
        "__setattr__": _refuse,
        "__delattr__": _refuse,
        "__getstate__": lambda self: tuple(getattr(self, name) for name in names),
        "__setstate__": lambda self, state: _put(self, puts, state),
    }
    for name, method in methods.items():
        if name not in cls.__dict__:
            setattr(bare, name, method)
    bare.__dataclass_params__.frozen = True  # type: ignore[attr-defined]  # for who inherits
    return bare


def _init(
    cls: type, fields: "tuple[Field, ...]", puts: tuple[Callable[..., None], ...]
) -> Callable[..., None]:
    def init(self: object, *given: object, **named: object) -> None:
        if named or len(given) != len(puts):
            given = _complete(cls, fields, given, named)
        _put(self, puts, given)

    return init


def _put(self: object, puts: tuple[Callable[..., None], ...], values: tuple[object, ...]) -> None:
    for put, value in zip(puts, values, strict=True):
        put(self, value)


def _complete(
    cls: type, fields: "tuple[Field, ...]", given: tuple[object, ...], named: dict[str, object]
) -> tuple[object, ...]:
    """A value for each field: by position, by name, or its default. Raises TypeError."""
    if len(given) > len(fields):
        message = f"{cls.__name__} takes {len(fields)} values, and got {len(given)}"
        raise TypeError(message)
    values = [*given, *(_named(cls, field, named) for field in fields[len(given) :])]
    if named:
        message = f"{cls.__name__} does not take {', '.join(named)}"
        raise TypeError(message)
    return tuple(values)


def _named(cls: type, field: "Field", named: dict[str, object]) -> object:
    if field.name in named:
        return named.pop(field.name)
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    if field.default is dataclasses.MISSING:
        message = f"{cls.__name__} lacks {field.name}"
        raise TypeError(message)
    return field.default


def _repr(cls: type, shown: tuple[str, ...]) -> Callable[[object], str]:
    def told(self: object) -> str:
        values = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{cls.__qualname__}({values})"

    return told


def _eq(content: Callable[[object], object]) -> Callable[[object, object], Any]:
    def same(self: object, other: object) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return content(self) == content(other)

    return same


def _refuse(_self: object, name: str, _value: object = None) -> NoReturn:
    message = f"cannot change {name!r}: it is frozen"
    raise dataclasses.FrozenInstanceError(message)
