"""Files that other files name: compose files and Dockerfiles of a development container."""

import posixpath
from collections.abc import Iterator
from typing import Any, Protocol

from devpod_gen.profile.existing import compose, devcontainer, dockerfile
from devpod_gen.profile.existing.composefiles import Documents, build, documents
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import Existing, entries, nothing, table
from devpod_gen.profile.existing.repo import Repo

_MOST_FILES = 12  # compose files that one devcontainer.json names


class _Format(Protocol):
    """A module that reads one format."""

    def document(self, text: str, /) -> dict[str, Any] | str:
        """What a text holds, or why it holds nothing."""

    def said(self, document: dict[str, Any], source: str, /) -> Existing:
        """What the document says."""


def read_document(repo: Repo, name: str, form: _Format) -> tuple[Existing, dict[str, Any]] | None:
    """What a file says, and what it holds; None for one of ours."""
    holds: dict[str, Any] = {}

    def parse(text: str, source: str) -> Existing:
        document = form.document(text)
        if isinstance(document, str):
            return nothing(source, document)
        holds.update(document)
        return form.said(document, source)

    return next(((says, holds) for says in repo.heard(name, parse)), None)


def named(repo: Repo, source: str, holds: dict[str, Any]) -> Iterator[Existing]:
    """The compose files and the Dockerfile that a devcontainer.json names."""
    folder = posixpath.dirname(source)
    files = holds.get("dockerComposeFile")
    if not files:
        how = table(holds.get("build")) or {"dockerfile": holds.get("dockerFile")}
        if how.get("dockerfile"):
            yield from development(repo, path(folder, how["dockerfile"]), how)
        return
    service = holds.get("service")
    name = service if isinstance(service, str) else None
    asked = compose.Asked(name, _run(holds), devcontainer.forwarded(holds))
    paths = [path(folder, file) for file in (files if isinstance(files, list) else [files])]
    read, unread = compose_set(repo, paths[:_MOST_FILES])
    yield from (*compose.said(read, asked), *unread)
    if len(paths) > _MOST_FILES:
        yield nothing(paths[_MOST_FILES], f"only {_MOST_FILES} compose files are read")
    if how := build(read, asked.service):
        context = path(posixpath.dirname(paths[0]), how.get("context"))
        file = how.get("dockerfile") or "Dockerfile"
        yield from development(repo, path(context, file), how)


def _run(document: dict[str, Any]) -> tuple[str, ...] | None:
    run = document.get("runServices")
    return tuple(map(str, run)) if isinstance(run, list) else None


def path(folder: str, name: object) -> str:
    """The name of a file that one in a folder names, as seen from the root."""
    return posixpath.normpath(posixpath.join(folder, str(name))) if name else folder


def compose_set(repo: Repo, names: list[str]) -> tuple[Documents, tuple[Existing, ...]]:
    """The compose files of one set, and those of it that cannot be read."""
    texts: dict[str, str] = {}
    unread: list[Existing] = []
    for name in dict.fromkeys(names):
        try:
            texts |= repo.text(name)
        except UnreadError as error:
            unread.append(nothing(name, str(error)))
    read, broken = documents(texts)
    return read, (*broken, *unread)


def development(repo: Repo, name: str, how: dict[str, Any]) -> Iterator[Existing]:
    """The Dockerfile of a development container."""
    target = how.get("target")
    args = how.get("args")
    pairs = [str(entry).partition("=") for entry in entries(args)]
    known = table(args) or {key: value for key, equals, value in pairs if equals}

    def parse(text: str, source: str) -> Existing:
        stage = target if isinstance(target, str) else None
        return dockerfile.parse(text, source, target=stage, args=known)

    yield from repo.heard(name, parse)
