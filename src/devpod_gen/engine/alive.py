"""Whether an engine is there: what it says itself, when its client has failed. The client's words
are no witness: a build prints those of its steps, and an engine that dies leaves other ones."""

from devpod_gen.engine import wire


def require() -> None:
    """Raises EngineError unless an engine answers now, and says that it is well."""
    wire.require(wire.ask("GET", "/_ping"))
