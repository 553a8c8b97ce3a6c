"""An image, looked through: its layers, each for itself, and all that describes it."""

import json
from typing import IO

from devpod_gen.workspace.layers import walk
from devpod_gen.workspace.secrecy.scope import Look, Scope


def layers(scope: Scope, look: Look) -> None:
    """Every file of every layer, also what a later one hides; and the names of files."""

    def take(archive: IO[bytes]) -> None:
        walk(archive, lambda _: lambda path, text: look(path.removeprefix("./"), text))

    scope.engine.save(scope.image, take)


def history(scope: Scope, look: Look) -> None:
    """The steps of its build, with their arguments."""
    for number, step in enumerate(scope.engine.parts(scope.image).history, start=1):
        look(f"step {number}", step.encode())


def environment(scope: Scope, look: Look) -> None:
    """Its variables."""
    each(look, _config(scope).get("Env"))


def labels(scope: Scope, look: Look) -> None:
    """Its labels."""
    each(look, _config(scope).get("Labels"))


def configuration(scope: Scope, look: Look) -> None:
    """All else that it sets for containers."""
    for key, value in _config(scope).items():
        if key not in ("Env", "Labels"):
            look(key, texts(value))


def each(look: Look, values: object) -> None:
    """Each of several settings, by its name: `NAME=value` in a list, or a table."""
    if isinstance(values, dict):
        for name, value in values.items():
            look(name, texts(value))
    elif isinstance(values, list):
        for setting in values:
            look(str(setting).partition("=")[0], str(setting).encode())


def texts(value: object) -> bytes:
    """A JSON value as text; what is in it as it is, and as JSON."""
    return json.dumps(value, ensure_ascii=False).encode() + b"\n" + str(value).encode()


def _config(scope: Scope) -> dict[str, object]:
    found: dict[str, object] = json.loads(scope.engine.parts(scope.image).config) or {}
    return found
