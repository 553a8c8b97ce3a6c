"""Docker, and whatever speaks its API: docker-py for questions, the client for Compose,
Buildx and exec, which docker-py does not have or gives no deadline."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from devpod_gen.engine import connect
from devpod_gen.engine.api import Build, Container, ImageInfo, Project, Published
from devpod_gen.engine.command import Result, run, stream
from devpod_gen.errors import EngineError, ImageError, StartError

_CONTROL = 30.0
_START = 300.0
_BUILD = 3600.0
_LABELS = (
    "com.docker.compose.project",
    "devpod-gen.user",
    "devpod-gen.folder",
    "devpod-gen.config",
)
_FIELDS = (".ID", ".Names", ".State", *(f'(.Label "{label}")' for label in _LABELS))
_ROW = "[" + ",".join(f"{{{{json {field}}}}}" for field in _FIELDS) + "]"
_DOWN = re.compile(
    r"cannot connect to the docker daemon|error during connect"
    r"|permission denied while trying to connect|failed to connect to the docker api",
    re.IGNORECASE,
)
_PORT_TAKEN = re.compile(r"(?:([0-9.]+:\d+)[^\n]*)?(?:already allocated|already in use)")


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
        digests = found.attrs.get("RepoDigests") or [None]
        return ImageInfo(ref, str(found.id), digests[0], int(found.attrs["Size"]))

    def pull(self, ref: str, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        result = stream([connect.client(), "pull", ref], on_line, timeout=_BUILD)
        if not result.ok:
            _raise_if_down(result)
            message = f"the image {ref} cannot be pulled"
            fix = "check the name, your network, and `docker login` for its registry"
            raise ImageError(message, where=ref, fix=fix, detail=result.last_lines(5))

    def build(self, build: Build, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        result = stream(_build_command(build), _each_step_once(on_line), timeout=_BUILD)
        if not result.ok:
            _raise_if_down(result)
            message = f"the image {build.ref} could not be built"
            raise ImageError(
                message,
                where=str(build.recipe),
                fix=_build_fix(result.output),
                detail=_build_reason(result.output),
            )

    def start(self, project: Project) -> None:
        """See Engine."""
        result = _compose(project, "up", "--detach", "--no-build", "--quiet-pull", timeout=_START)
        if not result.ok:
            _raise_if_down(result)
            raise _start_error(project, result)

    def remove(self, project: Project, *, volumes: bool) -> None:
        """See Engine."""
        extra = ["--volumes"] if volumes else []
        result = _compose(project, "down", "--remove-orphans", *extra, timeout=_START)
        if not result.ok:
            _raise_if_down(result)
            message = f"the workspace {project.name} could not be removed"
            raise EngineError(message, fix="run it again", detail=result.last_lines(5))

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """See Engine. By the client: 25 ms, where importing docker-py alone takes 124."""
        filters = [f"--filter=label={key}={value}" for key, value in labels.items()]
        argv = [connect.client(), "ps", "--all", "--no-trunc", "--format", _ROW, *filters]
        result = run(argv, timeout=_CONTROL)
        if not result.ok:
            _raise_if_down(result)
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


def _compose(project: Project, *arguments: str, timeout: float) -> Result:
    """Compose on exactly these files; without any, on what carries the project's label.

    A repo's own `.env`, an override file and COMPOSE_* of the host would otherwise steer it.
    """
    connect.require_plugin("compose")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COMPOSE_")}
    files = [word for file in project.files for word in ("--file", str(file))]
    argv = [
        *(connect.client(), "compose", "--ansi=never", "--progress=plain"),
        *("--project-name", project.name, *files, "--env-file", os.devnull),
        *arguments,
    ]
    # Without files (they were deleted since), those of the current folder are not meant.
    return run(argv, timeout=timeout, env=kept | dict(project.variables), folder="/")


def _build_command(build: Build) -> list[str]:
    """Buildx on the context's own builder: another one does not see local images.

    Proxies go as predefined arguments, by name only, and the CA bundle as a secret:
    neither is in the image, its history, or this command line.
    """
    connect.require_plugin("buildx")
    proxies = [
        name
        for base in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
        for name in (base, base.upper())
        if os.environ.get(name)
    ]
    arguments = [f"--build-arg={key}={value}" for key, value in build.args]
    arguments += [f"--build-arg={name}" for name in proxies]
    arguments += [f"--label={key}={value}" for key, value in build.labels]
    bundle = connect.ca_bundle()
    if bundle:
        arguments.append(f"--secret=id=ca,src={bundle}")
    return [
        *(connect.client(), "buildx", "--builder", connect.context(), "build"),
        *("--progress=plain", "--provenance=false", "--load"),
        *("--tag", build.ref, f"--build-arg=PARENT={build.parent}"),
        *(*arguments, str(build.recipe)),
    ]


def _each_step_once(on_line: Callable[[str], None]) -> Callable[[str], None]:
    """BuildKit names a step again whenever another one has spoken in between, and at the
    end tells once more what went wrong."""
    seen: set[str] = set()

    def once(line: str) -> None:
        if line.startswith("#") and not (" [" in line[:6] and line in seen):
            seen.add(line)
            on_line(line)

    return once


def _build_reason(log: str) -> str:
    """What went wrong, of a BuildKit log: the failing step's own last words."""
    steps = [re.sub(r"^#\d+ (?:\d+\.\d+ )?", "", line) for line in log.splitlines()]
    ours = [line for line in steps if line.startswith(("devpod:", "E: ", "npm error", "ERROR:"))]
    return "\n".join(dict.fromkeys(ours or steps[-6:]))


def _build_fix(log: str) -> str:
    if "devpod: tool" in log:
        return "pin a version that can be had, or drop the pin: the distribution's then serves"
    if re.search(r"Unable to locate package|has no installation candidate", log):
        return "correct image.packages: the distribution has no package of that name"
    if "failed to resolve source metadata" in log or "pull access denied" in log:
        return (
            "give access to its registry, or `docker load` it, or make it with "
            "scripts/base-image of devpod-gen's repo"
        )
    return "read the log above; behind a proxy, check HTTP_PROXY and the CA bundle"


def _start_error(project: Project, result: Result) -> StartError:
    said = result.last_lines(6)
    taken = _PORT_TAKEN.search(said)
    if taken:
        port = taken[1] or "of the profile"
        message = f"the port {port} is taken by another program"
        fix = "stop what listens there (`ss -ltnp`), or change [[ports]] in the profile"
    else:
        message = f"the workspace {project.name} did not start"
        fix = "read the engine's words above"
    return StartError(message, where=str(project.files[0]), fix=fix, detail=said)


def _raise_if_down(result: Result) -> None:
    if _DOWN.search(result.errors + result.output):
        raise connect.unreachable(result.last_lines(1))
