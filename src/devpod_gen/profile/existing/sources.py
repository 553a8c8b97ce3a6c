"""Which files of a repo say what its environment is, in the order in which they are heard."""

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from devpod_gen.profile.existing import compose, devcontainer, dockerfile, gitpod, tools
from devpod_gen.profile.existing.files import UnreadError, read
from devpod_gen.profile.existing.model import Existing, entries, nothing, table

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
    repo = _Repo(root, ours)
    return tuple(
        one
        for step in (_devcontainers, _tools, _root_compose, _gitpod, _dockerfiles)
        for one in step(repo)
    )


@dataclass(slots=True)
class _Repo:
    root: Path
    ours: Callable[[str], bool]
    seen: set[str] = field(default_factory=set)
    """Files that were read, or are ours."""

    def there(self, name: str) -> bool:
        """Whether there is such a file that nobody has read yet."""
        try:
            return name not in self.seen and (self.root / name).is_file()
        except (OSError, ValueError):
            return False

    def heard(self, name: str, parse: Callable[[str, str], Existing]) -> Iterator[Existing]:
        """What a file says, or why it says nothing. One of ours says nothing at all."""
        self.seen.add(name)
        try:
            text = read(self.root, name)
        except UnreadError as error:
            yield nothing(name, str(error))
            return
        if not self.ours(text):
            yield parse(text, name)


def _devcontainers(repo: _Repo) -> Iterator[Existing]:
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


def _read(repo: _Repo, name: str, form: _Format) -> tuple[Existing, dict[str, Any]] | None:
    """What a file says, and what it holds; None for one of ours."""
    holds: dict[str, Any] = {}

    def parse(text: str, source: str) -> Existing:
        document = form.document(text)
        if isinstance(document, str):
            return nothing(source, document)
        holds.update(document)
        return form.said(document, source)

    return next(((says, holds) for says in repo.heard(name, parse)), None)


def _named(repo: _Repo, source: str, holds: dict[str, Any]) -> Iterator[Existing]:
    """The compose files and the Dockerfile that a devcontainer.json names."""
    folder = posixpath.dirname(source)
    files = holds.get("dockerComposeFile")
    if not files:
        build = table(holds.get("build")) or {"dockerfile": holds.get("dockerFile")}
        if build.get("dockerfile"):
            yield from _development(repo, _path(folder, build["dockerfile"]), build)
        return
    service = holds.get("service")
    asked = compose.Asked(service if isinstance(service, str) else None, _run(holds))
    paths = [_path(folder, file) for file in (files if isinstance(files, list) else [files])]
    documents, unread = _set(repo, paths[:_MOST_FILES])
    yield from (*compose.said(documents, asked), *unread)
    build = compose.build(documents, asked.service)
    if build:
        context = _path(posixpath.dirname(paths[0]), build.get("context"))
        file = build.get("dockerfile") or "Dockerfile"
        yield from _development(repo, _path(context, file), build)


def _run(document: dict[str, Any]) -> tuple[str, ...] | None:
    run = document.get("runServices")
    return tuple(map(str, run)) if isinstance(run, list) else None


def _path(folder: str, name: object) -> str:
    return posixpath.normpath(posixpath.join(folder, str(name))) if name else folder


def _set(repo: _Repo, names: list[str]) -> tuple[compose.Documents, tuple[Existing, ...]]:
    """The compose files of one set, and those of it that cannot be read."""
    texts: dict[str, str] = {}
    unread: list[Existing] = []
    for name in dict.fromkeys(names):
        repo.seen.add(name)
        try:
            text = read(repo.root, name)
            texts |= {} if repo.ours(text) else {name: text}
        except UnreadError as error:
            unread.append(nothing(name, str(error)))
    documents, broken = compose.documents(texts)
    return documents, (*broken, *unread)


def _development(repo: _Repo, name: str, build: dict[str, Any]) -> Iterator[Existing]:
    """The Dockerfile of a development container."""
    target = build.get("target")
    args = build.get("args")
    pairs = [str(entry).partition("=") for entry in entries(args)]
    known = table(args) or {key: value for key, equals, value in pairs if equals}

    def parse(text: str, source: str) -> Existing:
        stage = target if isinstance(target, str) else None
        return dockerfile.parse(text, source, target=stage, args=known)

    yield from repo.heard(name, parse)


def _tools(repo: _Repo) -> Iterator[Existing]:
    for name in _MISE:
        if repo.there(name):
            yield from repo.heard(name, tools.mise)
    if repo.there(".tool-versions"):
        yield from repo.heard(".tool-versions", tools.tool_versions)


def _root_compose(repo: _Repo) -> Iterator[Existing]:
    """The file that Compose takes, and its override."""
    name = next((name for name in _COMPOSE if (repo.root / name).is_file()), None)
    if name is None or not repo.there(name):
        return
    stem = name.partition(".")[0]
    overrides = [f"{stem}.override.yml", f"{stem}.override.yaml"]
    documents, unread = _set(repo, [name, *(x for x in overrides if repo.there(x))])
    yield from (*compose.said(documents), *unread)


def _gitpod(repo: _Repo) -> Iterator[Existing]:
    name = ".gitpod.yml"
    found = _read(repo, name, gitpod) if repo.there(name) else None
    if found is None:
        return
    yield found[0]
    file = table(found[1].get("image")).get("file")
    if isinstance(file, str) and (path := _path("", file)) not in repo.seen:
        yield from _development(repo, path, {})


def _dockerfiles(repo: _Repo) -> Iterator[Existing]:
    """Those that nothing above names."""
    name = ".devcontainer/Dockerfile"
    if repo.there(name) and repo.seen.isdisjoint(_DEVCONTAINER):
        yield from _development(repo, name, {})
    elif repo.there(name):
        yield nothing(name, "no devcontainer.json names it")
    if repo.there("Dockerfile"):
        yield from repo.heard("Dockerfile", dockerfile.suggest)
