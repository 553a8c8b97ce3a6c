"""profile.version: constraints as ecosystems write them."""

import pytest

from devpod_gen.profile.version import floor, parse, satisfies


@pytest.mark.parametrize(
    ("version", "constraint", "meets"),
    [
        ("1.24.4", "1.24", True),
        ("1.24.4", "1.2", False),
        ("1.24.4", "v1.24.4", True),
        ("1.24.4", ">=1.22", True),
        ("20.19.2", "20", True),
        ("20.19.2", "^20.19.0 || >=22.12.0", True),
        ("21.0.0", "^20 || >=22", False),
        ("18.3.1", "18.x", True),
        ("20.19.2", "18.x", False),
        ("1.18.3", "~> 1.19.0 or ~> 1.18.0", True),
        ("1.18.3", ">= 1.14.0 and < 1.18.0", False),
        ("20.19.2", ">=18 <21", True),
        ("20.19.2", "18 - 20", True),
        ("22.1.0", "18 - 20", False),
        ("20.19.2", "*", True),
        ("20.19.2", ">20", False),
        ("20.19.2", "<=20", True),
        ("20.19.2", ">= 20.0.0", True),
        ("3.13.5", ">=3.10,<4", True),
        ("3.13.5", ">=3.10,<3.13", False),
        ("3.13.5", ">=3.8, !=3.13.*", False),
        ("3.13.5", "~=3.10", True),
        ("3.13.5", "==3.13.*", True),
        ("3.13.5", "^3.11", True),
        ("1.2.9", "~1.2.3", True),
        ("1.3.0", "~1.2.3", False),
        ("0.2.5", "^0.2.3", True),
        ("0.3.0", "^0.2.3", False),
        ("1.18.3", "~> 1.15", True),
        ("2.0.0", "~> 1.15", False),
        ("1.16.0", "~> 1.15.3", False),
        ("3.4.1", "~> 3", True),
        ("17.0.13", "[17,22)", True),
        ("22.0.0", "[17,22)", False),
        ("21.0.13", "[17,)", True),
        ("17.0.0", "(17,22]", False),
        ("3.31.6", "3.8...3.28", True),
        ("3.7.0", "3.8...3.28", False),
        ("not-a-version", "*", False),
    ],
)
def test_satisfies(version: str, constraint: str, meets: bool) -> None:
    assert satisfies(version, constraint) is meets


@pytest.mark.parametrize(
    "text", ["", "lts/*", "latest", "1.24; rm -rf /", ">=", "1..2", "a.b", "||"]
)
def test_what_is_no_constraint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        parse(text)


@pytest.mark.parametrize(
    ("constraint", "lowest"),
    [("1.22", "1.22"), (">=22.12", "22.12"), ("^18 || >=22.1", "22.1"), ("18.x", "18")],
)
def test_floor(constraint: str, lowest: str) -> None:
    assert floor(constraint) == lowest
