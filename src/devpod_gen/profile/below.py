"""What the folders of a root say that says nothing itself: hints for a person, no answer.

A repo of samples and one whose code is a folder deeper look alike from here; so nothing is
chosen from this.
"""

from devpod_gen.profile.members import is_code
from devpod_gen.profile.root import Root, root
from devpod_gen.profile.sign import signs
from devpod_gen.profile.stacks import Stack

_FOLDERS = 24  # so many are looked into,
_ENTRIES = 20_000  # and none after so many entries: a hint may not take long
_SHOWN = 6


def below(repo: Root, stacks: tuple[Stack, ...]) -> tuple[str, ...]:
    """The entries that say a stack one level down, as `bindings/setup.py`; a few of them."""
    found: list[str] = []
    seen = 0
    folders = [name for name in repo.names if name.endswith("/") and is_code(name[:-1])]
    for name in folders[:_FOLDERS]:
        folder = root(repo.folder / name)
        found += [f"{name}{sign.evidence}" for sign in signs(folder, stacks)[:1] if sign.strong]
        seen += len(folder.names)
        if seen > _ENTRIES or len(found) == _SHOWN:
            break
    return tuple(found)
