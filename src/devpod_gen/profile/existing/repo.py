"""A repo whose files are read, each once."""

from collections.abc import Callable, Iterator
from dataclasses import field
from pathlib import Path

from devpod_gen.profile.existing.files import UnreadError, read
from devpod_gen.profile.existing.model import Existing, nothing
from devpod_gen.value import dataclass


@dataclass(slots=True)
class Repo:
    """The folder, and which texts are `ours`, of devpod-gen itself."""

    root: Path
    ours: Callable[[str], bool]
    seen: set[str] = field(default_factory=set)
    """Files that were read, or are ours."""

    def there(self, name: str) -> bool:
        """Whether there is such a file that nobody has read yet."""
        try:
            return name not in self.seen and (self.root / name).is_file()
        except (OSError, ValueError):
            return False

    def text(self, name: str) -> dict[str, str]:
        """The file's text by its name; empty for one of ours. Raises UnreadError."""
        self.seen.add(name)
        text = read(self.root, name)
        return {} if self.ours(text) else {name: text}

    def heard(self, name: str, parse: Callable[[str, str], Existing]) -> Iterator[Existing]:
        """What a file says, or why it says nothing. One of ours says nothing at all."""
        try:
            for source, text in self.text(name).items():
                yield parse(text, source)
        except UnreadError as error:
            yield nothing(name, str(error))
