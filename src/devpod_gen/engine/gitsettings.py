"""Programs that a repo's own git settings name, set aside. Format: `git config --list`.

What is cloned brings no settings, but an unpacked archive does, and who is inside a container
can write them: the folder `.git` is mounted. The user's own settings hold.
"""

import re
from collections.abc import Iterator

from devpod_gen.regex import late
from devpod_gen.value import dataclass

_OF_REPO = ("local", "worktree")

_NEUTRAL = (
    (r"filter\..+\.(?:clean|smudge|process)", ""),
    (r"filter\..+\.required", "false"),
    (r"core\.sshcommand", "ssh"),
    (r"core\.askpass", ""),
    (r"core\.alternaterefscommand", ":"),
    (r"hook\..+\.command", ":"),
)
"""What git does where nobody has set them."""

_REFUSED = late(r"core\.gitproxy|remote\..+\.(?:vcs|uploadpack)", re.DOTALL)
"""What nothing later can take back: there the first one counts, or any."""

_HELPER = late(r"credential\.(?:.+\.)?helper", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, and whether it is the repo's."""

    key: str
    value: str
    of_repo: bool


def read(listing: str) -> tuple[Setting, ...]:
    """The settings that `git config --list --show-scope -z` lists."""
    words = listing.split("\0")
    found = []
    for scope, text in zip(words[::2], words[1::2], strict=False):
        key, _, value = text.partition("\n")
        found.append(Setting(key, value, scope in _OF_REPO))
    return tuple(found)


def untold(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """The repo's settings that name a program, and that git cannot be told to leave out."""
    keys = {one.key for one in settings if one.of_repo}
    return tuple(
        sorted(key for key in keys if _REFUSED.fullmatch(key) or ("=" in key and _names(key)))
    )


def overrides(settings: tuple[Setting, ...]) -> tuple[str, ...]:
    """What git is told with `-c`, in this order: the user's own value, or none."""
    keys = dict.fromkeys(one.key for one in settings if one.of_repo)
    own = {one.key: one.value for one in settings if not one.of_repo}
    told = [
        f"{key}={own.get(key, neutral)}"
        for key in keys
        for pattern, neutral in _NEUTRAL
        if re.fullmatch(pattern, key, re.DOTALL)
    ]
    return (*told, *(_helpers(settings) if any(map(_HELPER.fullmatch, keys)) else ()))


def _helpers(settings: tuple[Setting, ...]) -> Iterator[str]:
    """They add up, until an empty one: after that the user's own come once more."""
    yield "credential.helper="
    for one in settings:
        if not one.of_repo and _HELPER.fullmatch(one.key):
            yield f"{one.key}={one.value}"


def _names(key: str) -> bool:
    patterns = (pattern for pattern, _ in _NEUTRAL)
    return bool(
        _HELPER.fullmatch(key) or any(re.fullmatch(one, key, re.DOTALL) for one in patterns)
    )
