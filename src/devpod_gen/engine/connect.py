"""Which engine, and through which client: resolved as the docker client resolves it.

DOCKER_HOST, then DOCKER_CONTEXT, then the current context: that covers Docker, Docker
Desktop, Colima, rootless Docker and a Podman socket.
"""

import hashlib
import json
import os
import re
import shutil
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from devpod_gen.engine.command import run
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
    if plugin_path(name):
        return
    if run([client(), name, "version"], timeout=10).ok:  # it has another place for them
        return
    message = f"the docker client has no {name} plugin"
    raise EngineError(message, where=client(), fix=f"install the docker-{name} package")


def plugin_path(name: str) -> Path | None:
    """Where the client finds a plugin; None when it is not in a usual place."""
    folders = (_settings() / "cli-plugins", *map(Path, _PLUGIN_FOLDERS))
    return next((path for f in folders if (path := f / f"docker-{name}").exists()), None)


def adds_to_containers() -> bool:
    """Whether the client is set to give containers something of its own: proxies, a platform."""
    return "proxies" in _document(_settings() / "config.json") or bool(
        os.environ.get("DOCKER_DEFAULT_PLATFORM")
    )


def context() -> str:
    """The name of the Docker context in use; `default` with DOCKER_HOST."""
    if os.environ.get("DOCKER_HOST"):
        return "default"
    if named := os.environ.get("DOCKER_CONTEXT"):
        return named
    return str(_document(_settings() / "config.json").get("currentContext") or "default")


def url() -> str:
    """Where the engine is reached, as the client's settings say; empty where they do not."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    if (name := context()) == "default":
        return "unix:///var/run/docker.sock"
    folder = hashlib.sha256(name.encode()).hexdigest()
    known = _document(_settings() / "contexts" / "meta" / folder / "meta.json")
    return str(known.get("Endpoints", {}).get("docker", {}).get("Host", ""))


def other_machine() -> str | None:
    """The machine that the engine is on, where it is not this one. What listens on loopback
    is this one's, or a virtual machine's that has its folders: Docker Desktop, Podman."""
    known = urlsplit(url())
    if known.scheme in ("", "unix", "npipe", "fd"):
        return None
    name = known.hostname or ""
    return None if name == "localhost" or re.match(r"127\.|::1$", name) else name


def _settings() -> Path:
    """Where the client keeps what its user has set."""
    return Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _document(path: Path) -> dict[str, Any]:
    """A JSON object of the client's; what cannot be read says nothing, as for the client."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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


def ca_bundle() -> str | None:
    """The host's CA bundle, as its tools are told: companies intercept TLS with their own."""
    named = (os.environ.get(name, "") for name in _CA_VARIABLES)
    return next((path for path in (*named, *_CA_FILES) if path and Path(path).is_file()), None)
