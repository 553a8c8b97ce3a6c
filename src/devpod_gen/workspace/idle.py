"""What keeps a workspace up, as the watch inside it (`/usr/local/lib/devpod/idle`) sees it."""

from devpod_gen.engine.api import Engine
from devpod_gen.errors import EngineError
from devpod_gen.plan.resolve import IDLE_CPU
from devpod_gen.value import dataclass

_WATCH = "/usr/local/lib/devpod/idle"
_SCRIPT = f'[ -x {_WATCH} ] || exit 98; exec {_WATCH} why "${{DEVPOD_IDLE_CPU:-{IDLE_CPU}}}"'
_NO_WATCH = 98


@dataclass(frozen=True, slots=True)
class Awake:
    """What is used now, a line each. `idle` and `timeout` in seconds; None: it never stops."""

    reasons: tuple[str, ...]
    idle: int | None
    timeout: int | None


def why_awake(engine: Engine, container: str, name: str) -> Awake:
    """Ask the watch of a container, by its id. It takes a second, in which the CPU is measured.

    Raises EngineError, which says the workspace's `name`.
    """
    result = engine.exec(container, ["sh", "-c", _SCRIPT], user="root", timeout=10)
    if result.code == _NO_WATCH:
        return Awake(("the image is not one of ours: nothing inside watches for use",), None, None)
    if not result.ok:
        message = "the workspace did not say what keeps it up"
        raise EngineError(message, where=name, fix="run it again", detail=result.last_lines(3))
    lines = result.output.splitlines()
    # The watch's own state is the last line: `idle: 12 of 1800 s`.
    if lines and lines[-1].startswith("idle: "):
        words = lines.pop().split()
        return Awake(tuple(lines), int(words[1]), int(words[3]))
    return Awake(tuple(lines), None, None)
