"""A container, looked through: what the engine says of it, what it has written and said,
and what runs in it. The place that is there for secrets is left out."""

import contextlib
import json
from functools import partial
from typing import IO, Any

from devpod_gen.engine.model import PROJECT
from devpod_gen.errors import EngineError
from devpod_gen.workspace.layers import show
from devpod_gen.workspace.secrecy.hunt import pieces
from devpod_gen.workspace.secrecy.imaged import each, texts
from devpod_gen.workspace.secrecy.scope import Look, Scope
from devpod_gen.workspace.tarred import PART, members, opened, parts

_ARGUMENTS = 'for f in /proc/[0-9]*/cmdline; do tr "\\0" " " <"$f" 2>/dev/null && echo; done; true'


def environment(scope: Scope, look: Look) -> None:
    """Its variables, as everybody sees them who may ask the engine."""
    each(look, _said(scope)["Config"].get("Env"))


def labels(scope: Scope, look: Look) -> None:
    """Its labels."""
    each(look, _said(scope)["Config"].get("Labels"))


def configuration(scope: Scope, look: Look) -> None:
    """All else that `inspect` shows."""
    found = _said(scope)
    config = found.pop("Config")
    for key, value in (*found.items(), *config.items()):
        if key not in ("Env", "Labels"):
            look(key, texts(value))


def files(scope: Scope, look: Look) -> None:
    """Every file that is not as in the image: what a `commit` would keep."""
    scope.engine.changed(scope.container, partial(_unpacked, look))


def memory(scope: Scope, look: Look) -> None:
    """What lies in memory elsewhere, as in /dev/shm."""
    scope.engine.in_memory(scope.container, partial(_unpacked, look))


def volumes(scope: Scope, look: Look) -> None:
    """What outlives it: caches, homes. The repo's own, where it is in one, is the user's."""
    scope.engine.in_volumes(scope.container, partial(_unpacked_below, look))


def logs(scope: Scope, look: Look) -> None:
    """What it has said."""
    scope.engine.said(scope.container, pieces(partial(look, "")))


def arguments(scope: Scope, look: Look) -> None:
    """The words of everything that runs inside."""
    look("", _as_root(scope, ["sh", "-c", _ARGUMENTS]))


def environment_of_init(scope: Scope, look: Look) -> None:
    """What everything that is not started on demand inherits."""
    look("", _as_root(scope, ["cat", "/proc/1/environ"]))


def networks_and_volumes(scope: Scope, look: Look) -> None:
    """What the engine says of what else there is of the workspace."""
    for one in scope.engine.labelled(PROJECT, scope.project.name):
        kind, _, name = one.partition(" ")
        if kind in ("network", "volume"):
            look(one, texts(json.loads(scope.engine.inspect(kind, name))))


def _said(scope: Scope) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(scope.engine.inspect("container", scope.container))
    return found


def _as_root(scope: Scope, argv: list[str]) -> bytes:
    result = scope.engine.exec(scope.container, argv, user="root", timeout=20)
    if not result.ok:
        message = "the container cannot be looked into"
        raise EngineError(
            message, where=scope.container, fix="run it again", detail=result.last_lines(2)
        )
    return result.output.encode("utf-8", "surrogateescape")


def _unpacked_below(look: Look, top: str, archive: IO[bytes]) -> None:
    _unpacked(lambda where, text: look(f"{top}{where}", text), archive)


def _unpacked(look: Look, archive: IO[bytes]) -> None:
    """Every file of an archive, part by part, and its name."""
    with opened(archive) as unpacked:
        for member in members(unpacked):
            path = f"/{member.name.removeprefix('./')}"
            look(path, member.linkname.encode("utf-8", "surrogateescape"))
            show(parts(unpacked, member), path, look)
    with contextlib.suppress(ValueError):
        while archive.read(PART):
            pass
