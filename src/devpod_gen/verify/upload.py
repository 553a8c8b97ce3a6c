"""A program, uploaded as JetBrains Gateway uploads its worker: by SFTP into the cache folder,
made executable, renamed, and run."""

import secrets
import shlex
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.disk import publish
from devpod_gen.engine.command import Result
from devpod_gen.engine.connection import Connection
from devpod_gen.verify.facts import Facts
from devpod_gen.verify.requirements import Verdict

_STEP = 20.0  # seconds
_DENIED = 126  # what shells end with when a file may not be run


def upload(connection: Connection, facts: Facts) -> Verdict:
    """Whether that works, and what stands in the way of it."""
    folder, token = facts.get("folder", ""), secrets.token_hex(16)
    if not folder.startswith("/") or "\n" in folder:
        return False, f"the folder for Gateway's worker cannot be made: {folder or 'nothing said'}"
    target = f"{folder}/remote-dev-worker_{token}"
    copied = _copy(connection, f"#!/bin/sh\necho {token}\n", target)
    if copied is None:
        return None, "not run: there is no `sftp` on PATH"
    if not copied.ok:
        return False, _why_not_copied(copied, folder)
    command = f"{shlex.quote(target)}; code=$?; rm -f {shlex.quote(target)}; exit $code"
    ran = connection.run(command, seconds=_STEP)
    if not ran.ok or ran.output.strip() != token:
        return False, _why_not_run(ran, folder, facts.get("mount", ""))
    return True, f"a program was uploaded to {folder}, renamed, and run"


def _copy(connection: Connection, text: str, target: str) -> Result | None:
    with TemporaryDirectory(prefix="devpod-gen-") as local:
        source = Path(local) / "worker"
        publish(source, text, mode=0o755)
        new = _quoted(f"{target}.1.tmp")
        put = f"put {_quoted(str(source))} {new}"
        batch = f"{put}\nchmod 755 {new}\nrename {new} {_quoted(target)}\n"
        result = connection.copy(batch, seconds=_STEP)
        if result and not result.ok:
            result = connection.alone.copy(batch, seconds=_STEP)
        return result


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _why_not_copied(copied: Result, folder: str) -> str:
    if "subsystem request failed" in copied.errors:
        return "the SSH server has no sftp subsystem, by which Gateway uploads its worker"
    return f"nothing can be uploaded to {folder}: {copied.last_lines(2)}"


def _why_not_run(ran: Result, folder: str, mount: str) -> str:
    point, _, options = mount.partition(" ")
    if ran.code == _DENIED and "noexec" in options.split(","):
        return f"{point} is mounted noexec: Gateway's worker in {folder} cannot run"
    return f"what was uploaded to {folder} cannot run: {ran.last_lines(2)}"
