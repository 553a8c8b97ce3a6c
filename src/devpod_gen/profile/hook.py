"""What a profile says of hooks: commands, or parts that run side by side."""

from typing import Any, Literal

from devpod_gen.value import dataclass

HookName = Literal["on-create", "update-content", "warm", "create", "start", "attach"]
HOOKS: tuple[HookName, ...] = ("on-create", "update-content", "warm", "create", "start", "attach")
"""In the order in which they run."""

Command = str | tuple[str, ...]
"""A line for sh, or a program and its words."""


@dataclass(frozen=True, slots=True)
class Hook:
    """One hook. A command alone is a part without a name."""

    name: HookName
    parts: tuple[tuple[str, Command], ...]


@dataclass(frozen=True, slots=True)
class Hooks:
    """The hooks that the profile has, in their order; `timeout` in seconds."""

    all: tuple[Hook, ...] = ()
    timeout: int | None = None


def read_hooks(document: dict[str, Any]) -> Hooks:
    """The valid table `hooks`."""
    found = tuple(Hook(name, _parts(document[name])) for name in HOOKS if name in document)
    return Hooks(found, document.get("timeout"))


def read_command(value: str | list[str]) -> Command:
    """A valid command, whichever form it has."""
    return value if isinstance(value, str) else tuple(value)


def _parts(value: Any) -> tuple[tuple[str, Command], ...]:
    if isinstance(value, dict):
        return tuple((name, read_command(part)) for name, part in value.items())
    return (("", read_command(value)),)
