"""What docker-py is asked: images, what carries a label, why something ended.

Importing it takes 124 ms, so what every command needs is asked through the client instead.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from devpod_gen.engine import connect
from devpod_gen.engine.api import ImageInfo, Parts, Published
from devpod_gen.errors import EngineError

_ONCE = 120.0


def version() -> Mapping[str, Any]:
    """What the engine says of itself."""
    with asking():
        found: Mapping[str, Any] = connect.api().version()
    return found


def holds_several_platforms() -> bool:
    """Whether its store keeps images of several platforms under one name: containerd's does."""
    with asking():
        store = connect.api().info().get("DriverStatus") or ()
    return ["driver-type", "io.containerd.snapshotter.v1"] in store


def image(ref: str) -> ImageInfo | None:
    """The image, when the engine has it."""
    from docker.errors import ImageNotFound  # noqa: PLC0415 - 124 ms

    with asking():
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


def parts(ref: str) -> Parts:
    """What an image is made of."""
    with asking():
        found = connect.api().images.get(ref)
        steps = found.history()
    return Parts(
        tuple(found.attrs["RootFS"].get("Layers") or ()),
        json.dumps(found.attrs["Config"]),
        tuple(str(step.get("CreatedBy", "")) for step in reversed(steps)),
    )


def published(container: str) -> tuple[Published, ...]:
    """The container's ports that are open on the host."""
    with asking():
        ports = connect.api().containers.get(container).ports
    return tuple(
        Published(int(name.split("/")[0]), binding["HostIp"], int(binding["HostPort"]))
        for name, bindings in sorted(ports.items())
        for binding in bindings or ()
    )


def why_stopped(container: str) -> str:
    """State, exit code and last output of a container."""
    with asking():
        found = connect.api().containers.get(container)
        said = found.logs(tail=20).decode("utf-8", errors="replace").strip()
    state = found.attrs["State"]
    killed = ", out of memory" if state.get("OOMKilled") else ""
    reason = f"{state['Status']}, exit code {state['ExitCode']}{killed} {state['Error']}".strip()
    return f"{reason}\n{said}".strip()


def labelled(label: str, value: str) -> tuple[str, ...]:
    """Everything that carries the label."""
    chosen: dict[str, Any] = {"label": f"{label}={value}"}
    with asking():
        api = connect.api()
        containers = api.containers.list(all=True, ignore_removed=True, filters=chosen)
        networks = api.networks.list(filters=chosen)
        volumes = api.volumes.list(filters=chosen)
    return (
        *(f"container {item.name}" for item in containers),
        *(f"network {item.name}" for item in networks),
        *(f"volume {item.name}" for item in volumes),
    )


def projects() -> Mapping[str, tuple[str, ...]]:
    """What is ours, by Compose project."""
    with asking():
        api = connect.api()
        # Others remove theirs while ours are listed: docker-py looks at each by itself.
        has: dict[str, Any] = {
            "all": True,
            "ignore_removed": True,
            "filters": {"label": "devpod-gen.config"},
        }
        found: list[tuple[str, Any]] = [("container", one) for one in api.containers.list(**has)]
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


def volume_sizes() -> Mapping[str, int]:
    """The bytes that each volume holds.

    docker-py's own question is of images, too, which can take a minute.
    """
    with asking():
        api = connect.api().api
        url = f"{api.base_url}/v{api.api_version}/system/df"
        answer = api.get(url, params={"type": "volume"}, timeout=_ONCE)
        answer.raise_for_status()
        volumes = answer.json().get("Volumes") or ()
    return {one["Name"]: max(0, (one.get("UsageData") or {}).get("Size", 0)) for one in volumes}


@contextmanager
def asking() -> Iterator[None]:
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
