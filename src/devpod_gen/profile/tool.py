"""The tools of a stack, and the versions of each that can be had without mise."""

from typing import Any

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Brought:
    """A version that the stack's image can have, and what its recipe needs for it: Debian
    packages, the suite of Debian that has them (None: the image's own), build arguments."""

    version: str
    packages: tuple[str, ...]
    suite: str | None
    args: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool of the stack. `versions`: the default one first; without any, mise brings
    `mise_default`."""

    name: str
    versions: tuple[Brought, ...]
    mise_default: str | None
    command: str
    pattern: str
    mise: str

    @property
    def distribution(self) -> str | None:
        """The version that the image has where nothing is pinned."""
        return self.versions[0].version if self.versions else None


def tool(name: str, entry: dict[str, Any]) -> Tool:
    """Of one table of `[tools]`."""
    default = [_brought(entry, "distribution")] if "distribution" in entry else []
    return Tool(
        name=name,
        versions=(*default, *(_brought(other, "version") for other in entry.get("also", ()))),
        mise_default=entry.get("mise_default"),
        command=entry["command"],
        pattern=entry["pattern"],
        mise=entry["mise"],
    )


def _brought(entry: dict[str, Any], key: str) -> Brought:
    return Brought(
        version=entry[key],
        packages=tuple(entry.get("packages", ())),
        suite=entry.get("suite"),
        args=tuple(entry.get("args", {}).items()),
    )
