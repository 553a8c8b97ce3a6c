"""This machine, looked through: what runs, what we have generated, and what we keep."""

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from devpod_gen.home import cache_home, state_home
from devpod_gen.workspace.secrecy.hunt import pieces
from devpod_gen.workspace.secrecy.scope import Look, Scope
from devpod_gen.workspace.tarred import PART


def arguments(scope: Scope, look: Look) -> None:  # noqa: ARG001 - a place's signature
    """The words of everything that runs, as anybody on this machine may see them."""
    folders = list(Path("/proc").glob("[0-9]*"))
    for folder in folders:
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
        except OSError:  # it has ended
            continue
        look(f"process {folder.name}", words)
    if not folders:  # macOS
        told = subprocess.run(["ps", "-axwwo", "args"], capture_output=True, check=True)
        look("ps", told.stdout)


def generated(scope: Scope, look: Look) -> None:
    """What is in the repo by us, and what it is made from."""
    top = scope.root
    for folder in (".devcontainer", ".devpod", ".github/workflows"):
        _read(look, _below(top / folder), top)
    _read(look, (top / "devpod.toml", top / "devpod.lock"), top)


def compose(scope: Scope, look: Look) -> None:
    """What Compose makes of it."""
    look("", scope.engine.resolved(scope.project).encode())


def data(scope: Scope, look: Look) -> None:
    """What we keep for the workspace: keys, labels, the ssh_config."""
    _read(look, _below(scope.data), scope.data)


def state(scope: Scope, look: Look) -> None:  # noqa: ARG001
    """What we remember: trust, records."""
    folder = state_home()
    _read(look, _below(folder), folder)


def cache(scope: Scope, look: Look) -> None:  # noqa: ARG001
    """What we need not measure or read again."""
    folder = cache_home()
    _read(look, _below(folder), folder)


def temporary(scope: Scope, look: Look) -> None:
    """What a run of ours, or one that was killed, has left on its way."""
    folders = (Path(tempfile.gettempdir()), scope.root, scope.root / ".devcontainer")
    for folder in folders:
        for name in (*folder.glob("devpod-gen-*"), *folder.glob(".devpod-gen-*")):
            _read(look, _below(name) if name.is_dir() else (name,), folder)


def cores(scope: Scope, look: Look) -> None:
    """What a program that crashed has left of its memory, where the repo is."""
    _read(look, (*scope.root.glob("core"), *scope.root.glob("core.[0-9]*")), scope.root)


def _read(look: Look, paths: Iterable[Path], top: Path) -> None:
    """Each file, part by part, by its path from `top`. One that others are writing is looked
    at as it is; a link is not followed, but read."""
    for path in paths:
        name = path.relative_to(top).as_posix() if path.is_relative_to(top) else str(path)
        try:
            if path.is_symlink():
                look(name, os.fsencode(path.readlink()))
            elif path.is_file():
                take = pieces(lambda text, name=name: look(name, text))  # type: ignore[misc]
                with path.open("rb") as stream:
                    while part := stream.read(PART):
                        take(part)
                look(name, b"")
        except FileNotFoundError:
            continue


def _below(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place) / name for name in sorted(names))
