"""What a file may hold that its user has edited: no more than one of ours, whoever wrote it.

A repo brings its files along, edited ones as well. So each is held against our own closed
schemas, and against what was generated: no variable, place of the host or label of ours that
is not there. What it then says beyond the profile needs trust.
"""

from collections.abc import Iterator
from typing import Any

from devpod_gen.emit.file import RenderedFile
from devpod_gen.errors import Finding
from devpod_gen.plan.steering import steers
from devpod_gen.profile import bounds, hostvariable
from devpod_gen.profile import document as documents
from devpod_gen.profile.fit import findings
from devpod_gen.profile.wording import shown, where

LARGEST = 512 * 1024
"""Bytes of a file that is merged, or used as it was."""

_RESERVED = ("devpod-gen.", "devcontainer.", "com.docker.", "com.intellij.", "DEVPOD_")
_CONFIG = "devpod-gen.config"

_Place = tuple[tuple[str | int, ...], Any]


def problems(generated: RenderedFile, text: str) -> tuple[Finding, ...]:
    """What is wrong with `text` in the place of the generated file."""
    path = generated.path
    if len(text) > LARGEST:
        return (Finding(path, f"is larger than {LARGEST // 1024} KiB"),)
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        return (Finding(path, "is not UTF-8"),)
    if odd := tuple(_odd(path, text)):
        return odd
    match path.rpartition("/")[2]:
        case "devcontainer.json":
            return _of_devcontainer(path, text)
        case "compose.yaml":
            return _of_compose(path, text, generated.text)
        case _:
            return ()


def _odd(path: str, text: str) -> Iterator[Finding]:
    """What can make its readers, people and programs, see different texts in it. (A carriage
    return ends a comment for some clients, and for others it does not.)"""
    if "\r" in text.replace("\r\n", ""):
        yield Finding(path, "holds a carriage return alone: lines end with LF, or CRLF")
    yield from bounds.hidden(text, path)


def kinds_of(generated: RenderedFile, text: str) -> tuple[str, ...]:
    """What it says more than a profile could say without anybody's trust, by the kinds of
    `plan.asks`; the first one stands for whatever it is. `text` has no problems."""
    match generated.path.rpartition("/")[2]:
        case "devcontainer.json":
            was, now = (documents.document(".json", one) for one in (generated.text, text))
            found = tuple(_of_config(was, now))
        case "compose.yaml":
            found = tuple(_of_services(_yaml(generated.text), _yaml(text)))
        case _:
            found = ()
    return tuple(dict.fromkeys(found))


def _of_config(was: Any, now: Any) -> Iterator[str]:
    """What is of IDEs a profile may say, too."""
    keys = {key for key in {*was, *now} if was.get(key) != now.get(key)} - {"customizations"}
    if keys:
        yield "edits"
    if any(key.endswith("Command") for key in keys):
        yield "hooks"


def _of_services(was: Any, now: Any) -> Iterator[str]:
    for document in (was, now):
        document["services"]["dev"]["labels"].pop(_CONFIG, None)
    if was == now:
        return
    yield "edits"
    dev, had = now["services"].pop("dev"), was["services"].pop("dev")
    if now["services"] != was["services"]:
        yield "services"
    if dev["image"] != had["image"]:
        yield "image"
    if any(dev.get(key) != had.get(key) for key in ("security_opt", "cap_add")):
        yield "sudo"
    own, others = (set(one.get("environment", {}).items()) for one in (dev, had))
    if any(steers(name) for name, _ in own - others):
        yield "env"


def _of_devcontainer(path: str, text: str) -> tuple[Finding, ...]:
    document = documents.document(".json", text)
    if document is None:
        return (Finding(path, "cannot be parsed as JSON"),)
    if twice := documents.twice(text):
        return (Finding(path, f"says {shown(twice)} twice in one table"),)
    return (*findings("devcontainer", document, path), *hostvariable.of_config(document, path))


def _of_compose(path: str, text: str, generated: str) -> tuple[Finding, ...]:
    from devpod_gen.emit.configuration import with_config  # noqa: PLC0415 - only what is used
    from devpod_gen.profile.existing.files import UnreadError  # noqa: PLC0415

    try:
        document = _yaml(text)
    except UnreadError as error:
        return (Finding(path, str(error)),)
    if wrong := findings("compose", document, path):
        return wrong
    wrong = tuple(_beyond_ours(path, document, _yaml(generated)))
    if not wrong and with_config(text) != text:
        return (Finding(f"{path}::services.dev.labels", f"{_CONFIG} is not what it should be"),)
    return wrong


def _beyond_ours(path: str, document: Any, generated: Any) -> Iterator[Finding]:
    ours = dict(_strings(generated))
    known = set(ours.values())
    for place, text in _strings(document):
        if "$" in text.replace("$$", "") and text not in known:
            message = f"{shown(text)} would be filled in from the host; `$$` is a dollar"
            yield Finding(where(path, place), message)
    binds = {mount["source"] for mount in _binds(generated)}
    for mount in _binds(document):
        if mount["source"] not in binds:
            message = f"{shown(mount['source'])} of the host is not the workspace's"
            yield Finding(where(path, ("services",)), message)
    there, had = (dict(_reserved(one)) for one in (document, generated))
    for place in sorted(there.keys() | had.keys(), key=str):
        if place[-1] != _CONFIG and there.get(place) != had.get(place):
            yield Finding(where(path, place), "is devpod-gen's own, or a client's")


def _strings(value: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, str]]:
    """Every string in it, keys, too."""
    match value:
        case dict():
            for key, inner in value.items():
                yield (*place, key, ""), str(key)
                yield from _strings(inner, (*place, key))
        case list():
            for index, inner in enumerate(value):
                yield from _strings(inner, (*place, index))
        case str():
            yield place, value
        case _:
            pass


def _binds(document: Any) -> Iterator[dict[str, Any]]:
    for service in document["services"].values():
        yield from (one for one in service.get("volumes") or () if one["type"] == "bind")


def _reserved(document: Any) -> Iterator[_Place]:
    """Labels that say whose something is, and variables that our own programs inside read."""
    for kind in ("services", "networks", "volumes"):
        for name, entry in (document.get(kind) or {}).items():
            for part in ("labels", "environment"):
                for key, value in ((entry or {}).get(part) or {}).items():
                    if key.startswith(_RESERVED):
                        yield (kind, name, part, key), value


def _yaml(text: str) -> Any:
    from devpod_gen.profile.existing.markup import load  # noqa: PLC0415 - what strangers write

    return load(text)
