"""Where a secret must not be. Each place is one line in `PLACES`: who adds a way for a value
to get somewhere adds the place, and the tests ask for a planted leak of each."""

from collections.abc import Callable, Mapping
from typing import Literal

from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy import around, beside, imaged, within
from devpod_gen.workspace.secrecy.scope import Look, Scope

Of = Literal["image", "container", "host"]

KINDS: tuple[Of, ...] = ("image", "container", "host")


@dataclass(frozen=True, slots=True)
class Place:
    """A kind of place: what it is a part of, and how it is looked through."""

    of: Of
    search: Callable[[Scope, Look], None]


PLACES: Mapping[str, Place] = {
    "image layers": Place("image", imaged.layers),
    "image history": Place("image", imaged.history),
    "image environment": Place("image", imaged.environment),
    "image labels": Place("image", imaged.labels),
    "image configuration": Place("image", imaged.configuration),
    "container environment": Place("container", within.environment),
    "container labels": Place("container", within.labels),
    "container configuration": Place("container", within.configuration),
    "container files": Place("container", within.files),
    "container memory": Place("container", within.memory),
    "container volumes": Place("container", within.volumes),
    "container logs": Place("container", within.logs),
    "process arguments inside": Place("container", within.arguments),
    "environment of process 1": Place("container", within.environment_of_init),
    "networks and volumes": Place("container", within.networks_and_volumes),
    "services": Place("container", beside.configuration),
    "services' logs": Place("container", beside.logs),
    "process arguments": Place("host", around.arguments),
    "generated files": Place("host", around.generated),
    "compose configuration": Place("host", around.compose),
    "data folder": Place("host", around.data),
    "state folder": Place("host", around.state),
    "cache folder": Place("host", around.cache),
    "temporary files": Place("host", around.temporary),
    "core dumps": Place("host", around.cores),
}
