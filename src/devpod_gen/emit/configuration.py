"""What a container is labelled with, as a compose.yaml of ours says it."""

import re

from devpod_gen.emit.file import sha256_of
from devpod_gen.errors import InternalError
from devpod_gen.regex import late

# At that depth there are labels only, and variables, whose names have no hyphen.
_CONFIG = late(r'^      devpod-gen\.config: "([0-9a-f]{16})"$', re.MULTILINE)


def config_by(text: str) -> str:
    """By what is in a compose.yaml: its header does not count."""
    return sha256_of(text.partition("services:")[2])[:16]


def config_in(text: str) -> str:
    """The same, as a compose.yaml that was emitted says it."""
    match = _CONFIG.search(text)
    if not match:
        message = "a compose file of ours does not say its configuration"
        raise InternalError(message, where="compose.yaml", fix="report it")
    return match[1]


def with_config(text: str, config: str | None = None) -> str:
    """A compose.yaml of ours that says another configuration: by default its own, by what is
    in it, as `config_of` counts it. One that says none is left as it is."""
    if config is None:
        config = config_by(_CONFIG.sub('      devpod-gen.config: ""', text))
    return _CONFIG.sub(f'      devpod-gen.config: "{config}"', text)
