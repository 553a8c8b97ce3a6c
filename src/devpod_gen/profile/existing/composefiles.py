"""Compose files of one set: read, and laid one over the other."""

from typing import Any

from devpod_gen.profile.existing import markup
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import Existing, nothing, table

Documents = dict[str, dict[str, Any]]
"""The files of one set, by their names, in their order: a later one is laid over."""


def documents(texts: dict[str, str]) -> tuple[Documents, tuple[Existing, ...]]:
    """The files that can be read, and those that cannot. It never raises for what they hold."""
    read: Documents = {}
    broken: list[Existing] = []
    for source, text in texts.items():
        try:
            read[source] = _document(text)
        except UnreadError as error:
            broken.append(nothing(source, str(error)))
    return read, tuple(broken)


def build(read: Documents, service: str | None) -> dict[str, Any]:
    """How the workspace's service is built: `context`, `dockerfile`, `target`, `args`."""
    value = merged(read).get(service or "", {}).get("build")
    return {"context": value} if isinstance(value, str) else table(value)


def _document(text: str) -> dict[str, Any]:
    held = markup.load(text)
    if not isinstance(held, dict) or not isinstance(held.get("services") or {}, dict):
        message = "is no table of services"
        raise UnreadError(message)
    return held


def merged(read: Documents) -> dict[str, dict[str, Any]]:
    """The services of all of them, by name."""
    services: dict[str, dict[str, Any]] = {}
    for document in read.values():
        for name, service in table(document.get("services")).items():
            services[name] = _over(services.get(name, {}), table(service))
    return services


def _over(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """As Compose merges: tables by key, lists one after the other, the rest replaced."""
    result = dict(base)
    for key, value in more.items():
        was = result.get(key)
        if isinstance(was, dict) and isinstance(value, dict):
            result[key] = was | value
        elif isinstance(was, list) and isinstance(value, list) and key != "command":
            result[key] = was + value
        else:
            result[key] = value
    return result
