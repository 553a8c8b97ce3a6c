"""A repo's own templates, in .devpod/templates: texts by a stranger, read and not rendered.

`<path>.j2` makes the file `<path>` in the folder of emitted files; one whose name begins with
`_` makes none, and is for others to include. What they may be called is closed: nothing that
a tool would read by itself, and nothing of ours.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from devpod_gen.errors import Finding, HostError, ProfileError
from devpod_gen.profile import bounds
from devpod_gen.profile.contents import Contents, contents
from devpod_gen.profile.wording import printable
from devpod_gen.regex import late
from devpod_gen.value import dataclass

PLACE = ".devpod/templates"
MOST = 50
"""A repo may have so many templates."""
LARGEST = 64 * 1024
"""Bytes of one of them."""
DEEPEST = 4
"""Folders and name of a path."""

_PART = late(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")
_OF_TOOLS = late(
    r"devcontainer.*\.jsonc?|(?:docker-)?compose.*\.ya?ml|templates\.sha256|.*\.(?:bak[0-9]*|lock)"
)
"""In any folder: clients offer what is called so, and run its commands on the host."""
_OURS = ("gateway", "kubernetes")
_OF_WINDOWS = late(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?")


@dataclass(frozen=True, slots=True)
class Template:
    """`name`: its path below `PLACE`, with the ending `.j2`."""

    name: str
    text: str

    @property
    def place(self) -> str:
        """Its path in the repo."""
        return f"{PLACE}/{self.name}"

    @property
    def digest(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def makes(self) -> str | None:
        """The path of what it makes, below the folder of emitted files."""
        path = self.name.removesuffix(".j2")
        return None if path.rpartition("/")[2].startswith("_") else path


def own_templates(root: Path) -> tuple[Template, ...]:
    """The repo's, by name. Raises ProfileError with every finding, HostError for what cannot
    be read."""
    folder = root / PLACE
    try:
        if not folder.is_symlink() and not folder.is_dir():
            return ()
        if folder.resolve() != root.resolve() / PLACE:
            raise invalid((Finding(PLACE, "is a link: templates must be in the repo"),))
        found = contents(folder, PLACE)
        others = {path.stem.lower() for path in (root / ".devpod").glob("*.toml")}
    except OSError as error:
        message = f"the repo's templates cannot be read: {error.strerror}"
        raise HostError(message, where=PLACE, fix="make them readable") from error
    problems = (*found.problems, *_problems(found, others))
    if problems:
        raise invalid(problems)
    return tuple(Template(name, text.decode()) for name, text in sorted(found.files.items()))


def invalid(problems: tuple[Finding, ...]) -> ProfileError:
    """The error for templates that cannot be used."""
    return ProfileError(
        "a template of this repo's own is not valid",
        findings=problems,
        fix="correct it; docs/templates.md says what a template may be",
    )


def is_name(path: str) -> bool:
    """Whether a template could make a file of this path."""
    return _of_name(f"{path}.j2", set()) is None


def _problems(found: Contents, profiles: set[str]) -> Iterator[Finding]:
    if len(found.files) > MOST:
        yield Finding(PLACE, f"holds more than {MOST} templates")
        return
    for name in found.links:
        yield Finding(printable(f"{PLACE}/{name}"), "is a link: a template must be a file")
    seen: dict[str, str] = {}
    for name, content in found.files.items():
        place = printable(f"{PLACE}/{name}")
        problem = _of_name(name, profiles) or _of_text(content)
        twin = seen.setdefault(name.lower(), name)
        if not problem and twin != name:
            problem = f"differs from {printable(twin)} in upper and lower case only"
        if problem:
            yield Finding(place, problem)
        else:
            yield from bounds.hidden(content.decode(), place)


def _of_name(name: str, profiles: set[str]) -> str | None:
    parts = name.removesuffix(".j2").split("/")
    if not name.endswith(".j2"):
        return "is no template: a template's name ends with .j2"
    if len(parts) > DEEPEST:
        return f"lies too deep: at most {DEEPEST - 1} folders"
    lower = [part.lower() for part in parts]
    if not all(_PART.fullmatch(part) and not part.endswith(".") for part in parts) or any(
        _OF_WINDOWS.fullmatch(part) for part in lower
    ):
        return "is no name for a file: letters, digits and . _ -, no dot at an end"
    if any(_OF_TOOLS.fullmatch(part) for part in lower):
        return "would make a file that tools read by themselves: the profile says what is in those"
    if lower[0] in _OURS or (len(parts) > 1 and lower[0] in profiles):
        return f"would make a file in devpod-gen's own folder {lower[0]}"
    return None


def _of_text(content: bytes) -> str | None:
    if len(content) > LARGEST:
        return f"is larger than {LARGEST // 1024} KiB"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return "is not UTF-8"
    return None
