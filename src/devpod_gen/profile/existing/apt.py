"""Packages that a script installs by apt-get, as far as a profile can name them."""

import re
from collections.abc import Iterator

from devpod_gen.profile.existing.model import LeftOut
from devpod_gen.profile.existing.shellwords import commands
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_APT = frozenset(("apt-get", "apt", "aptitude"))
_OTHERS = frozenset(("apk", "yum", "dnf", "microdnf", "zypper", "pacman"))
_GO_WITH_IT = frozenset(("set", "export", "apt-get", "apt", "rm", "true", "fi", "done", ":"))
_WITH_VALUE = frozenset(("-o", "--option", "-t", "--target-release", "-c", "--config-file"))
_PACKAGE = late(r"[a-z0-9][a-z0-9+.-]+")
_SOURCE = late(r"add-apt-repository|sources\.list|apt-key|\.sources\b|deb \[|packagecloud")
# python3.9, openjdk-11-jdk, libicu66, postgresql-client-12: one release of a distribution's.
_OF_A_RELEASE = late(
    r"(?:python|php|ruby|lua)\d\.\d.*|.*-\d+(?:\.\d+)*(?:-(?:jdk|jre).*)?|lib(?:icu|ssl|ffi)[\d.]+"
)
_ELSEWHERE = {
    "apt-transport-https": "is a part of apt",
    "apt-utils": "is of no use in a workspace",
    "software-properties-common": "is not in this Debian",
    "libgl1-mesa-glx": "is libgl1 in this Debian",
    "mysql-server": "is default-mysql-server in Debian",
    "netcat": "is netcat-openbsd in this Debian",
    "mysql-client": "is default-mysql-client in Debian",
    "python": "is python3 in this Debian",
    "python-pip": "is python3-pip in this Debian",
    "python3-distutils": "is not in this Debian",
}
_ANOTHER_SOURCE = "is installed after another source of packages was added"


@dataclass(frozen=True, slots=True)
class Installed:
    """What a script installs, and what else shows of it."""

    packages: tuple[str, ...]
    left_out: tuple[LeftOut, ...]
    only: bool
    """Installing, and what goes with it, is all that the script does."""
    foreign: bool
    """Packages may come from elsewhere from now on."""


def installed(script: str, *, foreign: bool = False) -> Installed:
    """What a script installs. Of a version pin the name is taken, and the pin is named.
    `foreign`: another source of packages was added before."""
    left: list[LeftOut] = []
    packages: list[str] = []
    only = True
    for words in commands(script):
        names = _wanted(words)
        only = only and (names is not None or words[0] in _GO_WITH_IT)
        foreign = foreign or _adds_a_source(words)
        for name in names or ():
            package, reason = _package(name, foreign=foreign)
            packages += [package] if package else []
            left += [LeftOut(f"apt-get install {shown(name)}", reason)] if reason else []
        if words[0] in _OTHERS and {"add", "install", "-S"}.intersection(words[1:3]):
            left.append(LeftOut(words[0], "installs packages of another distribution"))
    return Installed(tuple(dict.fromkeys(packages)), tuple(dict.fromkeys(left)), only, foreign)


def _adds_a_source(words: tuple[str, ...]) -> bool:
    return words[0] not in ("rm", *_APT) and bool(_SOURCE.search(" ".join(words)))


def _wanted(words: tuple[str, ...]) -> list[str] | None:
    """The words after `apt-get install` that are no options; None for another command."""
    if words[0].rpartition("/")[2] not in _APT:
        return None
    rest = list(_arguments(words[1:]))
    return rest[1:] if rest[:1] == ["install"] else None


def _arguments(words: tuple[str, ...]) -> Iterator[str]:
    value = False
    for word in words:
        if not value and not word.startswith("-") and not re.match(r"\d?[<>]", word):
            yield word
        value = word in _WITH_VALUE


def _package(word: str, *, foreign: bool) -> tuple[str | None, str | None]:
    """The name that a profile takes, and what to say of the word."""
    name, pin = re.fullmatch(r"([^=/:]*)(?:[=/:](.*))?", word, re.DOTALL).groups()  # type: ignore[union-attr]
    if "$" in word or "`" in word:
        return None, "holds a variable"
    if not _PACKAGE.fullmatch(name) or len(name) > 100 or word.endswith("-"):
        return None, "is no package's name"
    if name in _ELSEWHERE:
        return None, _ELSEWHERE[name]
    if foreign:
        return None, _ANOTHER_SOURCE
    if _OF_A_RELEASE.fullmatch(name):
        return None, "is named after one release's version"
    return name, "taken without the version: Debian has its own" if pin else None
