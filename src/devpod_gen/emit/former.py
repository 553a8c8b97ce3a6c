"""What a repo's own templates had made before: known by the list that was written with it.

The list is believed when it is, to the byte, what we wrote, and for such paths as a template
can make. Nothing else is ever removed, and nothing that was edited.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from devpod_gen import beneath
from devpod_gen.emit.file import RenderedFile, is_untouched, sha256_of, text_of
from devpod_gen.emit.paths import LIST
from devpod_gen.emit.tree import Change, State, compare
from devpod_gen.profile.template import is_name
from devpod_gen.regex import late

_LINE = late(r"([0-9a-f]{64})  (.+)")


def compare_all(root: Path, output: str, files: tuple[RenderedFile, ...]) -> tuple[Change, ...]:
    """Hold `files` against what is below `root`, and with them what was made before and is
    not any more. Reads only."""
    before = _listed(root, output)
    return (*compare(root, files, before), *_left(root, output, files, before))


def _listed(root: Path, output: str) -> dict[str, str]:
    """The files of the list that is there, by path, with the hashes that they had."""
    text, _ = text_of(beneath.read(root, f"{output}/{LIST}") or b"")
    if not is_untouched(text):
        return {}
    lines = (_LINE.fullmatch(line) for line in text.splitlines())
    return {f"{output}/{found[2]}": found[1] for found in lines if found and is_name(found[2])}


def _left(
    root: Path, output: str, files: tuple[RenderedFile, ...], before: Mapping[str, str]
) -> Iterator[Change]:
    """What is there of `before`, is as we wrote it, and is not made any more; and the list,
    where that is not."""
    made = {file.path for file in files}
    gone = {path: digest for path, digest in before.items() if path not in made}
    if before and f"{output}/{LIST}" not in made:
        gone[f"{output}/{LIST}"] = ""
    for path, digest in sorted(gone.items()):
        content = beneath.read(root, path)
        text, windows = text_of(content or b"")
        if content is None or digest not in ("", sha256_of(text)):
            continue
        yield Change(RenderedFile(path, ""), State.LEFT, text, windows)
