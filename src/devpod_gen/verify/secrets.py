"""The image, looked through for secrets, wherever it came from."""

import time

from devpod_gen.engine.api import Engine
from devpod_gen.errors import EngineError, ImageError
from devpod_gen.verify.report import Check
from devpod_gen.workspace.scan import scan


def secrets_check(engine: Engine, image: str) -> Check:
    """No secret may be in any layer of the image, or in what describes it."""
    begun = time.monotonic()
    ok, detail = _look(engine, image)
    return Check("secrets", "host", ok, detail, time.monotonic() - begun)


def _look(engine: Engine, image: str) -> tuple[bool | None, str]:
    try:
        leaks = scan(engine, image)
    except (EngineError, ImageError) as error:
        return None, f"not run: {error.message}"
    if leaks:
        found = [leak.finding() for leak in leaks]
        return False, "\n".join(f"{finding.message}: {finding.where}" for finding in found)
    return True, "none is in a layer, the environment, labels, history or configuration"
