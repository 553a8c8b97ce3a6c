"""The doors that a verification can go through: which there are, and which were asked for."""

from collections.abc import Sequence
from typing import Literal, get_args

from devpod_gen.value import dataclass

Named = Literal["compose", "ssh", "jetbrains", "devcontainer"]
"""Every door that can be asked for. `compose` is the engine's own exec in the workspace that
Compose has started, where `ssh` and `jetbrains` lead, too; `devcontainer` is the reference
client's, in one that it has started."""

DOORS: tuple[Named, ...] = get_args(Named)

BY_COMPOSE: tuple[Named, ...] = ("compose", "ssh", "jetbrains")
"""The doors of the workspace that Compose has started, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The doors to go through. `required`: they were asked for by name, so one that cannot be
    tried here is a failure; else it is said to be not run."""

    doors: tuple[Named, ...] = DOORS
    required: bool = False

    @property
    def by_compose(self) -> tuple[Named, ...]:
        """Those for which Compose starts a workspace."""
        return tuple(door for door in BY_COMPOSE if door in self.doors)


ALL = Choice()
"""Every door that there is."""


def choice(words: Sequence[str]) -> Choice:
    """What `--door` says, given several times or with commas. Raises ValueError for a word
    that is no door."""
    names = [name for word in words for name in word.split(",")]
    for name in names:
        if name not in (*DOORS, "all"):
            message = f"{name!r} is no door: {', '.join((*DOORS, 'all'))}"
            raise ValueError(message)
    if not names or "all" in names:
        return ALL
    return Choice(tuple(door for door in DOORS if door in names), required=True)
