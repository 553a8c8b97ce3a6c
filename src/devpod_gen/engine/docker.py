"""Docker, and whatever speaks its API: docker-py for questions, the client for Compose,
Buildx and exec, which docker-py does not have or gives no deadline."""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any, BinaryIO

from devpod_gen.engine import archive, buildx, compose, connect, platform, registry
from devpod_gen.engine.api import (
    Base,
    Build,
    Container,
    HostedImage,
    ImageInfo,
    Parts,
    Project,
    Published,
    Times,
)
from devpod_gen.engine.command import Result, run
from devpod_gen.errors import EngineError

_CONTROL = 30.0
_ONCE = 120.0
_LABELS = (
    "com.docker.compose.project",
    "com.docker.compose.project.working_dir",
    "com.docker.compose.service",
    "com.intellij.devcontainer.id",
    "com.intellij.devcontainer.sources.path",
    "devcontainer.local_folder",
    "devpod-gen.branch",
    "devpod-gen.config",
    "devpod-gen.folder",
    "devpod-gen.git",
    "devpod-gen.host",
    "devpod-gen.id",
    "devpod-gen.mode",
    "devpod-gen.name",
    "devpod-gen.user",
)
_FIELDS = (".ID", ".Names", ".State", ".Image", *(f'(.Label "{label}")' for label in _LABELS))
_ROW = "[" + ",".join(f"{{{{json {field}}}}}" for field in _FIELDS) + "]"


