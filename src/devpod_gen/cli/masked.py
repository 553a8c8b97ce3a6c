"""What others print, with stars for the workspace's secrets."""

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, BinaryIO

from devpod_gen.cli.options import Repo, trusted_plan_of

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine
    from devpod_gen.engine.model import Container
    from devpod_gen.workspace.secrecy.mask import Mask


def secrets_inside(repo: Repo, engine: "Engine", container: "Container") -> tuple[bytes, ...]:
    """The values to hide: those that are inside; of a workspace that does not run, or has been
    started again without them, those that the sources have. Raises SecretUnavailable, and
    Untrusted: nothing is printed unmasked."""
    if container.running:
        from devpod_gen.workspace.secrecy.feed import values_inside  # noqa: PLC0415

        inside = values_inside(engine, container)
        if inside is not None:
            return tuple(inside.values())
    from devpod_gen.workspace.secrecy.source import require  # noqa: PLC0415

    return tuple(one.content for one in require(trusted_plan_of(repo).secrets, repo.root))


def relay_masked(command: list[str], values: Iterable[bytes], env: Mapping[str, str]) -> int:
    """Run the command, and print what it says without these values; its exit code."""
    from devpod_gen.engine.relay import relay  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.secrecy.mask import Mask  # noqa: PLC0415

    mask = Mask().of(values)
    out, errors = (_printer(mask, one.buffer) for one in (sys.stdout, sys.stderr))
    return relay(command, out, errors, env=env)


def _printer(mask: "Mask", stream: BinaryIO) -> Callable[[bytes], None]:
    from devpod_gen.workspace.secrecy.mask import Stream  # noqa: PLC0415

    pieces = Stream(mask)

    def take(piece: bytes) -> None:
        stream.write(pieces.more(piece) if piece else pieces.rest())
        stream.flush()

    return take
