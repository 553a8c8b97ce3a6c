"""What a profile says of secrets: where each one is to be asked for, never what it is."""

from collections.abc import Iterator
from typing import Any, Literal, cast

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late
from devpod_gen.value import dataclass

Source = Literal["env", "file", "op", "command"]
Delivery = Literal["file", "env"]

_SOURCES: tuple[Source, ...] = ("env", "file", "op", "command")

_STEERING = late(
    r"(LD|DYLD|DEVPOD|GIT)_.*|PATH|HOME|USER|SHELL|IFS|ENV|BASH_ENV|ZDOTDIR|PWD|TERM"
    r"|PROMPT_COMMAND|PYTHON(PATH|STARTUP|HOME)|NODE_OPTIONS|JAVA_TOOL_OPTIONS|RUBYOPT|PERL5OPT"
)
"""Variables that decide what programs do, which no secret is for."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by reference: `reference` is a variable, a path, an `op://` address, or the
    words of a command. None: the user said nothing."""

    name: str
    source: Source
    reference: tuple[str, ...]
    delivery: Delivery | None = None
    optional: bool | None = None
    description: str | None = None


def read_secrets(document: dict[str, Any]) -> tuple[Secret, ...]:
    """The valid table `secrets`, by name: the order of a table means nothing."""
    return tuple(_secret(name, entry) for name, entry in sorted(document.items()))


def _secret(name: str, entry: dict[str, Any]) -> Secret:
    source = next(source for source in _SOURCES if source in entry)
    said = entry[source]
    return Secret(
        name=name,
        source=source,
        reference=tuple(said) if isinstance(said, list) else (said,),
        delivery=cast("Delivery | None", entry.get("as")),
        optional=entry.get("optional"),
        description=entry.get("description"),
    )


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant."""
    for name, entry in document.get("secrets", {}).items():
        place = ("secrets", name)
        named = [source for source in _SOURCES if source in entry]
        if len(named) != 1:
            told = f", not {' and '.join(named)}" if named else ""
            yield Finding(where(file, place), f"wants one of env, file, op and command{told}")
        if entry.get("as") == "env" and _STEERING.fullmatch(name):
            message = f"as a variable {name} would steer programs: give the secret another name"
            yield Finding(where(file, place), message)
        if entry.get("as") == "env" and name in document.get("env", {}):
            yield Finding(where(file, place), f"env.{name} is there, too: which of the two is it?")
        program = entry.get("command", ["/"])[0]
        if not program or ("/" in program and not program.startswith(("/", "~/"))):
            message = (
                "must be a name on PATH, or an absolute path: the repo's own cannot be trusted"
            )
            yield Finding(where(file, (*place, "command", 0)), message)
