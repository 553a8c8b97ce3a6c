"""In which order a Compose project's containers are stopped, or started, and side by side."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from devpod_gen.engine.model import SERVICE

_Found = dict[str, Any]


def each(act: Callable[[_Found], None], items: Sequence[_Found]) -> None:
    """Side by side where there are several; the engine takes its time for each."""
    if len(items) == 1:
        act(items[0])
    elif items:
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - 5 ms

        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(act, items))


def waves(containers: Sequence[_Found]) -> Iterator[list[_Found]]:
    """Those that no other one depends on first, as Compose stops them."""
    left = list(containers)
    while left:
        needed = {name for one in left for name in _depends(one)}
        wave = [one for one in left if service(one) not in needed] or left
        yield wave
        left = [one for one in left if one not in wave]


def service(container: _Found) -> str:
    """What Compose calls it."""
    return str((container.get("Labels") or {}).get(SERVICE, ""))


def _depends(container: _Found) -> set[str]:
    """The services that it depends on: `NAME:CONDITION:RESTART,…` by Compose."""
    told = str((container.get("Labels") or {}).get("com.docker.compose.depends_on", ""))
    return {part.partition(":")[0] for part in told.split(",") if part} - {service(container)}
