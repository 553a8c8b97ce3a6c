"""Variables of the host's that clients fill into devcontainer.json, wherever they stand in it.

`${localEnv:NAME}`, and `${env:NAME}` just so, become what NAME is on the host of whoever opens
the repo: a value of the profile must not take a secret of theirs into the container. The
format has no way to quote them (seen with @devcontainers/cli 0.89.0).
"""

from collections.abc import Iterator

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late

VARIABLE = late(r"\$\{(?:localEnv|env|localWorkspaceFolder)\b")

_Path = tuple[str | int, ...]


def of_profile(document: dict[str, object], file: str) -> Iterator[Finding]:
    """In what of a profile gets into devcontainer.json."""
    for key in ("ide", "ports", "name", "workspace", "user"):
        yield from _below(document.get(key), (key,), file)


def of_stack(document: dict[str, object], file: str) -> Iterator[Finding]:
    """In what of a stack.toml gets there."""
    for key in ("vscode", "jetbrains"):
        yield from _below(document.get(key), (key,), file)


def of_config(document: object, file: str) -> Iterator[Finding]:
    """In a devcontainer.json."""
    yield from _below(document, (), file)


def _below(value: object, path: _Path, file: str) -> Iterator[Finding]:
    match value:
        case dict():
            for key, inner in value.items():
                yield from _below(key, (*path, key), file)
                yield from _below(inner, (*path, key), file)
        case list():
            for index, inner in enumerate(value):
                yield from _below(inner, (*path, index), file)
        case str() if found := VARIABLE.search(value):
            message = f"{found[0]}…}} would be filled in from the host of whoever opens the repo"
            yield Finding(where(file, path), message)
        case _:
            pass
