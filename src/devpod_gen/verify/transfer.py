"""What else comes in by the SSH door, tried with the host's own OpenSSH: files, ports, the
published port, and characters beyond ASCII."""

import contextlib
import secrets
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread

from devpod_gen.engine import openssh
from devpod_gen.engine.command import run
from devpod_gen.verify.report import Check
from devpod_gen.workspace.ssh import SshDoor

_PATIENCE = 15.0


def transfers(program: str, door: SshDoor) -> Iterator[Check]:
    """One check for each way to use a session."""
    yield _timed("sftp", lambda: _sftp(door))
    yield _timed("forward", lambda: _forward(program, door))
    yield _timed("locale", lambda: _locale(program, door))
    if door.port:
        yield _timed("port", lambda: _port(program, door))


def _timed(name: str, look: Callable[[], tuple[bool | None, str]]) -> Check:
    begun = time.monotonic()
    ok, detail = look()
    return Check(name, "ssh", ok, detail, time.monotonic() - begun)


def _sftp(door: SshDoor) -> tuple[bool | None, str]:
    """As IDEs do: a file arrives under another name, may be run, and gets its name."""
    program = openssh.program("sftp")
    if not program:
        return None, "not run: there is no `sftp` on PATH"
    name = f".devpod-gen-{secrets.token_hex(8)}"
    file = f'"{door.known_hosts}"'
    batch = f"put {file} {name}\nchmod 700 {name}\nrename {name} {name}x\nrm {name}x\n"
    argv = [program, "-q", "-b", "-", "-F", str(door.config), door.alias]
    done = run(argv, timeout=_PATIENCE, stdin=batch.encode())
    return done.ok, "a file was put, renamed and removed" if done.ok else done.last_lines(2)


def _forward(program: str, door: SshDoor) -> tuple[bool | None, str]:
    """From here into a socket inside, whose other end leads back to here: both ways at once."""
    token = secrets.token_bytes(8)
    with TemporaryDirectory(prefix="devpod-gen-") as folder, _serving(token) as target:
        entry, inside = Path(folder) / "entry", f"/run/devpod/user/{token.hex()}"
        argv = [
            *(program, "-F", str(door.config), "-o", "BatchMode=yes", "-N"),
            *("-o", "ExitOnForwardFailure=yes", "-o", "PermitLocalCommand=no"),
            *("-R", f"{inside}:127.0.0.1:{target}", "-L", f"{entry}:{inside}", door.alias),
        ]
        with _running(argv) as process:
            ok = _arrives(process, entry, token)
    told = "TCP to here and a Unix socket to inside, one behind the other"
    return ok, told if ok else "nothing came through a forwarded socket"


def _locale(program: str, door: SshDoor) -> tuple[bool | None, str]:
    done = openssh.run_over(program, door.config, door.alias, "locale charmap", seconds=_PATIENCE)
    return done.output.strip() == "UTF-8", done.last_lines(1)


def _port(program: str, door: SshDoor) -> tuple[bool | None, str]:
    argv = [program, "-F", str(door.config), "-o", "BatchMode=yes", "-o", "ProxyCommand=none"]
    done = run([*argv, "-o", "PermitLocalCommand=no", door.alias, "true"], timeout=_PATIENCE)
    return done.ok, f"127.0.0.1:{door.port}" if done.ok else done.last_lines(2)


@contextlib.contextmanager
def _serving(token: bytes) -> Iterator[int]:
    """A port of loopback that says `token` to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, token), daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):  # closed alone, it would be waited at for good
                server.shutdown(socket.SHUT_RDWR)


def _serve(server: socket.socket, token: bytes) -> None:
    with contextlib.suppress(OSError):  # it was closed
        while True:
            client, _ = server.accept()
            with client:
                client.sendall(token)


@contextlib.contextmanager
def _running(argv: list[str]) -> Iterator["subprocess.Popen[bytes]"]:
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _arrives(process: "subprocess.Popen[bytes]", entry: Path, token: bytes) -> bool:
    """Whether the token comes out of the socket, before ssh ends or has had its time."""
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
            client.settimeout(_PATIENCE)
            client.connect(str(entry))
            if client.recv(len(token)) == token:
                return True
        time.sleep(0.01)
    return False
