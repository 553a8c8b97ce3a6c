"""What a profile, or its user, says of dotfiles."""

from collections.abc import Iterator
from typing import Any, Literal

from devpod_gen.errors import Finding
from devpod_gen.profile.wording import where
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_COMMIT = late(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Dotfiles:
    """Where dotfiles come from, and how they are applied. None: the user said nothing."""

    repo: str | None = None
    ref: str | None = None
    path: str | None = None
    command: str | Literal[False] | None = None
    timeout: int | None = None


def read_dotfiles(document: dict[str, Any]) -> Dotfiles | None:
    """The valid table `dotfiles`, where there is one."""
    return Dotfiles(**document["dotfiles"]) if "dotfiles" in document else None


def is_commit(ref: str | None) -> bool:
    """Whether it is a full commit hash, which nobody can move."""
    return bool(ref and _COMMIT.fullmatch(ref))


def contradictions(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What is well-formed, and cannot be meant."""
    table = document.get("dotfiles")
    if not isinstance(table, dict):
        return
    repo, ref = table.get("repo"), table.get("ref")
    if (repo is None) == (table.get("path") is None):
        message = "wants one of repo and path" + (", not both" if repo else "")
        yield Finding(where(file, ("dotfiles",)), message)
    if table.get("command") is True:
        yield Finding(where(file, ("dotfiles", "command")), "must be a command, or false for none")
    if ref and not repo:
        yield Finding(where(file, ("dotfiles", "ref")), "has no effect without repo")
    if str(repo).startswith("http://") and not is_commit(ref):
        message = "anyone on the way can change it: use https://, or pin a commit by ref"
        yield Finding(where(file, ("dotfiles", "repo")), message)


def of_repo(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What a repo's profile may not say, though its user may: it must not reach for the
    host's files."""
    path = document.get("dotfiles", {}).get("path")
    if path and (path.startswith(("/", "~")) or ".." in path.split("/")):
        message = "must be a folder of the repo; for one of the host use your own config.toml"
        yield Finding(where(file, ("dotfiles", "path")), message)
