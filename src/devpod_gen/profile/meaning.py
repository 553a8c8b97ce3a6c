"""What a schema cannot say of a profile: characters, and how its parts go together."""

import datetime
import math
from collections.abc import Iterator
from typing import Any

from devpod_gen.errors import Finding
from devpod_gen.profile import (
    address,
    dotfiles,
    hostvariable,
    jetbrains,
    secret,
    service,
    size,
    ssh,
    version,
)
from devpod_gen.profile.character import described, is_hidden
from devpod_gen.profile.wording import shown, where

_MULTI_LINE = (("env",), ("probe",), ("hooks",), ("services",))


def odd_values(document: object, file: str, path: tuple[str | int, ...] = ()) -> Iterator[Finding]:
    """What TOML can say and no emitted file could hold, and what only an attack needs."""
    match document:
        case dict():
            for key, value in document.items():
                yield from _odd_character(key, file, (*path, key), "")
                yield from odd_values(value, file, (*path, key))
        case list():
            for index, value in enumerate(document):
                yield from odd_values(value, file, (*path, index))
        case str():
            allowed = "\n\t" if path[:1] in _MULTI_LINE else ""
            yield from _odd_character(document, file, path, allowed)
        case float() if not math.isfinite(document):
            yield Finding(where(file, path), f"{document} is not a finite number")
        case datetime.date() | datetime.time():
            yield Finding(where(file, path), "must not be a date or time: write it as a string")
        case _:
            pass


def _odd_character(
    text: str, file: str, path: tuple[str | int, ...], allowed: str
) -> Iterator[Finding]:
    for char in text:
        if is_hidden(char) and char not in allowed:
            yield Finding(where(file, path), f"holds {described(char)}")
            return


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant. The document fits the schema."""
    for tool, constraint in document.get("tools", {}).items():
        try:
            version.parse(constraint)
        except ValueError:
            message = f"{shown(constraint)} is no version (1.24) and no range (>=1.22)"
            yield Finding(where(file, ("tools", tool)), message)
    yield from _ports(document, file)
    yield from _caches(document, file)
    yield from _image(document, file)
    if "warm" in document.get("hooks", {}) and not document.get("caches"):
        yield Finding(where(file, ("hooks", "warm")), "fills the caches, and there are none")
    yield from service.contradictions(document, file)
    yield from dotfiles.contradictions(document, file)
    yield from jetbrains.contradictions(document, file)
    yield from secret.contradictions(document, file)
    yield from dotfiles.of_repo(document, file)
    yield from hostvariable.of_profile(document, file)
    yield from ssh.contradictions(document, file)
    yield from size.contradictions(document, file)
    yield from address.contradictions(document, file)
    workspace = document.get("workspace", {})
    if isinstance(workspace, dict) and workspace.get("mode") != "volume":
        for key in ("clone", "branch"):
            if key in workspace:
                message = 'has no effect without mode = "volume"'
                yield Finding(where(file, ("workspace", key)), message)


def _ports(document: dict[str, Any], file: str) -> Iterator[Finding]:
    seen: set[int] = set()
    for index, entry in enumerate(document.get("ports", [])):
        if entry["port"] in seen:
            message = f"port {entry['port']} is there twice"
            yield Finding(where(file, ("ports", index, "port")), message)
        seen.add(entry["port"])


def _caches(document: dict[str, Any], file: str) -> Iterator[Finding]:
    owner: dict[str, str] = {}
    for name, entry in document.get("caches", {}).items():
        long = isinstance(entry, dict)
        for index, folder in enumerate(entry["folders"] if long else entry):
            place = where(file, ("caches", name, *(("folders",) if long else ()), index))
            if folder in owner and owner[folder] != name:
                yield Finding(place, f'{folder} is kept by the cache "{owner[folder]}" already')
            if folder.count("/") < 2:
                yield Finding(place, f"{folder} is a top-level folder: a cache would hide it")
            owner[folder] = name


def _image(document: dict[str, Any], file: str) -> Iterator[Finding]:
    image = document.get("image", {})
    for key in ("packages", "registry"):
        if "ref" in image and image.get(key):
            message = "has no effect with image.ref: the image is yours"
            yield Finding(where(file, ("image", key)), message)
    if "ref" in image and "idle" in document:
        message = "has no effect with image.ref: only images built here watch themselves"
        yield Finding(where(file, ("idle",)), message)
    if "ref" not in image and document.get("user", "dev") != "dev":
        message = "not supported yet: images built here have the user dev"
        yield Finding(where(file, ("user",)), message)
