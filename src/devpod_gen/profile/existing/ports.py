"""Ports, as files of others write them."""

import re

from devpod_gen.profile.existing import variables


def is_port(value: object) -> bool:
    """Whether a value is the number of a port."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536


def plain_label(label: object) -> str | None:
    """A label that a profile can hold; None for anything else."""
    plain = (
        isinstance(label, str) and label.isprintable() and len(label) <= 60 and "${" not in label
    )
    return str(label) if plain else None


def numbers(entry: object) -> tuple[int | None, int | None]:
    """The port inside, and the one on the host, of an entry of a compose file's `ports`."""
    if isinstance(entry, dict):
        if entry.get("protocol", "tcp") != "tcp":
            return None, None
        return _number(entry.get("target")), _number(entry.get("published"))
    text = (variables.expanded(str(entry)) or str(entry)).removesuffix("/tcp")
    outer, _, inside = text.rpartition(":")
    return _number(inside), _number(outer.rpartition(":")[2])


def _number(value: object) -> int | None:
    text = variables.expanded(str(value)) or ""
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else None
