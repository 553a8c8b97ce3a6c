"""Which stacks a repo shows, and what shows each: markers weighed as their rules say."""

from devpod_gen.profile.members import members
from devpod_gen.profile.root import Root
from devpod_gen.profile.rule import Marker
from devpod_gen.profile.stacks import Stack
from devpod_gen.value import dataclass

# How much a sign weighs; of two alike, the stack's rank decides.
_STRONG, _WEAK, _LAST = range(3)
_WEIGHTS = {"strong": _STRONG, "weak": _WEAK, "last": _LAST}


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry of the repo that says a stack."""

    weight: int
    stack: Stack
    evidence: str

    @property
    def strong(self) -> bool:
        """Whether it says the stack without a doubt."""
        return self.weight == _STRONG

    @property
    def place(self) -> tuple[int, int, str]:
        """By which signs are sorted: the least is the main one's."""
        return self.weight, self.stack.rank, self.stack.name


def signs(repo: Root, stacks: tuple[Stack, ...]) -> list[Sign]:
    """One for each stack that is there, the main one first."""
    here = {stack.name: sign for stack in stacks if (sign := _sign(repo, stack))}
    if here:  # members say more of a repo, but never that it is one
        for stack, evidence in _in_members(repo, stacks):
            here.setdefault(stack.name, Sign(_WEAK, stack, evidence))
    ordered = sorted(here.values(), key=lambda sign: sign.place)
    return [sign for sign in ordered if sign.weight < _LAST] or ordered[:1]


def _sign(repo: Root, stack: Stack) -> Sign | None:
    """The strongest sign of the stack; a source file is one where no marker is."""
    found = [
        Sign(_weight(repo, marker), stack, name)
        for marker in stack.signs
        if (name := _met(repo, marker))
    ]
    found += [Sign(_WEAK, stack, name) for glob in stack.sources for name in repo.matching(glob)]
    return min(found, key=lambda sign: sign.weight, default=None)


def _met(repo: Root, marker: Marker) -> str | None:
    """The entry that meets the marker."""
    names = repo.matching(marker.file)
    if not names or any(repo.holds(condition) for condition in marker.unless):
        return None
    when = not marker.when or any(repo.holds(condition) for condition in marker.when)
    return names[0] if when else None


def _weight(repo: Root, marker: Marker) -> int:
    weight = _WEIGHTS[marker.weight]
    weak = any(map(repo.holds, marker.weak_when)) or (
        marker.weak_unless and not any(map(repo.holds, marker.weak_unless))
    )
    return max(_WEAK, weight) if weak else weight


def _in_members(repo: Root, stacks: tuple[Stack, ...]) -> list[tuple[Stack, str]]:
    """The stacks that the declared members show strongly, and which entry does."""
    places = tuple(place for stack in stacks for place in stack.members)
    return [
        (stack, (member.folder / sign.evidence).relative_to(repo.folder).as_posix())
        for member in members(repo, places)
        for stack in stacks
        if (sign := _sign(member, stack)) and sign.strong
    ]
