"""A folder of a repo as detection sees it: its entries, and the few files that rules name."""

import os
from dataclasses import field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from devpod_gen.profile import document
from devpod_gen.profile.rule import Condition, Place
from devpod_gen.value import dataclass

_LONGEST = 100  # characters of a value: no version is longer
_MOST = 20  # of the files that a glob names, so many are read


@dataclass(frozen=True, slots=True)
class Root:
    """One folder. What cannot be read says nothing; nothing here raises."""

    folder: Path
    names: dict[str, None]
    """Every entry, sorted; a folder's ends in a slash."""
    _endings: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _texts: dict[str, str | None] = field(default_factory=dict, repr=False)
    _documents: dict[str, Any] = field(default_factory=dict, repr=False)

    def matching(self, file: str) -> tuple[str, ...]:
        """The entries that a rule's file names: one by name, one below by path, or by glob."""
        if "*" in file:
            return tuple(name for name in self._ending(file) if fnmatchcase(name, file))
        if "/" in file.rstrip("/"):
            return (file,) if self.text(file) is not None else ()
        return (file,) if file in self.names else ()

    def holds(self, condition: Condition) -> bool:
        """Whether any entry that the condition names says what it asks for."""
        names = self.matching(condition.file)
        if not condition.key and condition.contains is None:
            return bool(names)
        return any(self._says(name, condition) for name in names[:_MOST])

    def value(self, place: Place) -> tuple[str, str] | None:
        """The value that stands at a place, and the file in which it does."""
        for file in place.files:
            for name in self.matching(file)[:_MOST]:
                if value := self._value(name, place):
                    return value, name
        return None

    def text(self, name: str) -> str | None:
        """A file's text; None for what is no readable file of a sensible size."""
        if name not in self._texts:
            self._texts[name] = document.text(self.folder / name)
        return self._texts[name]

    def at(self, name: str, key: tuple[str, ...]) -> Any:
        """What a JSON or TOML document holds at a key; None if nothing."""
        if name not in self._documents:
            self._documents[name] = document.document(Path(name).suffix, self.text(name) or "")
        value = self._documents[name]
        for part in key:
            value = value.get(part) if isinstance(value, dict) else None
        return value

    def _ending(self, glob: str) -> list[str]:
        """The entries that end as the glob does: a root may have 100,000 of them."""
        if not self._endings:
            for name in self.names:
                self._endings.setdefault(name.rpartition(".")[2], []).append(name)
        return self._endings.get(glob.rpartition(".")[2], [])

    def _says(self, name: str, condition: Condition) -> bool:
        said = self.at(name, condition.key) if condition.key else self.text(name)
        if condition.contains is None:
            return said not in (None, "", [], {}, False)
        return isinstance(said, str) and bool(document.search(condition.contains, said))

    def _value(self, name: str, place: Place) -> str | None:
        said: Any = self.at(name, place.key) if place.key else self.text(name)
        if place.pattern is not None:
            said = document.plain(said)
        if not isinstance(said, str):
            return None
        if place.pattern is not None:
            match = document.search(place.pattern, said)
            said = match[1] if match else ""
        said = said.strip()
        return said if len(said) <= _LONGEST and said.isprintable() else None


def root(folder: Path) -> Root:
    """A folder as it is now; one that cannot be listed is empty."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name + "/" * _is_folder(entry) for entry in entries)
    except OSError:
        names = []
    return Root(folder, dict.fromkeys(names))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False
