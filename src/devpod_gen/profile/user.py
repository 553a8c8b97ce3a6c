"""The user's own config, which no repo has a say in: `$XDG_CONFIG_HOME/devpod-gen/config.toml`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devpod_gen.errors import Finding, HostError
from devpod_gen.home import config_home
from devpod_gen.profile.dotfiles import Dotfiles, contradictions, read_dotfiles
from devpod_gen.profile.fit import findings
from devpod_gen.profile.load import invalid, read_toml
from devpod_gen.profile.wording import where


def config_path() -> Path | None:
    """Where it would be, by the XDG Base Directory specification; None without a home."""
    try:
        return config_home() / "config.toml"
    except HostError:
        return None


def own_dotfiles() -> tuple[Dotfiles, str] | None:
    """The user's own, and the file that says so; None where they have none.

    Raises ProfileError when the file is not valid.
    """
    path = config_path()
    if not path or not path.exists():
        return None
    document, problems = read_toml(path, str(path))
    problems = problems or findings("profile", document, str(path))
    problems = problems or tuple(_own(document, str(path)))
    if problems:
        raise invalid(problems)
    found = read_dotfiles(document)
    return (found, str(path)) if found else None


def _own(document: dict[str, Any], file: str) -> Iterator[Finding]:
    for key in sorted(set(document) - {"dotfiles"}):
        yield Finding(where(file, (key,)), "belongs in a profile: here there is [dotfiles] only")
    yield from contradictions(document, file)
    path = document.get("dotfiles", {}).get("path")
    if isinstance(path, str) and not path.startswith(("/", "~/")):
        yield Finding(where(file, ("dotfiles", "path")), "must begin with / or ~/")
