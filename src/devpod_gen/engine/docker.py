"""Docker, and whatever speaks its API: docker-py for questions, the client for Compose,
Buildx and exec, which docker-py does not have or gives no deadline."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO, TYPE_CHECKING, BinaryIO

from devpod_gen.engine import alive, connect, execution, listing, questions, removal, wire
from devpod_gen.engine.command import Result, run
from devpod_gen.engine.model import (
    PROJECT,
    SERVICE,
    Allowed,
    Base,
    Build,
    Container,
    Fetched,
    HostedImage,
    ImageInfo,
    InnerFile,
    OnOutput,
    OnStep,
    Parts,
    Project,
    Published,
    Times,
    unheard,
    unseen,
)
from devpod_gen.errors import EngineError, ProfileError

if TYPE_CHECKING:
    from threading import Event

_ONCE = 120.0


class Docker:
    """The Engine protocol on a Docker API."""

    def require(self) -> str:
        """See Engine."""
        connect.require_plugin("compose")
        connect.require_plugin("buildx")
        version = questions.version()
        parts = {one["Name"]: one["Version"] for one in version.get("Components") or ()}
        if "Podman Engine" in parts:
            return f"Podman {parts['Podman Engine']}"
        name = (version.get("Platform") or {}).get("Name") or "Docker"
        return f"{name.strip()} {version['Version']}"

    def address(self) -> str:
        """See Engine."""
        return connect.endpoint()

    def other_machine(self) -> str | None:
        """See Engine."""
        return connect.other_machine()

    def platform(self) -> str:
        """See Engine."""
        version = questions.version()
        return f"{version['Os']}/{version['Arch']}"

    def image(self, ref: str) -> ImageInfo | None:
        """See Engine."""
        return questions.image(ref)

    def pull(
        self, ref: str, on_change: Callable[[Fetched], None], *, stop: "Event | None" = None
    ) -> None:
        """See Engine."""
        from devpod_gen.engine import registry  # noqa: PLC0415 - only what is used is loaded

        registry.pull(ref, on_change, stop)

    def push(self, ref: str, on_line: Callable[[str], None]) -> str:
        """See Engine."""
        from devpod_gen.engine import registry  # noqa: PLC0415 - only what is used is loaded

        return registry.push(ref, on_line)

    def hosted(self, ref: str) -> HostedImage:
        """See Engine."""
        from devpod_gen.engine import registry  # noqa: PLC0415 - only what is used is loaded

        return registry.inspect(ref)

    def parts(self, ref: str) -> Parts:
        """See Engine."""
        return questions.parts(ref)

    def save(self, ref: str, take: Callable[[IO[bytes]], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import archive  # noqa: PLC0415 - only what is used is loaded

        archive.save(ref, take)

    def load(self, stream: BinaryIO) -> None:
        """See Engine."""
        from devpod_gen.engine import archive  # noqa: PLC0415 - only what is used is loaded

        archive.load(stream)

    def tag(self, ref: str, name: str) -> None:
        """See Engine."""
        from devpod_gen.engine import archive  # noqa: PLC0415 - only what is used is loaded

        archive.tag(ref, name)

    def untag(self, name: str) -> None:
        """See Engine."""
        from devpod_gen.engine import archive  # noqa: PLC0415 - only what is used is loaded

        archive.untag(name)

    def build(self, builds: tuple[Build, ...], base: Base, on_line: Callable[[str], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import buildx  # noqa: PLC0415 - only what is used is loaded

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
        from devpod_gen.engine import platform  # noqa: PLC0415 - only what is used is loaded

        several = questions.holds_several_platforms()
        return platform.build(platforms, builds, base, on_line, push=push, holds_several=several)

    def start(
        self, project: Project, *, only: tuple[str, ...] = (), on_step: OnStep = unseen
    ) -> None:
        """See Engine."""
        from devpod_gen.engine import compose  # noqa: PLC0415 - only what is used is loaded

        compose.up(project, only, on_step)

    def resume(self, container: str) -> bool:
        """See Engine."""
        place = f"/containers/{wire.name(container)}"
        answer = wire.ask("POST", f"{place}/start", timeout=_ONCE)
        if answer.status == 409:  # it was paused
            answer = wire.ask("POST", f"{place}/unpause", timeout=_ONCE)
        return answer.status < 400

    def stop(self, project: Project) -> None:
        """See Engine."""
        found = self.containers({PROJECT: project.name})
        patience = [] if project.grace is None else ["-t", str(project.grace)]
        result = run([connect.client(), "stop", *patience, *(c.id for c in found)], timeout=_ONCE)
        if not result.ok:
            alive.require()
            message = f"the workspace {project.name} could not be stopped"
            raise EngineError(
                message, where=project.name, fix="run it again", detail=result.last_lines(3)
            )

    def remove(self, project: Project, *, volumes: bool) -> None:
        """See Engine."""
        removal.remove(project, volumes=volumes)

    def containers(self, labels: Mapping[str, str]) -> tuple[Container, ...]:
        """See Engine."""
        return listing.containers(labels)

    def times(self, containers: Sequence[str]) -> Mapping[str, Times]:
        """See Engine."""
        return listing.times(containers)

    def exec(
        self,
        container: str,
        argv: list[str],
        *,
        user: str,
        timeout: float,
        folder: str | None = None,
        stdin: bytes | None = None,
        on_output: OnOutput = unheard,
    ) -> Result:
        """See Engine. Killing the client would leave the command running inside: it gets
        a timeout(1) of its own, and the client a little longer."""
        limited, later = ["timeout", "-k", "2", f"{timeout:g}", *argv], timeout + 5
        if stdin is None and execution.is_possible():
            call = execution.Call(container, limited, user, folder, later)
            return execution.execute(call, on_output)
        place = ["--workdir", folder] if folder else []
        streams = ["--interactive"] if stdin is not None else []
        command = [connect.client(), "exec", *streams, "--user", user, *place, container, *limited]
        done = run(command, timeout=later, stdin=stdin)
        on_output(done.output)
        return done

    def read(self, container: str, path: str) -> InnerFile | None:
        """See Engine."""
        from devpod_gen.engine import looking  # noqa: PLC0415 - only what is used is loaded

        return looking.read(container, path)

    def ask(self, container: str, argv: list[str], *, timeout: float) -> Result:
        """See Engine. Without timeout(1), which a stranger's image may not have."""
        return run([connect.client(), "exec", container, *argv], timeout=timeout)

    def run_once(self, image: str, argv: list[str], *, volume: str, folder: str) -> Result:
        """See Engine."""
        from devpod_gen.engine import belongings  # noqa: PLC0415 - only what is used is loaded

        if found := wire.get(f"/volumes/{wire.name(volume)}"):
            belongings.require_volume(found)
        options = ["--rm", "--network=none", "--pull=never", "--user=root"]
        mount = ["--volume", f"{volume}:{folder}", "--entrypoint", argv[0]]
        command = [connect.client(), "run", *options, *mount, image, *argv[1:]]
        result = run(command, timeout=_ONCE)
        if not result.ok:
            alive.require()
        return result

    def projects(self) -> Mapping[str, tuple[str, ...]]:
        """See Engine."""
        return questions.projects()

    def proven(self, project: str) -> tuple[str, ...]:
        """See Engine."""
        return questions.proven(project)

    def volume_sizes(self) -> Mapping[str, int]:
        """See Engine."""
        return questions.volume_sizes()

    def unused_volumes(self, label: str, value: str) -> tuple[str, ...]:
        """See Engine."""
        chosen = json.dumps({"label": [f"{label}={value}"], "dangling": ["true"]})
        found = wire.get("/volumes", filters=chosen).get("Volumes") or ()
        return tuple(sorted(one["Name"] for one in found))

    def remove_volume(self, name: str) -> None:
        """See Engine."""
        answer = wire.ask("DELETE", f"/volumes/{wire.name(name)}", query={"force": 1})
        if answer.status >= 400 and answer.status != 404:
            message = f"the volume {name} could not be removed"
            raise EngineError(message, where=name, fix="run it again", detail=answer.reason)

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
        from devpod_gen.engine import compose  # noqa: PLC0415 - only what is used is loaded

        if service is None:
            return compose.logs_command(project, follow=follow)
        chosen = {PROJECT: project, SERVICE: service}
        found = self.containers(chosen)
        if not found:
            message = f"the workspace has no service {service}"
            names = sorted(one.service for one in self.containers({PROJECT: project}))
            raise ProfileError(message, where=project, fix=f"name one of: {', '.join(names)}")
        options = ["--follow"] if follow else []
        return [connect.client(), "logs", *options, found[0].id]

    def inspect(self, kind: str, name: str) -> str:
        """See Engine."""
        from devpod_gen.engine import traces  # noqa: PLC0415 - only what is used is loaded

        return traces.inspect(kind, name)

    def resolved(self, project: Project) -> str:
        """See Engine."""
        from devpod_gen.engine import compose  # noqa: PLC0415 - only what is used is loaded

        return compose.resolved(project)

    def said(self, container: str, take: Callable[[bytes], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import traces  # noqa: PLC0415 - only what is used is loaded

        traces.said(container, take)

    def changed(self, container: str, take: Callable[[IO[bytes]], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import traces  # noqa: PLC0415 - only what is used is loaded

        traces.changed(container, take)

    def in_memory(self, container: str, take: Callable[[IO[bytes]], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import traces  # noqa: PLC0415 - only what is used is loaded

        traces.in_memory(container, take)

    def in_volumes(self, container: str, take: Callable[[str, IO[bytes]], None]) -> None:
        """See Engine."""
        from devpod_gen.engine import traces  # noqa: PLC0415 - only what is used is loaded

        traces.in_volumes(container, take)

    def published(self, container: str) -> tuple[Published, ...]:
        """See Engine."""
        return questions.published(container)

    def require_allowed(self, containers: Sequence[str], allowed: tuple[Allowed, ...]) -> None:
        """See Engine."""
        from devpod_gen.engine import conformity  # noqa: PLC0415 - only what is used is loaded

        for one in containers:
            found = wire.require(wire.ask("GET", f"/containers/{wire.name(one)}/json")).value
            conformity.require_there(found, allowed)

    def why_stopped(self, container: str) -> str:
        """See Engine."""
        return questions.why_stopped(container)

    def labelled(self, label: str, value: str) -> tuple[str, ...]:
        """See Engine."""
        return questions.labelled(label, value)
