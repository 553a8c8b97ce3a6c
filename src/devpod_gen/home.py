"""Folders of the user's that are ours, by the XDG Base Directory specification."""

import os
from pathlib import Path

from devpod_gen.errors import HostError


def config_home() -> Path:
    """`$XDG_CONFIG_HOME/devpod-gen`: what the user writes. Raises HostError without a home."""
    return _ours("XDG_CONFIG_HOME", ".config")


def data_home() -> Path:
    """`$XDG_DATA_HOME/devpod-gen`: what workspaces need. Raises HostError without a home."""
    return _ours("XDG_DATA_HOME", ".local/share")


def state_home() -> Path:
    """`$XDG_STATE_HOME/devpod-gen`: what we remember. Raises HostError without a home."""
    return _ours("XDG_STATE_HOME", ".local/state")


def cache_home() -> Path:
    """`$XDG_CACHE_HOME/devpod-gen`: what can be lost. Raises HostError without a home."""
    return _ours("XDG_CACHE_HOME", ".cache")


def _ours(variable: str, otherwise: str) -> Path:
    named = os.environ.get(variable, "")
    if named.startswith("/"):  # a relative one is to be ignored, says the specification
        return Path(named) / "devpod-gen"
    try:
        return Path.home() / otherwise / "devpod-gen"
    except RuntimeError as error:
        message = "this user has no home folder"
        raise HostError(message, where="HOME", fix=f"set HOME or {variable}") from error
