"""The folders that a repo's root declares as its own: members of a workspace."""

import re
from collections.abc import Iterator

from devpod_gen.profile.root import Root, root
from devpod_gen.profile.rule import Place
from devpod_gen.regex import late

_MOST = 48  # folders that are looked into: the rest would tell nothing new
_NOT_THE_REPOS = late(
    r"samples?|examples?|demos?|playgrounds?|tests?|e2e|fixtures?|docs?|website|templates?"
    r"|bench(marks?)?|vendor|third[_-]party|node_modules|scripts?|tools?|\..*"
)


def members(repo: Root, places: tuple[Place, ...]) -> tuple[Root, ...]:
    """The members that the root declares, by path. Two levels deep at most."""
    globs = [glob for place in places for glob in _declared(repo, place)]
    found: dict[str, None] = {}
    for glob in globs[:_MOST]:
        found.update(dict.fromkeys(_expanded(repo, glob)))
    return tuple(root(repo.folder / name) for name in list(found)[:_MOST])


def _declared(repo: Root, place: Place) -> Iterator[str]:
    for file in place.files:
        for name in repo.matching(file):
            if place.pattern is None:
                value = repo.at(name, place.key)
                yield from (
                    (item for item in value if isinstance(item, str))
                    if isinstance(value, list)
                    else ()
                )
            else:
                yield from re.findall(place.pattern, repo.text(name) or "", re.MULTILINE)


def _expanded(repo: Root, glob: str) -> Iterator[str]:
    """`packages/*` as the folders that are there; nothing outside, nothing that is no code."""
    first, _, rest = glob.removeprefix("./").rstrip("/").partition("/")
    if not is_code(first) or f"{first}/" not in repo.names:
        return
    if rest in ("*", "**"):
        below = root(repo.folder / first)
        yield from (f"{first}/{name}" for name in below.names if name.endswith("/"))
    elif not rest or ("/" not in rest and is_code(rest)):
        yield glob


def is_code(name: str) -> bool:
    """Whether a folder of that name may hold the repo's own code, and not samples or docs."""
    return not _NOT_THE_REPOS.fullmatch(name)
