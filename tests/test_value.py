"""Our frozen dataclasses are the standard library's in all that the house uses of them."""

import copy
import dataclasses
import pickle
from dataclasses import asdict, field, fields, replace
from typing import Any

import pytest

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Ours:
    """One with all that a field can have."""

    name: str
    numbers: tuple[int, ...] = ()
    hidden: bytes = field(default=b"", repr=False)
    made: list[int] = field(default_factory=list)

    @property
    def first(self) -> int:
        """A property."""
        return self.numbers[0]


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """The same by the standard library."""

    name: str
    numbers: tuple[int, ...] = ()
    hidden: bytes = field(default=b"", repr=False)
    made: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class One:
    """With a single field."""

    name: str


@dataclass(frozen=True, slots=True)
class More(One):
    """One that inherits."""

    number: int = 1


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    (("a",), {}),
    ((), {"name": "a"}),
    (("a", (1, 2)), {"made": [3]}),
    (("a", (1,), b"x", [1]), {}),
]
WRONG: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    (("a", (), b"", [], 1), {}),
    (("a",), {"name": "b"}),
    (("a",), {"other": 1}),
]


@pytest.mark.parametrize(("given", "named"), CALLS)
def test_it_is_made_shown_and_taken_apart_as_theirs(
    given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    ours, theirs = Ours(*given, **named), Theirs(*given, **named)
    assert repr(ours) == repr(theirs).replace("Theirs", "Ours")
    assert asdict(ours) == asdict(theirs)
    assert [one.name for one in fields(ours)] == [one.name for one in fields(theirs)]
    assert asdict(replace(ours, name="z")) == asdict(replace(theirs, name="z"))
    assert ours == Ours(*given, **named) != Ours("other")
    assert ours != theirs  # type: ignore[comparison-overlap]
    assert copy.deepcopy(ours) == ours == pickle.loads(pickle.dumps(ours))


@pytest.mark.parametrize(("given", "named"), WRONG)
@pytest.mark.parametrize("cls", [Ours, Theirs])
def test_what_it_does_not_take(
    cls: type[Any], given: tuple[Any, ...], named: dict[str, Any]
) -> None:
    with pytest.raises(TypeError):
        cls(*given, **named)


def test_it_is_frozen_and_small() -> None:
    one = Ours("a", (1,))
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        del one.name
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.unheard_of = 1  # type: ignore[attr-defined]
    assert not hasattr(one, "__dict__")
    assert one.first == 1


def test_it_can_be_inherited() -> None:
    assert More("a") == More("a", 1) != More("a", 2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        More("a").name = "b"  # type: ignore[misc]


def test_it_can_be_a_key_and_a_pattern() -> None:
    assert {One("a"): 1}[One("a")] == 1
    assert len({One("a"), One("a"), One("b")}) == 2
    with pytest.raises(TypeError):
        hash(Ours("a"))  # a list is no key
    match Ours("a", (1,)):
        case Ours("a", (1,)):
            pass
        case _:
            pytest.fail("no match")
