"""What Compose itself says of a configuration: its version, and its hash.

Both are known again the next time: the version of that very program, the hash of what goes
into it. What is kept is for this user's engine only, and losing it costs 50 ms.
"""

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

from devpod_gen.disk import private_folder, publish
from devpod_gen.engine import connect
from devpod_gen.engine.command import run
from devpod_gen.errors import HostError
from devpod_gen.home import cache_home
from devpod_gen.value import dataclass

_DEADLINE = 30.0


@dataclass(frozen=True, slots=True)
class Plugin:
    """The Compose that the client would run. `stamp`: changes when the program does."""

    stamp: str
    version: str


def plugin() -> Plugin | None:
    """None where it is not in a usual place, or does not say."""
    path = connect.plugin_path("compose")
    if not path:
        return None
    status = path.stat()
    stamp = f"{path}:{status.st_size}:{status.st_mtime_ns}:{status.st_ino}"
    version = _known("version", stamp, _version)
    return Plugin(stamp, version) if version else None


def hash_of(argv: list[str], environment: dict[str, str], *, name: str, key: str) -> str:
    """The hash of the service `dev` by the Compose command `argv`; `key`: of all that goes into
    it; `name`: of what it replaces. Empty where Compose does not say."""

    def ask() -> str:
        done = run([*argv, "config", "--hash", "dev"], timeout=_DEADLINE, env=environment)
        words = done.output.split()
        return words[1] if done.ok and len(words) == 2 and words[0] == "dev" else ""

    return _known(name, key, ask)


def _version() -> str:
    """Without what a distribution adds, as Compose's own label has it."""
    told = run([connect.client(), "compose", "version", "--short"], timeout=_DEADLINE)
    match = re.match(r"v?(\d+\.\d+\.\d+)", told.output)
    return match[1] if told.ok and match else ""


def _known(name: str, key: str, ask: Callable[[], str]) -> str:
    with contextlib.suppress(HostError, OSError, ValueError):
        path = _file(name)
        if path.stat().st_uid == os.geteuid():
            found = json.loads(path.read_text(encoding="utf-8"))
            if found[0] == key:
                return str(found[1])
    answer = ask()
    if answer:
        with contextlib.suppress(HostError):
            path = _file(name)
            private_folder(path.parent)
            publish(path, json.dumps([key, answer]), mode=0o600)
    return answer


def _file(name: str) -> Path:
    return cache_home() / "compose" / hashlib.sha256(name.encode()).hexdigest()[:16]
