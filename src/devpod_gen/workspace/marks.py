"""Marks in what a script inside says: what has ended, how, and what was said until then. Each
begins with a token that nothing else in there knows."""

import re
from collections.abc import Callable, Mapping
from typing import Literal

from devpod_gen.value import dataclass

Part = Literal["ready", "hooks"]
"""What has ended on the way."""


@dataclass(slots=True)
class Heard:
    """Listens for the marks of what has ended."""

    token: str
    on_end: Callable[[Part], None]
    parts: tuple[Part, ...] = ("ready", "hooks")

    def __call__(self, said: str) -> None:
        """See OnOutput."""
        for part in self.parts:
            if f"\n{self.token} {part} " in said:
                self.parts = tuple(other for other in self.parts if other != part)
                self.on_end(part)


@dataclass(frozen=True, slots=True)
class Record:
    """A mark: its words, and what was said before it."""

    words: str
    said: str


def records(output: str, token: str) -> Mapping[str, Record]:
    """By name; probes by their place, as `probe 0`. The keys' mark is in one piece, since they
    are made beside what says the others."""
    keys = re.compile(rf"\n{token} keys (\d{{1,3}})\n(.*?)\n{token} end\n", re.DOTALL)
    made = keys.search(output)
    first, *rest = keys.sub("", output).split(f"\n{token} ")
    found, said = {}, first
    for part in rest:
        line, _, after = part.partition("\n")
        name, _, words = line.partition(" ")
        if name == "probe":
            number, _, words = words.partition(" ")
            name = f"probe {number}"
        found[name], said = Record(words, said), after
    return found | ({"keys": Record(made[1], f"{made[2]}\n")} if made else {})
