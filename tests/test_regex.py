"""Patterns that are compiled late are the same patterns."""

import importlib
import pkgutil
import re

import pytest

import devpod_gen
from devpod_gen.regex import late


def test_it_is_compiled_once_and_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    compiled = re.compile

    def watched(pattern: str, flags: int) -> object:
        made.append((pattern, flags))
        return compiled(pattern, flags)

    monkeypatch.setattr(re, "compile", watched)
    pattern = late("A(b+)", re.IGNORECASE)
    assert not made
    assert [pattern.fullmatch(text) is not None for text in ("abb", "AB", "a")] == [
        True,
        True,
        False,
    ]
    assert pattern.sub(r"\1", "xabby") == "xbby"
    assert made == [("A(b+)", re.IGNORECASE)] * 2  # for each of its methods; re has it by then
    assert (pattern.pattern, pattern.groups) == ("A(b+)", 1)


def test_of_bytes_and_of_what_is_no_pattern() -> None:
    assert late(b"[a-c]+").findall(b"abxc") == [b"ab", b"c"]
    broken = late("(")
    with pytest.raises(re.error):
        broken.search("x")
    with pytest.raises(AttributeError):
        late("a").nothing  # type: ignore[attr-defined]  # noqa: B018


def test_every_pattern_of_the_package_is_one() -> None:
    """What is compiled late is not found broken by importing it."""
    found = 0
    for module in pkgutil.walk_packages(devpod_gen.__path__, "devpod_gen."):
        if module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if type(value).__name__ == "_Late":
                assert value.groups >= 0
                found += 1
    assert found > 80
