"""The user's own policy, for all repos: `$XDG_CONFIG_HOME/devpod-gen/policy.toml`.

What it forbids, no trust helps; what it allows needs none. No repo has a say in it.
"""

import os
import stat
from pathlib import Path
from typing import Any

from devpod_gen import source
from devpod_gen.errors import HostError
from devpod_gen.plan.asks import Ask
from devpod_gen.profile.fit import findings
from devpod_gen.profile.load import invalid, read_toml
from devpod_gen.profile.user import config_path
from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """Classes by the names of `asks.Kind`. `file`: where it is said, for messages."""

    file: str = ""
    allow: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    mounts: tuple[str, ...] = ()
    """Places of the host that are refused otherwise, each by its path."""

    def forbidden(self, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
        """What is refused, trusted or not."""
        return tuple(ask for ask in asks if ask.kind in self.forbid)

    def open(self, asks: tuple[Ask, ...]) -> tuple[Ask, ...]:
        """What is left to be trusted."""
        return tuple(ask for ask in asks if ask.kind not in self.allow)


def own_policy() -> Policy:
    """The user's; the empty one where there is none. Raises ProfileError where it is not
    valid, HostError where somebody else could have written it."""
    config = config_path()
    path = config.with_name("policy.toml") if config else None
    if not path or not os.path.lexists(path):
        return Policy()
    _require_mine(path)
    document, problems = read_toml(path, str(path))
    problems = problems or findings("policy", document, str(path))
    if problems:
        raise invalid(problems, what="the policy", schema="policy")
    return _policy(document, str(path))


def _policy(document: dict[str, Any], file: str) -> Policy:
    said = (tuple(document.get(key, ())) for key in ("allow", "forbid", "mounts"))
    return Policy(file, *said)


def _require_mine(path: Path) -> None:
    """Whoever may write it, or put another in its place, decides for its user."""
    for place in (path, path.parent):
        try:
            info = place.stat()
        except OSError as error:
            message = f"the policy cannot be read: {error.strerror}"
            raise HostError(message, where=str(place), fix="make it a readable file") from error
        others = info.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if others or info.st_uid not in (0, os.geteuid()):
            message = "others can write the policy, so it is not this user's"
            import shlex  # noqa: PLC0415 - only what is used

            fix = f"`chmod go-w {shlex.join((str(path.parent), str(path)))}`, and own both"
            raise HostError(message, where=str(place), fix=fix)
    if not source.is_own(path):
        message = "others can put another folder in the place of the policy's"
        fix = "own the folders above it, and `chmod o-w` them"
        raise HostError(message, where=str(path.parent.parent), fix=fix)
