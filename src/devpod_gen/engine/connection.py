"""One SSH connection that several commands, copies and forwards share, as IDEs have it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.engine.command import Result, run
from devpod_gen.value import dataclass

_CONTROL = 10.0  # seconds for what only talks to the client that holds the connection


@dataclass(frozen=True, slots=True)
class Connection:
    """A host, by this ssh_config and no other. Where the client cannot share a connection,
    as on Windows, each call makes one of its own."""

    program: str
    config: Path
    host: str
    sharing: tuple[str, ...]

    def run(self, command: str, *, seconds: float, stdin: bytes | None = None) -> Result:
        """Run a shell command."""
        return run(self._client(self.host, command), timeout=seconds, stdin=stdin)

    def copy(self, batch: str, *, seconds: float) -> Result | None:
        """Run commands of sftp(1); None: there is no such program."""
        program = shutil.which("sftp")
        if not program:
            return None
        argv = [program, *self._options(), "-b", "-", self.host]
        return run(argv, timeout=seconds, stdin=batch.encode())

    def listen(self, port: int) -> int | None:
        """Have the host listen on a port of its loopback that leads to `port` of ours; its
        number, or None where that is refused."""
        request = ("-O", "forward", "-R", f"127.0.0.1:0:127.0.0.1:{port}")
        result = run(self._client(*request, self.host), timeout=_CONTROL)
        return int(result.output) if result.ok and result.output.strip().isdigit() else None

    def through(self, port: int, sent: bytes, *, seconds: float) -> Result:
        """What a port of the host's loopback answers, by a forward."""
        argv = self._client("-W", f"127.0.0.1:{port}", self.host)
        return run(argv, timeout=seconds, stdin=sent)

    @property
    def alone(self) -> "Connection":
        """The same host, with a connection for each call: the client tells of those only why
        something is refused."""
        return replace(self, sharing=("-o", "ControlPath=none", "-o", "LogLevel=INFO"))

    def _client(self, *arguments: str) -> list[str]:
        return [self.program, *self._options(), *arguments]

    def _options(self) -> tuple[str, ...]:
        return ("-F", str(self.config), "-o", "BatchMode=yes", *self.sharing)


@contextmanager
def connected(program: str, config: Path, host: str) -> Iterator[Connection]:
    """A connection to `host`, made by the first command and closed at the end."""
    with TemporaryDirectory(prefix="devpod-gen-") as folder:
        sharing: tuple[str, ...] = ()
        if os.name == "posix":  # the path is short: a socket's has 104 bytes at most
            way = ("ControlMaster=auto", f"ControlPath={folder}/c", "ControlPersist=30")
            sharing = tuple(word for option in way for word in ("-o", option))
        connection = Connection(program, config, host, sharing)
        try:
            yield connection
        finally:
            if sharing:
                argv = [program, "-F", str(config), *sharing, "-O", "exit", host]
                run(argv, timeout=_CONTROL)