_TIMES = (
    ".Id",
    ".Created",
    ".State.StartedAt",
    ".State.FinishedAt",
    ".NetworkSettings.Ports",
    ".State.OOMKilled",
)


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

    def address(self) -> str:
        """See Engine."""
        return connect.endpoint()

    def platform(self) -> str:
        """See Engine."""
        with _asking():
            version = connect.api().version()
        return f"{version['Os']}/{version['Arch']}"

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

    def hosted(self, ref: str) -> HostedImage:
        """See Engine."""
        return registry.inspect(ref)

    def parts(self, ref: str) -> Parts:
        """See Engine."""
        with _asking():
            found = connect.api().images.get(ref)
            steps = found.history()
        return Parts(
            tuple(found.attrs["RootFS"].get("Layers") or ()),
            json.dumps(found.attrs["Config"]),
            tuple(str(step.get("CreatedBy", "")) for step in reversed(steps)),
        )

    def save(self, ref: str, take: Callable[[IO[bytes]], None]) -> None:
        """See Engine."""
        archive.save(ref, take)

    def load(self, stream: BinaryIO) -> None:
        """See Engine."""
        archive.load(stream)

    def tag(self, ref: str, name: str) -> None:
        """See Engine."""
        archive.tag(ref, name)

    def untag(self, name: str) -> None:
        """See Engine."""
        archive.untag(name)

    def build(self, builds: tuple[Build, ...], base: Base, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        buildx.build(builds, base, on_line)

    def build_for(
        self,
        platforms: tuple[str, ...],
        builds: tuple[Build, ...],
        base: Base,
        on_line: Callable[[str], None],
        *,
        push: bool,
    ) -> str:
        """See Engine."""
        with _asking():
            store = connect.api().info().get("DriverStatus") or ()
        holds_several = ["driver-type", "io.containerd.snapshotter.v1"] in store
        return platform.build(
            platforms, builds, base, on_line, push=push, holds_several=holds_several
        )

    def start(self, project: Project, *, only: tuple[str, ...] = ()) -> None:
        """See Engine."""
        compose.up(project, only)

    def remove(self, project: Project, *, volumes: bool) -> None:
        """See Engine."""
        compose.down(project, volumes=volumes)

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """See Engine. By the client: 25 ms, where importing docker-py alone takes 124."""
        filters = [
            f"--filter=label={key}={value}" if value else f"--filter=label={key}"
            for key, value in labels.items()
        ]
        argv = [connect.client(), "ps", "--all", "--no-trunc", "--format", _ROW, *filters]
        result = run(argv, timeout=_CONTROL)
        if not result.ok:
            connect.raise_if_down(result)
            message = "the engine did not list its containers"
            raise EngineError(message, fix=connect.FIX, detail=result.last_lines(3))
        return tuple(_container(json.loads(line)) for line in result.output.splitlines())

    def times(self, containers: Sequence[str]) -> Mapping[str, Times]:
        """See Engine."""
        row = f"[{','.join(f'{{{{json {field}}}}}' for field in _TIMES)}]"
        result = run([connect.client(), "inspect", "--format", row, *containers], timeout=_CONTROL)
        connect.raise_if_down(result)
        rows = [json.loads(line) for line in result.output.splitlines()]
        return {row[0]: _times(*row[1:]) for row in rows}

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

    def run_once(self, image: str, argv: list[str], *, volume: str, folder: str) -> Result:
        """See Engine."""
        options = ["--rm", "--network=none", "--pull=never", "--user=root"]
        mount = ["--volume", f"{volume}:{folder}", "--entrypoint", argv[0]]
        command = [connect.client(), "run", *options, *mount, image, *argv[1:]]
        result = run(command, timeout=_ONCE)
        connect.raise_if_down(result)
        return result

    def projects(self) -> Mapping[str, tuple[str, ...]]:
        """See Engine."""
        with _asking():
            api = connect.api()
            # Others remove theirs while ours are listed: docker-py looks at each by itself.
            has: dict[str, Any] = {
                "all": True,
                "ignore_removed": True,
                "filters": {"label": "devpod-gen.config"},
            }
            found: list[tuple[str, Any]] = [
                ("container", one) for one in api.containers.list(**has)
            ]
            for kind, listing, label in (
                ("network", api.networks.list, "devpod-gen.name"),
                ("volume", api.volumes.list, "devpod-gen.cache"),
                ("volume", api.volumes.list, "devpod-gen.workspace"),
            ):
                found += [(kind, one) for one in listing(filters={"label": label})]
        projects: dict[str, tuple[str, ...]] = {}
        for kind, one in found:
            labels = one.labels if kind == "container" else one.attrs.get("Labels") or {}
            name = labels.get("com.docker.compose.project")
            if name:
                projects[name] = (*projects.get(name, ()), f"{kind} {one.name}")
        return projects

    def volume_sizes(self) -> Mapping[str, int]:
        """See Engine. docker-py's own question is of images, too, which can take a minute."""
        with _asking():
            api = connect.api().api
            url = f"{api.base_url}/v{api.api_version}/system/df"
            answer = api.get(url, params={"type": "volume"}, timeout=_ONCE)
            answer.raise_for_status()
            volumes = answer.json().get("Volumes") or ()
        return {one["Name"]: max(0, (one.get("UsageData") or {}).get("Size", 0)) for one in volumes}

    def unused_volumes(self, label: str, value: str) -> tuple[str, ...]:
        """See Engine."""
        chosen = (f"--filter=label={label}={value}", "--filter=dangling=true")
        result = run([connect.client(), "volume", "ls", "--quiet", *chosen], timeout=_CONTROL)
        connect.raise_if_down(result)
        return tuple(sorted(result.output.split()))

    def remove_volume(self, name: str) -> None:
        """See Engine."""
        result = run([connect.client(), "volume", "rm", "--force", name], timeout=_CONTROL)
        if not result.ok:
            connect.raise_if_down(result)
            message = f"the volume {name} could not be removed"
            raise EngineError(message, where=name, fix="run it again", detail=result.last_lines(3))

    def attach_command(
        self, container: str, argv: list[str], *, user: str, folder: str | None, tty: bool
    ) -> list[str]:
        """See Engine."""
        place = ["--workdir", folder] if folder else []
        told = {"TERM": os.environ.get("TERM", "xterm")}  # of a terminal, and what it can show
        told |= {"COLORTERM": os.environ["COLORTERM"]} if os.environ.get("COLORTERM") else {}
        given = (f"--env={key}={value}" for key, value in told.items())
        terminal = ["--tty", *given] if tty else []
        return [
            *(connect.client(), "exec", "--interactive", *terminal),
            *("--user", user, *place, container, *argv),
        ]

    def stdio_command(self, container: str, argv: list[str], *, user: str) -> list[str]:
        """See Engine."""
        chosen = connect.chosen()
        return [connect.client(), *chosen, "exec", "-i", "-u", user, container, *argv]

    def logs_command(self, project: str, service: str | None, *, follow: bool) -> list[str]:
        """See Engine. Compose would put a control sequence before lines without a name."""
        if service is None:
            return compose.logs_command(project, follow=follow)
        chosen = {"com.docker.compose.project": project, "com.docker.compose.service": service}
        found = self.containers(chosen)
        if not found:
            message = f"the workspace has no service {service}"
            raise EngineError(message, where=project, fix="name `dev`, or a service of the profile")
        options = ["--follow"] if follow else []
        return [connect.client(), "logs", *options, found[0].id]

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
            containers = api.containers.list(all=True, ignore_removed=True, filters=chosen)
            networks = api.networks.list(filters=chosen)
            volumes = api.volumes.list(filters=chosen)
        return (
            *(f"container {item.name}" for item in containers),
            *(f"network {item.name}" for item in networks),
            *(f"volume {item.name}" for item in volumes),
        )


def _container(row: list[str]) -> Container:
    identity, name, state, image, *labels = row
    return Container(identity, name, state, image, dict(zip(_LABELS, labels, strict=True)))


def _times(
    created: str,
    started: str,
    ended: str,
    bound: dict[str, list[dict[str, str]] | None],
    killed: bool,
) -> Times:
    ports = tuple(
        f"{binding['HostIp']}:{binding['HostPort']}->{name.removesuffix('/tcp')}"
        for name, bindings in sorted((bound or {}).items())
        for binding in bindings or ()
    )
    never = "0001-01-01T00:00:00Z"
    return Times(created, started.replace(never, ""), ended.replace(never, ""), ports, killed)


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
