"""What a repo is made of: its stacks, the main one first, and the versions it states.

Only the root, and the members that it declares, are looked at; only files that a stack
names are read. So the size of the repo does not matter.
"""

from pathlib import Path

from devpod_gen.profile.below import below
from devpod_gen.profile.root import Root, root
from devpod_gen.profile.rule import Kind, ManagerRule
from devpod_gen.profile.sign import signs
from devpod_gen.profile.stacks import Stack
from devpod_gen.profile.wording import printable
from devpod_gen.value import dataclass

_STRENGTH: tuple[Kind, ...] = ("pin", "floor", "range")


@dataclass(frozen=True, slots=True)
class FoundStack:
    """A stack, whether it is the main one, and the entry of the repo that says so."""

    name: str
    primary: bool
    evidence: str


@dataclass(frozen=True, slots=True)
class FoundVersion:
    """A version that the repo states. `value` is as written there."""

    tool: str
    value: str
    kind: Kind
    source: str


@dataclass(frozen=True, slots=True)
class FoundManager:
    """The package manager of a stack, and where the repo says so."""

    stack: str
    name: str
    version: str | None
    source: str


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found. No stack at all is an answer, too: `reason` says why."""

    stacks: tuple[FoundStack, ...]
    versions: tuple[FoundVersion, ...]
    managers: tuple[FoundManager, ...]
    reason: str


def detect(folder: Path, stacks: tuple[Stack, ...]) -> Detection:
    """Look at the repo in `folder`. Never raises; nothing is executed."""
    repo = root(folder)
    shown = signs(repo, stacks)
    found = [sign.stack for sign in shown]
    return Detection(
        stacks=tuple(
            FoundStack(sign.stack.name, index == 0, printable(sign.evidence))
            for index, sign in enumerate(shown)
        ),
        versions=_versions(repo, found),
        managers=tuple(manager for stack in found if (manager := _manager(repo, stack))),
        reason="" if shown else _reason(repo, stacks),
    )


def _versions(repo: Root, stacks: list[Stack]) -> tuple[FoundVersion, ...]:
    """For each tool, the strongest statement."""
    found: dict[str, FoundVersion] = {}
    sources = [
        source
        for stack in stacks
        for source in stack.versions
        if not any(map(repo.holds, source.unless))
    ]
    for source in sorted(sources, key=lambda source: _STRENGTH.index(source.kind)):
        if source.tool not in found and (said := repo.value(source.place)):
            value, file = said
            where = printable(source.place.source(file))
            found[source.tool] = FoundVersion(source.tool, value, source.kind, where)
    return tuple(found[tool] for tool in dict.fromkeys(x.tool for x in sources) if tool in found)


def _manager(repo: Root, stack: Stack) -> FoundManager | None:
    """The first that the stack's rules find."""
    for rule in stack.managers:
        if said := _said(repo, rule):
            version, file = said
            where = printable(rule.place.source(file))
            return FoundManager(stack.name, rule.name, version, where)
    return None


def _said(repo: Root, rule: ManagerRule) -> tuple[str | None, str] | None:
    if rule.when and not any(repo.holds(condition) for condition in rule.when):
        return None
    if rule.place.pattern:
        return repo.value(rule.place)
    names = (name for file in rule.place.files for name in repo.matching(file))
    return next(((None, name) for name in names), None)


def _reason(repo: Root, stacks: tuple[Stack, ...]) -> str:
    if not repo.names:
        return "the folder is empty, or cannot be read"
    shown = [name for name in repo.names if not name.startswith(".")] or list(repo.names)
    more = f", and {len(shown) - 6} more" if len(shown) > 6 else ""
    hints = below(repo, stacks)
    deeper = f"; one level down: {', '.join(hints)}" if hints else ""
    return printable(f"no marker at the root: {', '.join(shown[:6])}{more}{deeper}")
