"""What several files say, brought together: the first that says a thing is who says it."""

from dataclasses import field, replace
from typing import Any

from devpod_gen.profile.bounds import MOST
from devpod_gen.profile.detect import Detection
from devpod_gen.profile.existing.depends import with_depends
from devpod_gen.profile.existing.features import is_version
from devpod_gen.profile.existing.fitting import fitting
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing
from devpod_gen.profile.existing.mounts import Room
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import shown
from devpod_gen.value import dataclass

_MOST = 128 * 1024  # characters of all that is taken over: a profile may have 256 KiB
_Pairs = tuple[tuple[Any, Any], ...]


@dataclass(slots=True)
class _Heard:
    """What was said of one kind of thing, and by whom."""

    kind: str
    by_key: dict[Any, tuple[Any, str]] = field(default_factory=dict)

    def first(self, pairs: _Pairs, source: str, left: list[LeftOut]) -> _Pairs:
        """The pairs that nobody said; one that was said otherwise is named."""
        new = []
        for key, value in pairs:
            if key not in self.by_key:
                self.by_key[key] = value, source
                new.append((key, value))
            elif self.by_key[key][0] != value:
                reason = f"{self.by_key[key][1]} says otherwise"
                left.append(LeftOut(f"{self.kind}: {shown(key)}", reason))
        return tuple(new)

    def new(self, keys: tuple[Any, ...], source: str) -> tuple[Any, ...]:
        """The keys that nobody said."""
        return tuple(key for key, _ in self.first(tuple((key, key) for key in keys), source, []))


def settle(
    found: tuple[Existing, ...], detection: Detection, known: tuple[Stack, ...]
) -> tuple[Existing, ...]:
    """The same files in the same order, each with what no earlier one, and no detection, says."""
    heard = {kind: _Heard(kind) for kind in ("tools", "env", "settings", "hooks", "services")}
    heard |= {
        kind: _Heard(kind) for kind in ("mounts", "packages", "extensions", "ports", "stacks")
    }
    for version in detection.versions:
        if is_version(version.value):
            heard["tools"].by_key[version.tool] = version.value, version.source
    stacks = _Stacks(known, [stack.name for stack in detection.stacks])
    caches = (cache for stack in known for cache in stack.caches)
    room = Room(tuple(path for _, folders in caches for path in folders))
    settled = []
    length = commas = 0
    for one in map(fitting, found):
        length, commas = length + len(repr(one)), commas + repr(one).count(",")
        settled.append(
            _settled(one, heard, stacks, room)
            if length <= _MOST and commas <= MOST
            else nothing(one.source, "is left: the files before it say much already")
        )
    return with_depends(tuple(settled))


@dataclass(slots=True)
class _Stacks:
    known: tuple[Stack, ...]
    chosen: list[str]

    def new(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those that are needed, too: there is one, and its tool is not there yet."""
        there = {
            tool.name for stack in self.known if stack.name in self.chosen for tool in stack.tools
        }
        names = tuple(
            name
            for name in dict.fromkeys(names)
            if name not in self.chosen
            and name not in there
            and any(stack.name == name for stack in self.known)
        )
        self.chosen += names
        return names


def _settled(one: Existing, heard: dict[str, _Heard], stacks: _Stacks, room: Room) -> Existing:
    left: list[LeftOut] = []

    def first(kind: str, pairs: _Pairs) -> _Pairs:
        return heard[kind].first(pairs, one.source, left)

    ports = dict(heard["ports"].first(tuple((x.port, x) for x in one.ports), one.source, []))
    packages = heard["packages"].new(one.packages, one.source)
    mounts = first("mounts", tuple((x.target, x) for x in one.mounts))
    services = first("services", tuple((x.name, x) for x in one.services))
    return replace(
        one,
        stacks=stacks.new(one.stacks),
        tools=first("tools", one.tools),
        packages=packages,
        suggested=heard["packages"].new(one.suggested, one.source),
        env=first("env", one.env),
        ports=tuple(ports.values()),
        extensions=heard["extensions"].new(one.extensions, one.source),
        settings=first("settings", one.settings),
        hooks=tuple(hook for _, hook in first("hooks", tuple((x.name, x) for x in one.hooks))),
        services=tuple(service for _, service in services),
        mounts=tuple(room.apart([mount for _, mount in mounts], left)),
        left_out=(*one.left_out, *left),
    )
