"""Which engine, and through which client: resolved as the docker client resolves it.

DOCKER_HOST, then DOCKER_CONTEXT, then the current context: that covers Docker, Docker
Desktop, Colima, rootless Docker and a Podman socket.
"""

import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen.engine.command import Result, run
from devpod_gen.errors import EngineError

if TYPE_CHECKING:
    from docker import DockerClient

FIX = "start Docker or Colima, or check DOCKER_HOST and `docker context ls`"

_PLUGIN_FOLDERS = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
    "/opt/homebrew/lib/docker/cli-plugins",
)


_CA_VARIABLES = (
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
_CA_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Alpine
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/cert.pem",  # macOS
)


_DOWN = re.compile(
    r"cannot connect to the docker daemon|error during connect"
    r"|permission denied while trying to connect|failed to connect to the docker api",
    re.IGNORECASE,
)


@cache
def client() -> str:
    """The absolute path of the docker client. Raises EngineError when there is none.

    Absolute, and never from the current folder: a `docker` that lies in a repo is not ours.
    """
    for folder in os.get_exec_path():
        if Path(folder).is_absolute() and (found := shutil.which("docker", path=folder)):
            return found
    message = "there is no docker client on PATH"
    raise EngineError(message, where="docker", fix="install Docker or Colima with its client")


def require_plugin(name: str) -> None:
    """Make sure of a client plugin, `compose` or `buildx`. Raises EngineError."""
    own = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "cli-plugins"
    if any((Path(folder) / f"docker-{name}").exists() for folder in (own, *_PLUGIN_FOLDERS)):
        return
    if run([client(), name, "version"], timeout=10).ok:  # it has another place for them
        return
    message = f"the docker client has no {name} plugin"
    raise EngineError(message, where=client(), fix=f"install the docker-{name} package")


def context() -> str:
    """The name of the Docker context in use; `default` with DOCKER_HOST."""
    from docker.context import config  # noqa: PLC0415 - 124 ms

    if os.environ.get("DOCKER_HOST"):
        return "default"
    return str(os.environ.get("DOCKER_CONTEXT") or config.get_current_context_name())


def chosen() -> list[str]:
    """The client's options that name the engine in use; none for the default one."""
    if os.environ.get("DOCKER_HOST"):
        return ["--host", os.environ["DOCKER_HOST"]]
    name = context()
    return [] if name == "default" else ["--context", name]


@cache
def api() -> "DockerClient":
    """A connection to the engine's API, with a deadline of 10 s a call.

    docker-py ignores contexts unless it is told which. Raises EngineError.
    """
    import docker  # noqa: PLC0415 - 124 ms
    from docker.context import ContextAPI  # noqa: PLC0415

    try:
        if os.environ.get("DOCKER_HOST"):
            return docker.from_env(timeout=10)
        chosen = ContextAPI.get_context(context())
        if not chosen:
            message = f"there is no Docker context named {context()}"
            raise EngineError(message, where="docker context", fix=FIX)
        return docker.DockerClient(base_url=chosen.Host, tls=chosen.TLSConfig, timeout=10)
    except docker.errors.DockerException as error:
        raise unreachable(str(error)) from error


def endpoint() -> str:
    """Where the engine is looked for, for messages."""
    if os.environ.get("DOCKER_HOST"):
        return os.environ["DOCKER_HOST"]
    name = context()
    return "unix:///var/run/docker.sock" if name == "default" else f"the context {name}"


def unreachable(reason: str) -> EngineError:
    """The error for an engine that does not answer."""
    first = reason.strip().splitlines()[0] if reason.strip() else "no answer"
    return EngineError("no container engine answers", where=endpoint(), fix=FIX, detail=first)


def raise_if_down(result: Result) -> None:
    """Raises EngineError when a client's words say that no engine answered it."""
    if _DOWN.search(result.errors + result.output):
        raise unreachable(result.last_lines(1))


def ca_bundle() -> str | None:
    """The host's CA bundle, as its tools are told: companies intercept TLS with their own."""
    named = (os.environ.get(name, "") for name in _CA_VARIABLES)
    return next((path for path in (*named, *_CA_FILES) if path and Path(path).is_file()), None)
