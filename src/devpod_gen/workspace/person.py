"""What git inside is told of whoever works there: name and e-mail address, as the host's git
has them. It comes in at run time and is in no image and no emitted file.

Format: git-config(1).
"""

import unicodedata
from pathlib import Path

from devpod_gen.engine import git
from devpod_gen.plan.model import Plan

_HELPER = "/usr/local/lib/devpod/git-credential"


def settings(root: Path, plan: Plan) -> str:
    """git's settings for a container of the clone at `root`."""
    lines = []
    keys = ("name", "email")
    found = git.global_settings(root, "user", *keys)
    known = [(key, found[key]) for key in keys if found.get(key)]
    if known:
        lines += ["[user]", *(f"\t{key} = {_quoted(value)}" for key, value in known)]
    if plan.credentials:
        lines += ["[credential]", f"\thelper = {_HELPER}"]
    return "".join(f"{line}\n" for line in lines)


def _quoted(value: str) -> str:
    """A value on one line; control characters are nobody's name, and bytes that are no UTF-8
    cannot be told to an engine. Spaces of other scripts, and what joins letters, are of names."""
    plain = "".join(char for char in value if unicodedata.category(char) not in ("Cc", "Cs"))
    escaped = plain.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
