"""Which files of a repo say what its environment is, in the order in which they are heard."""

from collections.abc import Callable, Iterator
from pathlib import Path

from devpod_gen.profile.existing import compose, devcontainer, dockerfile, gitpod, tools
from devpod_gen.profile.existing.model import Existing, nothing, table
from devpod_gen.profile.existing.named import (
    compose_set,
    development,
    named,
    path,
    read_document,
)
from devpod_gen.profile.existing.repo import Repo

_DEVCONTAINER = (".devcontainer/devcontainer.json", ".devcontainer.json")
_COMPOSE = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MISE = ("mise.toml", ".mise.toml")
_MOST_OTHERS = 12  # configurations beside the one that clients take


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
    others = sorted(file.parent.name for file in folder.glob("*/devcontainer.json"))[:_MOST_OTHERS]
    names = [name for name in _DEVCONTAINER if repo.there(name)]
    names += [f".devcontainer/{name}/devcontainer.json" for name in others]
    found = [one for name in names if (one := read_document(repo, name, devcontainer))]
    for says, holds in found[:1]:
        yield says
        yield from named(repo, says.source, holds)
    for says, _ in found[1:]:
        yield nothing(says.source, "is another configuration: see --profile")


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
    read, unread = compose_set(repo, [name, *(x for x in overrides if repo.there(x))])
    yield from (*compose.said(read), *unread)


def _gitpod(repo: Repo) -> Iterator[Existing]:
    name = ".gitpod.yml"
    found = read_document(repo, name, gitpod) if repo.there(name) else None
    if found is None:
        return
    yield found[0]
    file = table(found[1].get("image")).get("file")
    if isinstance(file, str) and (name := path("", file)) not in repo.seen:
        yield from development(repo, name, {})


def _dockerfiles(repo: Repo) -> Iterator[Existing]:
    """Those that nothing above names."""
    name = ".devcontainer/Dockerfile"
    if repo.there(name) and repo.seen.isdisjoint(_DEVCONTAINER):
        yield from development(repo, name, {})
    elif repo.there(name):
        yield nothing(name, "no devcontainer.json names it")
    if repo.there("Dockerfile"):
        yield from repo.heard("Dockerfile", dockerfile.suggest)
