"""Which files of a repo say what its environment is, in the order in which they are heard."""

import posixpath
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from devpod_gen.profile.existing import compose, devcontainer, dockerfile, gitpod, tools
from devpod_gen.profile.existing.composefiles import Documents, build, documents
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import Existing, entries, nothing, table
from devpod_gen.profile.existing.repo import Repo

_DEVCONTAINER = (".devcontainer/devcontainer.json", ".devcontainer.json")
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MISE = ("mise.toml", ".mise.toml")
_MOST_FILES = 12  # of compose files that one devcontainer.json names, and of other ones beside it


def existing(root: Path, ours: Callable[[str], bool] = lambda _: False) -> tuple[Existing, ...]:
    """What each file of the repo's own setup says: devcontainer.json; the compose files and
    the Dockerfile that it names; mise.toml, .tool-versions; the compose file at the root;
    .gitpod.yml and its Dockerfile; the Dockerfile at the root.

    Files that are `ours` say nothing. It never raises for what files hold.
    """
    repo = Repo(root, ours)
    return tuple(
        one
        for step in (_devcontainers, _tools, _root_compose, _gitpod, _dockerfiles)
        for one in step(repo)
    )


def _devcontainers(repo: Repo) -> Iterator[Existing]:
    """The one that clients take; others are named."""
    folder = repo.root / ".devcontainer"
    others = sorted(path.parent.name for path in folder.glob("*/devcontainer.json"))[:_MOST_FILES]
    names = [name for name in _DEVCONTAINER if repo.there(name)]
    names += [f".devcontainer/{name}/devcontainer.json" for name in others]
    found = [one for name in names if (one := _read(repo, name, devcontainer))]
    for says, holds in found[:1]:
        yield says
        yield from _named(repo, says.source, holds)
    for says, _ in found[1:]:
        yield nothing(says.source, "is another configuration: see --profile")


class _Format(Protocol):
    """A module that reads one format."""

    def document(self, text: str, /) -> dict[str, Any] | str:
        """What a text holds, or why it holds nothing."""

    def said(self, document: dict[str, Any], source: str, /) -> Existing:
        """What the document says."""


def _read(repo: Repo, name: str, form: _Format) -> tuple[Existing, dict[str, Any]] | None:
    """What a file says, and what it holds; None for one of ours."""
    holds: dict[str, Any] = {}

    def parse(text: str, source: str) -> Existing:
        document = form.document(text)
        if isinstance(document, str):
            return nothing(source, document)
        holds.update(document)
        return form.said(document, source)

    return next(((says, holds) for says in repo.heard(name, parse)), None)


def _named(repo: Repo, source: str, holds: dict[str, Any]) -> Iterator[Existing]:
    """The compose files and the Dockerfile that a devcontainer.json names."""
    folder = posixpath.dirname(source)
    files = holds.get("dockerComposeFile")
    if not files:
        how = table(holds.get("build")) or {"dockerfile": holds.get("dockerFile")}
        if how.get("dockerfile"):
            yield from _development(repo, _path(folder, how["dockerfile"]), how)
        return
    service = holds.get("service")
    name = service if isinstance(service, str) else None
    asked = compose.Asked(name, _run(holds), devcontainer.forwarded(holds))
    paths = [_path(folder, file) for file in (files if isinstance(files, list) else [files])]
    read, unread = _set(repo, paths[:_MOST_FILES])
    yield from (*compose.said(read, asked), *unread)
    if how := build(read, asked.service):
        context = _path(posixpath.dirname(paths[0]), how.get("context"))
        file = how.get("dockerfile") or "Dockerfile"
        yield from _development(repo, _path(context, file), how)


def _run(document: dict[str, Any]) -> tuple[str, ...] | None:
    run = document.get("runServices")
    return tuple(map(str, run)) if isinstance(run, list) else None


def _path(folder: str, name: object) -> str:
    return posixpath.normpath(posixpath.join(folder, str(name))) if name else folder


def _set(repo: Repo, names: list[str]) -> tuple[Documents, tuple[Existing, ...]]:
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


def _development(repo: Repo, name: str, how: dict[str, Any]) -> Iterator[Existing]:
    """The Dockerfile of a development container."""
    target = how.get("target")
    args = how.get("args")
    pairs = [str(entry).partition("=") for entry in entries(args)]
    known = table(args) or {key: value for key, equals, value in pairs if equals}

    def parse(text: str, source: str) -> Existing:
        stage = target if isinstance(target, str) else None
        return dockerfile.parse(text, source, target=stage, args=known)

    yield from repo.heard(name, parse)


def _tools(repo: Repo) -> Iterator[Existing]:
    for name in _MISE:
        if repo.there(name):
            yield from repo.heard(name, tools.mise)
    if repo.there(".tool-versions"):
        yield from repo.heard(".tool-versions", tools.tool_versions)


def _root_compose(repo: Repo) -> Iterator[Existing]:
    """The file that Compose takes, and its override."""
    name = next((name for name in _COMPOSE if (repo.root / name).is_file()), None)
    if name is None or not repo.there(name):
        return
    stem = name.partition(".")[0]
    overrides = [f"{stem}.override.yml", f"{stem}.override.yaml"]
    read, unread = _set(repo, [name, *(x for x in overrides if repo.there(x))])
    yield from (*compose.said(read), *unread)


def _gitpod(repo: Repo) -> Iterator[Existing]:
    name = ".gitpod.yml"
    found = _read(repo, name, gitpod) if repo.there(name) else None
    if found is None:
        return
    yield found[0]
    file = table(found[1].get("image")).get("file")
    if isinstance(file, str) and (path := _path("", file)) not in repo.seen:
        yield from _development(repo, path, {})


def _dockerfiles(repo: Repo) -> Iterator[Existing]:
    """Those that nothing above names."""
    name = ".devcontainer/Dockerfile"
    if repo.there(name) and repo.seen.isdisjoint(_DEVCONTAINER):
        yield from _development(repo, name, {})
    elif repo.there(name):
        yield nothing(name, "no devcontainer.json names it")
    if repo.there("Dockerfile"):
        yield from repo.heard("Dockerfile", dockerfile.suggest)
