"""No secret where it must not be: every place, looked through for all values at once."""

import tarfile
from collections.abc import Iterable

from devpod_gen.errors import DevpodError
from devpod_gen.value import dataclass
from devpod_gen.workspace.secrecy.forms import is_telling
from devpod_gen.workspace.secrecy.hunt import Spot, hunt_for
from devpod_gen.workspace.secrecy.places import KINDS, PLACES, Of
from devpod_gen.workspace.secrecy.scope import Scope
from devpod_gen.workspace.secrecy.value import Value


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of a search: where secrets were found, which places were looked through, and
    which could not be, with the reason. `left_out`: secrets that could not be told from other
    text, so that nothing was looked for."""

    spots: tuple[Spot, ...]
    looked: tuple[str, ...]
    closed: tuple[tuple[str, str], ...]
    left_out: tuple[str, ...] = ()

    def and_then(self, other: "Audit") -> "Audit":
        """Both as one."""
        return Audit(
            (*self.spots, *other.spots),
            (*self.looked, *other.looked),
            (*self.closed, *other.closed),
            tuple(sorted({*self.left_out, *other.left_out})),
        )


def audit(scope: Scope, values: Iterable[Value], of: Iterable[Of] = KINDS) -> Audit:
    """Look for the values in every place of these kinds. It never raises for one of them."""
    every, kinds = tuple(values), frozenset(of)
    hunt = hunt_for(every)
    left_out = sorted({one.plan.name for one in every if not is_telling(one.content)})
    looked: list[str] = []
    closed: list[tuple[str, str]] = []
    for name, place in PLACES.items():
        if place.of not in kinds:
            continue
        try:
            place.search(scope, lambda where, text, name=name: hunt.look(name, where, text))  # type: ignore[misc]
        except (DevpodError, OSError, tarfile.TarError) as error:
            closed.append((name, hunt.mask.text(str(error))))
        else:
            looked.append(name)
    return Audit(tuple(hunt.spots), tuple(looked), tuple(closed), tuple(left_out))
