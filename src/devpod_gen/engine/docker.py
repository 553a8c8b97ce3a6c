"""Docker, and whatever speaks its API: docker-py for questions, the client for Compose,
Buildx and exec, which docker-py does not have or gives no deadline."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from devpod_gen.engine import buildx, compose, connect, registry
from devpod_gen.engine.api import Build, Container, ImageInfo, Project, Published
from devpod_gen.engine.command import Result, run
from devpod_gen.errors import EngineError

_CONTROL = 30.0
_LABELS = (
    "com.docker.compose.project",
    "devpod-gen.user",
    "devpod-gen.folder",
    "devpod-gen.config",
    "com.docker.compose.service",
)
_FIELDS = (".ID", ".Names", ".State", ".Image", *(f'(.Label "{label}")' for label in _LABELS))
_ROW = "[" + ",".join(f"{{{{json {field}}}}}" for field in _FIELDS) + "]"


class Docker:
    """The Engine protocol on a Docker API."""

    def require(self) -> str:
        """See Engine."""
        connect.require_plugin("compose")
        connect.require_plugin("buildx")
        with _asking():
            version = connect.api().version()
        name = (version.get("Platform") or {}).get("Name") or "Docker"
        return f"{name.strip()} {version['Version']}"

    def image(self, ref: str) -> ImageInfo | None:
        """See Engine."""
        from docker.errors import ImageNotFound  # noqa: PLC0415 - 124 ms

        with _asking():
            try:
                found = connect.api().images.get(ref)
            except ImageNotFound:
                return None
        name = re.sub(r":[^:/]+$", "", ref.partition("@")[0])
        digests = [d for d in found.attrs.get("RepoDigests") or () if d.startswith(f"{name}@")]
        platform = f"{found.attrs['Os']}/{found.attrs['Architecture']}"
        digest = digests[0].partition("@")[2] if digests else None
        metadata = found.labels.get("devcontainer.metadata", "")
        return ImageInfo(ref, str(found.id), digest, int(found.attrs["Size"]), platform, metadata)

    def pull(self, ref: str, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        registry.pull(ref, on_line)

    def push(self, ref: str, on_line: Callable[[str], None]) -> str:
        """See Engine."""
        return registry.push(ref, on_line)

    def build(self, build: Build, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        buildx.build(build, on_line)

    def start(self, project: Project, *, only: tuple[str, ...] = ()) -> None:
        """See Engine."""
        compose.up(project, only)

    def remove(self, project: Project, *, volumes: bool) -> None:
        """See Engine."""
        compose.down(project, volumes=volumes)

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """See Engine. By the client: 25 ms, where importing docker-py alone takes 124."""
        filters = [f"--filter=label={key}={value}" for key, value in labels.items()]
        argv = [connect.client(), "ps", "--all", "--no-trunc", "--format", _ROW, *filters]
        result = run(argv, timeout=_CONTROL)
        if not result.ok:
            connect.raise_if_down(result)
            message = "the engine did not list its containers"
            raise EngineError(message, fix=connect.FIX, detail=result.last_lines(3))
        return tuple(Container(*json.loads(line)) for line in result.output.splitlines())

    def exec(
        self,
        container: str,
        argv: list[str],
        *,
        user: str,
        timeout: float,
        folder: str | None = None,
        stdin: bytes | None = None,
    ) -> Result:
        """See Engine. Killing the client would leave the command running inside: it gets
        a timeout(1) of its own, and the client a little longer."""
        limited = ["timeout", "--kill-after=2", f"{timeout:g}", *argv]
        place = ["--workdir", folder] if folder else []
        streams = ["--interactive"] if stdin is not None else []
        command = [connect.client(), "exec", *streams, "--user", user, *place, container, *limited]
        return run(command, timeout=timeout + 5, stdin=stdin)

    def ask(self, container: str, argv: list[str], *, timeout: float) -> Result:
        """See Engine. Without timeout(1), which a stranger's image may not have."""
        return run([connect.client(), "exec", container, *argv], timeout=timeout)

    def attach_command(
        self, container: str, argv: list[str], *, user: str, folder: str | None, tty: bool
    ) -> list[str]:
        """See Engine."""
        place = ["--workdir", folder] if folder else []
        terminal = ["--tty", "--env", f"TERM={os.environ.get('TERM', 'xterm')}"] if tty else []
        return [
            *(connect.client(), "exec", "--interactive", *terminal),
            *("--user", user, *place, container, *argv),
        ]

    def stdio_command(self, container: str, argv: list[str], *, user: str) -> list[str]:
        """See Engine."""
        chosen = connect.chosen()
        return [connect.client(), *chosen, "exec", "-i", "-u", user, container, *argv]

    def published(self, container: str) -> tuple[Published, ...]:
        """See Engine."""
        with _asking():
            ports = connect.api().containers.get(container).ports
        return tuple(
            Published(int(name.split("/")[0]), binding["HostIp"], int(binding["HostPort"]))
            for name, bindings in sorted(ports.items())
            for binding in bindings or ()
        )

    def why_stopped(self, container: str) -> str:
        """See Engine."""
        with _asking():
            found = connect.api().containers.get(container)
            said = found.logs(tail=20).decode("utf-8", errors="replace").strip()
        state = found.attrs["State"]
        killed = ", out of memory" if state.get("OOMKilled") else ""
        reason = (
            f"{state['Status']}, exit code {state['ExitCode']}{killed} {state['Error']}".strip()
        )
        return f"{reason}\n{said}".strip()

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """See Engine."""
        chosen: dict[str, Any] = {"label": f"{label}={value}"}
        with _asking():
            api = connect.api()
            containers = api.containers.list(all=True, filters=chosen)
            networks = api.networks.list(filters=chosen)
            volumes = api.volumes.list(filters=chosen)
        return (
            *(f"container {item.name}" for item in containers),
            *(f"network {item.name}" for item in networks),
            *(f"volume {item.name}" for item in volumes),
        )


@contextmanager
def _asking() -> Iterator[None]:
    """Turn docker-py's and its transport's errors into ours."""
    from docker.errors import APIError, DockerException  # noqa: PLC0415 - 124 ms
    from requests.exceptions import RequestException  # noqa: PLC0415

    try:
        yield
    except APIError as error:
        message = f"the engine refused: {error.explanation or error}"
        raise EngineError(message, where=connect.endpoint(), fix=connect.FIX) from error
    except (DockerException, RequestException) as error:
        raise connect.unreachable(str(error)) from error
