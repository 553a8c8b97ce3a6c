"""An image that was built gets its name when it was scanned and no secret was found."""

from collections.abc import Callable
from dataclasses import replace

from devpod_gen.engine.api import Engine
from devpod_gen.errors import SecretFound
from devpod_gen.plan.image import REPOSITORY
from devpod_gen.plan.model import Layer
from devpod_gen.workspace.scan import Leak, holds_any, scan


def candidate(last: Layer) -> Layer:
    """The last image of a chain, under the name that it has until it is approved.

    Nothing looks for that name but the next build, which scans what it finds there.
    """
    return replace(last, ref=f"{REPOSITORY}/unscanned:{last.ref.rpartition(':')[2]}")


def approve(engine: Engine, chain: tuple[Layer, ...], say: Callable[[str], None]) -> None:
    """Scan the candidate of a chain and give it its name.

    Raises SecretFound when there is a secret in it: then the images of the chain that hold
    it have lost their names.
    """
    last = chain[-1]
    held = candidate(last).ref
    found = engine.image(held)
    if not found and engine.image(last.ref):
        return  # another build of the same was quicker
    say(f"scanning {last.ref}")
    leaks = scan(engine, found.id if found else held)
    if leaks:
        for ref in (held, *(layer.ref for layer in reversed(chain[:-1]))):
            if engine.image(ref) and holds_any(engine.parts(ref), leaks):
                engine.untag(ref)
        raise _found(last.ref, leaks)
    engine.tag(found.id if found else held, last.ref)
    engine.untag(held)


def _found(ref: str, leaks: tuple[Leak, ...]) -> SecretFound:
    count = "a secret" if len(leaks) == 1 else f"{len(leaks)} secrets"
    return SecretFound(
        f"the image holds {count}; its name was taken away",
        where=ref,
        fix="take it out of what the image is made of, give it at run time, and build again",
        findings=tuple(leak.finding() for leak in leaks),
    )
