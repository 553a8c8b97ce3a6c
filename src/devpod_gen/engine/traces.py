"""What a container, and what is around it, leaves to be read: for a search, not for use."""

import json
import os
import re
import subprocess
import tarfile
from collections.abc import Callable
from functools import partial
from tempfile import TemporaryFile
from threading import Timer
from typing import IO

from devpod_gen.engine import alive, connect
from devpod_gen.engine.command import feed, run, text
from devpod_gen.engine.relay import relay
from devpod_gen.errors import EngineError
from devpod_gen.meanwhile import begin
from devpod_gen.regex import late

_CONTROL = 30.0
_DEADLINE = 300.0
_PIECE = 64 * 1024
# At the end of what tar says: before that is a name, which may be any words.
_HARMLESS = late(
    r": (?:[A-Z][a-z]+ [a-z]+: )?No such file or directory$|: file changed as we read it$"
    r"|: File removed before we read it$|: socket ignored$"
    r"|: File shrank by \d+ bytes; padding with zeros$"
    r"|^[^:]*tar: Exiting with failure status due to previous errors$"
)
_CHANGED = late(r"^[AC] (/.*)$", re.MULTILINE)

# Everything in memory that can be written, but for what is there to hold secrets, and for what
# is the host's: those points are given.
_MEMORY = r"""
hosts=$(printf '%s\n' / "$@")
set --
while read -r _ _ _ _ point _ rest; do
    case " $rest" in *" - tmpfs "*) ;; *) continue ;; esac
    case "
$hosts
" in *"
$point
"*) continue ;; esac
    case $point in /run/secrets | /dev | /proc/* | /sys/*) continue ;; esac
    set -- "$@" ".$point"
done </proc/self/mountinfo
cd / && exec tar -c --one-file-system -f - "$@" ./dev/shm
"""


def inspect(kind: str, name: str) -> str:
    """What the engine says of a container, network or volume: a JSON document."""
    result = run([connect.client(), kind, "inspect", name], timeout=_CONTROL)
    if not result.ok:
        alive.require()
        message = f"the engine says nothing of the {kind} {name}"
        raise EngineError(message, where=name, fix="run it again", detail=result.last_lines(2))
    (found,) = json.loads(result.output)
    return json.dumps(found, ensure_ascii=False)


def said(container: str, take: Callable[[bytes], None]) -> None:
    """Hand on all that a container has said."""
    code = relay([connect.client(), "logs", container], take, take, env=os.environ)
    if code:
        message = "the container's output cannot be read"
        raise EngineError(message, where=container, fix="run it again")


def changed(container: str, take: Callable[[IO[bytes]], None]) -> None:
    """Hand on, as a tar archive, every file that differs from the image's; what is the host's
    is left out. Where the container's root or tar cannot, all of its files, once more, as the
    engine sees them."""
    listed = run([connect.client(), "diff", container], timeout=_CONTROL)
    if not listed.ok:
        alive.require()
        message = "the engine does not say which files are changed"
        raise EngineError(message, where=container, fix="run it again")
    hosts = _of_the_host(container)
    found = (path for path in _CHANGED.findall(listed.output) if path not in hosts)
    paths = "".join(f".{path}\0" for path in found)
    words = ["tar", "-c", "--no-recursion", "--null", "-T", "-", "-f", "-"]
    try:
        _archive(container, ["sh", "-c", 'cd / && exec "$@"', "sh", *words], paths.encode(), take)
    except (EngineError, tarfile.TarError):
        result = feed([connect.client(), "export", container], take, timeout=_DEADLINE)
        if not result.ok:
            alive.require()
            message = "the container's files cannot be read"
            raise EngineError(message, where=container, fix="run it again") from None


def in_memory(container: str, take: Callable[[IO[bytes]], None]) -> None:
    """Hand on, as a tar archive, what is in its file systems in memory, secrets' own apart."""
    hosts = (re.sub(r"[\\ \t\n]", _octal, point) for point in _of_the_host(container))
    _archive(container, ["sh", "-c", _MEMORY, "sh", *hosts], b"", take)


def in_volumes(container: str, take: Callable[[str, IO[bytes]], None]) -> None:
    """Hand on each of its volumes as a tar archive, and the folder that its names begin in; but
    for the one that the repo is in."""
    found = json.loads(inspect("container", container))
    folder = (found["Config"].get("Labels") or {}).get("devpod-gen.folder")
    for one in found["Mounts"]:
        place = one["Destination"]
        if one["Type"] != "volume" or place == folder:
            continue
        top = partial(take, place.rpartition("/")[0])
        result = feed([connect.client(), "cp", f"{container}:{place}", "-"], top, timeout=_DEADLINE)
        if not result.ok:
            alive.require()
            message = f"the volume at {place} cannot be read"
            raise EngineError(message, where=container, fix="run it again")


def _beginning(pipe: IO[bytes] | None) -> bytes:
    """Of what comes, read to its end: that may be never, and is on no disk."""
    kept = pipe.read(_PIECE) if pipe else b""
    while pipe and pipe.read(_PIECE):
        pass
    return kept


def _of_the_host(container: str) -> frozenset[str]:
    """Where the container has a file or folder of the host."""
    mounts = json.loads(inspect("container", container)).get("Mounts") or ()
    return frozenset(one["Destination"] for one in mounts if one["Type"] == "bind")


def _octal(char: re.Match[str]) -> str:
    """As mountinfo writes it."""
    return f"\\{ord(char[0]):03o}"


def _archive(
    container: str, argv: list[str], stdin: bytes, take: Callable[[IO[bytes]], None]
) -> None:
    """A file that vanishes, or grows, is none that could not be read; any other word of tar's
    means that something was left out. It is ended past its time: a file of a stranger's may be of
    any size, and its tar may never end. Raises EngineError."""
    with TemporaryFile() as given:
        given.write(stdin)
        given.seek(0)
        command = [connect.client(), "exec", "-i", "-e", "LC_ALL=C", "-u", "root", container, *argv]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=given, stdout=pipe, stderr=pipe) as process:
            timer = Timer(_DEADLINE, process.kill)
            timer.start()
            words = begin(lambda: _beginning(process.stderr))
            try:
                if process.stdout:
                    take(process.stdout)
                code = process.wait(timeout=_DEADLINE)
            except BaseException:
                process.kill()
                raise
            finally:
                timer.cancel()
            said = text(words()).splitlines()
    wrong = [line for line in said if not _HARMLESS.search(line)]
    if wrong or code not in (0, 1, 2):
        message = f"the container's files cannot all be read: {wrong[-1] if wrong else code}"
        raise EngineError(message, where=container, fix="give it tar, and its root its rights")
