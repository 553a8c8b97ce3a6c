"""Variables of the host's that clients fill into devcontainer.json, wherever they stand in it.

`${localEnv:NAME}`, and `${env:NAME}` just so, become what NAME is on the host of whoever opens
the repo: a value of the profile must not take a secret of theirs into the container. The
format has no way to quote them (seen with @devcontainers/cli 0.89.0).
"""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late

VARIABLE = late(r"\$\{(?:localEnv|env|localWorkspaceFolder)\b")

_FILLED = late(
    r"\$\{(?:localEnv|env|(?:local|container)WorkspaceFolder(?:Basename)?|containerEnv"
    r"|devcontainerId)\b"
)
"""And those that clients fill in from elsewhere: a value would come back as another one."""

_ELSEWHERE = frozenset(("env", "hooks", "services", "probe", "mounts", "dotfiles", "secrets"))
"""Tables that do not get into devcontainer.json, where `${env}` may be a shell's. What is new
in a profile is looked at until it is in here."""

_Path = tuple[str | int, ...]


def of_profile(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """In what of a profile gets into devcontainer.json."""
    for key, value in document.items():
        if key not in _ELSEWHERE:
            yield from _below(value, (key,), file, _FILLED)
    for name, entry in document.get("secrets", {}).items():
        place = ("secrets", name, "description")
        yield from _below(entry.get("description"), place, file, _FILLED)


def of_stack(document: dict[str, object], file: str) -> Iterator[Finding]:
    """In what of a stack.toml gets there."""
    for key in ("vscode", "jetbrains"):
        yield from _below(document.get(key), (key,), file, _FILLED)


def of_config(document: object, file: str) -> Iterator[Finding]:
    """In a devcontainer.json."""
    yield from _below(document, (), file, VARIABLE)


def _below(value: object, path: _Path, file: str, pattern: re.Pattern[str]) -> Iterator[Finding]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _below(key, (*path, key), file, pattern)
                yield from _below(inner, (*path, key), file, pattern)
        case list():
            for index, inner in enumerate(value):
                yield from _below(inner, (*path, index), file, pattern)
        case str() if found := pattern.search(value):
            theirs = VARIABLE.match(found[0])
            by = "from the host of whoever opens the repo" if theirs else "by clients: write it out"
            message = f"{found[0]}…}} would be filled in {by}"
            yield Finding(where(file, path), message)
        case _:
            pass
