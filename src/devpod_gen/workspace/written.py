"""The texts that were generated here last, so that a later merge knows what its user changed.

A file in the user's state folder for each clone and profile. An edited file carries the hash
of the text that it was made of; here that text is found by it. Nothing is believed that has
another hash, so nobody gains by writing here.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from devpod_gen import source
from devpod_gen.disk import hashed, publish
from devpod_gen.errors import HostError
from devpod_gen.home import state_home
from devpod_gen.value import dataclass
from devpod_gen.workspace.lock import folder_held

KEPT = 8
"""Of each file so many texts are known, the last ones."""

_LARGEST = 4 * 1024 * 1024  # bytes that a clone's file may have
_VERSION = 1

Texts = dict[str, dict[str, str]]
"""By the file's path, then by the text's hash, the oldest first."""


@dataclass(frozen=True, slots=True)
class Written:
    """What is known of one clone's profile."""

    root: str
    texts: Texts


def remember(root: Path, output: str, texts: Mapping[str, tuple[str, str]]) -> None:
    """Keep the hash and the text of each path. Where the disk refuses, a merge will have to
    say that it does not know them."""
    with contextlib.suppress(HostError, OSError):
        path = _path(root, output)
        known = _read(path)
        if known and all(_last(known.texts, name) == one for name, one in texts.items()):
            return
        with folder_held(path.parent):
            known = _read(path)
            kept = _with(known.texts if known else {}, texts)
            while len(text := _text(root, output, kept)) > _LARGEST and any(kept.values()):
                kept = {name: _without_first(one) for name, one in kept.items()}
            publish(path, text, mode=0o600, lasting=False)


def find(root: Path, output: str, path: str, digest: str) -> str | None:
    """The text of that path with that hash, if it is known here."""
    try:
        known = _read(_path(root, output))
    except HostError:
        return None
    return known.texts.get(path, {}).get(digest) if known else None


def places() -> tuple[tuple[Path, Path], ...]:
    """Each file that is kept, and the clone that it is of. Raises HostError without a home."""
    found = ((path, _read(path)) for path in sorted(_folder().glob("*.json")))
    return tuple((path, Path(one.root)) for path, one in found if one)


def _with(known: Texts, new: Mapping[str, tuple[str, str]]) -> Texts:
    made = dict(known)
    for name, (digest, text) in new.items():
        before = {key: value for key, value in known.get(name, {}).items() if key != digest}
        made[name] = dict([*before.items(), (digest, text)][-KEPT:])
    return made


def _last(texts: Texts, name: str) -> tuple[str, str] | None:
    return next(reversed(texts.get(name, {}).items()), None)


def _without_first(texts: dict[str, str]) -> dict[str, str]:
    return dict(list(texts.items())[1:])


def _text(root: Path, output: str, texts: Texts) -> str:
    values = {"v": _VERSION, "root": os.fspath(root), "output": output, "texts": texts}
    return json.dumps(values) + "\n"


def _read(path: Path) -> Written | None:
    """None for what this version has not written."""
    try:
        said: Any = json.loads(source.own(path, most=2 * _LARGEST) or b"")
        texts = {
            str(name): {str(digest): str(text) for digest, text in one.items()}
            for name, one in said["texts"].items()
        }
        return Written(str(said["root"]), texts) if said["v"] == _VERSION else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _folder() -> Path:
    return state_home() / "generated"


def _path(root: Path, output: str) -> Path:
    return _folder() / f"{hashed(root, output)[:16]}.json"
