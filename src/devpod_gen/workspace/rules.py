"""What a secret looks like, and where in a text one is. The rules are data: rules.toml."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from devpod_gen.value import dataclass

_BEFORE = 256
"""How far before its keyword a match may begin."""

# Rare ones first: a search stops at each. Measured on programs and on JavaScript, a search
# for a literal runs at 1.5 GB/s whatever it looks back at; one for a set of bytes at 0.3.
_ANCHORS = "_-AKYJ.:"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of secret; rules.toml says what each part means."""

    id: str
    what: str
    pattern: re.Pattern[bytes]
    keywords: tuple[bytes, ...] = ()
    only: re.Pattern[str] | None = None
    allow: re.Pattern[str] | None = None
    settings: bool = True
    length: int = 4096

    def counts_in(self, path: str | None) -> bool:
        """Whether it is to be looked for in the file at `path`; None: in settings."""
        if path is None:
            return self.settings
        if self.only and not self.only.search(f"/{path}"):
            return False
        return not (self.allow and self.allow.search(f"/{path}"))


@dataclass(frozen=True, slots=True)
class Hit:
    """A secret in a text. The value is for masking only: it is never told."""

    rule: Rule
    value: bytes


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules, made ready to be searched for in one pass an anchor, not one a keyword."""

    rules: tuple[Rule, ...]
    example: re.Pattern[bytes] | None
    searches: tuple[tuple[re.Pattern[bytes], tuple[Rule, ...]], ...]
    """Patterns whose groups are keywords, and the rule of each group."""
    special: re.Pattern[str] | None
    """Paths of files in which a rule without a keyword may count."""

    def hits(self, text: bytes, path: str | None) -> Iterator[Hit]:
        """The secrets in `text`, a part of the file at `path`; None: in settings."""
        if path is None or (self.special and self.special.search(f"/{path}")):
            for rule in self.rules:
                if not rule.keywords and rule.counts_in(path):
                    yield from self._matches(rule, text, 0, len(text))
        for search, rules in self.searches:
            for found in search.finditer(text):
                rule = rules[(found.lastindex or 1) - 1]
                if rule.counts_in(path):
                    start = max(found.start() - _BEFORE, 0)
                    yield from self._matches(rule, text, start, found.end() + rule.length)

    def _matches(self, rule: Rule, text: bytes, start: int, end: int) -> Iterator[Hit]:
        for match in rule.pattern.finditer(text, start, end):
            value = match["value"] if "value" in rule.pattern.groupindex else match[0]
            if not (self.example and self.example.search(value)):
                yield Hit(rule, value)


def rules_of(rules: tuple[Rule, ...], example: re.Pattern[bytes] | None = None) -> Rules:
    """The rules, with the searches for their keywords."""
    wanted = [(keyword, rule) for rule in rules for keyword in rule.keywords]
    searches = []
    while wanted:
        anchor = _best_anchor([keyword for keyword, _ in wanted])
        group = [(keyword, rule) for keyword, rule in wanted if anchor in keyword]
        wanted = [(keyword, rule) for keyword, rule in wanted if anchor not in keyword]
        choices = b"|".join(b"(%s)" % _around(anchor, keyword) for keyword, _ in group)
        search = re.compile(b"%s(?:%s)" % (re.escape(anchor), choices))
        searches.append((search, tuple(rule for _, rule in group)))
    special = [rule.only.pattern for rule in rules if rule.only and not rule.keywords]
    return Rules(
        rules, example, tuple(searches), re.compile("|".join(special)) if special else None
    )


@cache
def builtin() -> Rules:
    """The rules of rules.toml."""
    document = tomllib.loads(source().read_text(encoding="utf-8"))
    rules = tuple(
        Rule(
            id=raw["id"],
            what=raw["what"],
            pattern=re.compile(raw["pattern"].encode()),
            keywords=tuple(word.encode() for word in raw.get("keywords", ())),
            only=_any(raw.get("only")),
            allow=_any(raw.get("allow")),
            settings=raw.get("settings", "only" not in raw),
            length=raw.get("length", 4096),
        )
        for raw in document["rule"]
    )
    return rules_of(rules, re.compile(document["example"].encode()))


def source() -> Path:
    """The file of the built-in rules."""
    return Path(__file__).with_name("rules.toml")


def _best_anchor(keywords: list[bytes]) -> bytes:
    """The byte by which most of them can be found; at worst the first one's own first."""
    anchors = [char.encode() for char in _ANCHORS]
    count, anchor = max(
        ((sum(a in word for word in keywords), a) for a in anchors), key=lambda pair: pair[0]
    )
    return anchor if count else keywords[0][:1]


def _around(anchor: bytes, keyword: bytes) -> bytes:
    """What stands around the anchor, which has just been read."""
    before, _, after = keyword.partition(anchor)
    return b"(?<=%s)%s" % (re.escape(before + anchor), re.escape(after))


def _any(patterns: list[str] | None) -> re.Pattern[str] | None:
    """One that begins with a literal, the slash: that is what makes it fast."""
    if not patterns:
        return None
    parts = (f"(?<=^/){part[1:]}" if part.startswith("/") else part for part in patterns)
    return re.compile(f"/(?:{'|'.join(parts)})")
