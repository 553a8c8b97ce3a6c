"""A repo's own stacks, in .devpod/stacks: folders like those of images/, by a stranger.

They are read, held against the schema and hashed; nothing in them is executed here.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devpod_gen.errors import Finding, HostError, ProfileError
from devpod_gen.profile import hostvariable, stacks, toml
from devpod_gen.profile.contents import LARGEST as LARGEST_TOGETHER
from devpod_gen.profile.contents import contents
from devpod_gen.profile.fit import findings
from devpod_gen.profile.stacks import Recipe, Stack
from devpod_gen.profile.wording import printable, shown, where
from devpod_gen.regex import late

PLACE = ".devpod/stacks"
LARGEST = 64 * 1024
"""A stack.toml of a repo's own may have this many bytes."""
MOST = 24
"""A repo may have so many stacks. Together they may be as large as one alone."""

_NAME = late(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
_RECIPES = {"base", "workspace"}  # folders of images/ that are no stacks
_ONE_GROUP = ("version", "manager", "members", "tools")


def own_stacks(root: Path, ours: tuple[Stack, ...]) -> tuple[Stack, ...]:
    """The repo's own stacks, by name; `ours`: those whose names are taken.

    Raises ProfileError with every finding, HostError for what cannot be read.
    """
    folder = root / PLACE
    try:
        return _read(root, folder, ours) if folder.is_dir() else ()
    except OSError as error:
        message = f"the repo's stacks cannot be read: {error.strerror}"
        raise HostError(message, where=PLACE, fix="make them readable") from error


def _read(root: Path, folder: Path, ours: tuple[Stack, ...]) -> tuple[Stack, ...]:
    if folder.resolve() != root.resolve() / PLACE:
        raise _invalid((Finding(PLACE, "is a link: a stack's folder must be in the repo"),))
    entries = sorted(path for path in folder.iterdir() if path.is_dir())
    if len(entries) > MOST:
        raise _invalid((Finding(PLACE, f"holds more than {MOST} stacks"),))
    taken = {stack.name for stack in ours} | _RECIPES
    problems: list[Finding] = []
    found: list[Stack | None] = []
    room = LARGEST_TOGETHER
    for path in entries:
        stack, size = _own(path, taken, problems, room)
        found, room = [*found, stack], room - size
    if problems:
        raise _invalid(tuple(problems))
    return tuple(stack for stack in found if stack)


def too_slow(seconds: float) -> ProfileError:
    """The error for patterns that do not come to an end."""
    message = f"the patterns of these stacks took over {seconds:g} s on this repo's files"
    return _invalid((Finding(PLACE, message),))


def _own(
    folder: Path, taken: set[str], problems: list[Finding], room: int
) -> tuple[Stack | None, int]:
    """The stack, if it is one, and the bytes of its folder, of which there may be `room`."""
    place = f"{PLACE}/{folder.name}"
    names = list(_name_problems(folder, place, taken))
    if names:
        problems += names
        return None, 0
    inside = contents(folder, place, room=room)
    problems += inside.problems
    if inside.problems:  # a pipe, for example, must not be read
        return None, 0
    content = inside.files.get("stack.toml")  # the very bytes that are hashed
    document, wrong = _document(content, f"{place}/stack.toml", taken - _RECIPES)
    problems += wrong
    if document is None or wrong:
        return None, inside.size
    recipe = Recipe(folder, (folder / "Dockerfile").is_file(), place, inside.digest)
    return stacks.stack(folder.name, document, recipe), inside.size


def _name_problems(folder: Path, place: str, taken: set[str]) -> Iterator[Finding]:
    named = printable(place)
    if folder.is_symlink():
        yield Finding(named, "is a link: a stack's folder must be in the repo")
    elif not _NAME.fullmatch(folder.name):
        yield Finding(named, "must be named by 1 to 32 lower-case letters, digits and hyphens")
    elif folder.name in taken:
        message = f"devpod-gen has a stack of this name (images/{folder.name}): choose another"
        yield Finding(named, message)


def _document(
    content: bytes | None, file: str, known: set[str]
) -> tuple[dict[str, Any] | None, tuple[Finding, ...]]:
    if content is None:
        return None, (Finding(file, "must be a file"),)
    if len(content) > LARGEST:
        return None, (Finding(file, f"is larger than {LARGEST // 1024} KiB"),)
    document, problems = toml.document(content, file)
    problems = problems or findings("stack", document, file)
    return document, problems or tuple(_meaning(document, file, known))


def _meaning(document: dict[str, Any], file: str, known: set[str]) -> Iterator[Finding]:
    """What the schema cannot say: patterns that are none, and stacks that are not there."""
    for index, name in enumerate(document.get("includes", ())):
        if name not in known:
            yield Finding(
                where(file, ("includes", index)), f"devpod-gen has no stack {shown(name)}"
            )
    yield from hostvariable.of_stack(document, file)
    for path, pattern in _patterns(document, ()):
        try:
            groups = re.compile(pattern, re.MULTILINE).groups
        except (re.error, OverflowError, RecursionError) as error:
            yield Finding(where(file, path), f"is no regular expression: {printable(str(error))}")
        else:
            if path[0] in _ONE_GROUP and path[-1] == "pattern" and groups != 1:
                yield Finding(where(file, path), f"must have one group, not {groups}")


def _patterns(
    value: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if key in ("pattern", "contains") and isinstance(inner, str):
            yield (*path, key), inner
        elif isinstance(inner, dict | list) and path[:1] != ("vscode",):
            yield from _patterns(inner, (*path, key))


def _invalid(problems: tuple[Finding, ...]) -> ProfileError:
    return ProfileError(
        "a stack of this repo's own is not valid",
        findings=problems,
        fix="correct it; `devpod-gen schema stack` prints every key",
    )
