"""Features of a devcontainer.json that a profile says in other words.

Taken over is what is certain: a language, its version, packages of the distribution.
"""

from dataclasses import replace
from typing import Any

from devpod_gen.profile import version
from devpod_gen.profile.existing.model import LeftOut, table
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_ID = late(r"(?:ghcr\.io/)?(?:devcontainers/features/)?([a-z0-9-]+)(?:[:@].*)?")
_APT = late(r"ghcr\.io/[a-z0-9-]+/[a-z-]*features/apt(?:-get)?-packages(?::.*)?")
_LANGUAGES = ("dotnet", "go", "java", "node", "php", "python", "ruby", "rust", "terraform")
_PACKAGES = {"github-cli": "gh", "git-lfs": "git-lfs"}
_THERE = ("common-utils", "git")
_REASONS = {
    "docker-in-docker": "a container engine inside is not supported yet",
    "docker-outside-of-docker": "the engine's socket is not handed inside",
    "sshd": "the SSH door needs no port: see `devpod-gen up`",
}
_PACKAGE = late(r"[a-z0-9][a-z0-9+.-]+")
_NO_WORDS = "no key of a profile says that"
_OPTIONS = ("version", "ppa", "installYarnUsingApt", "nodeGypDependencies")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the features bring, in a profile's words."""

    stacks: tuple[str, ...] = ()
    tools: tuple[tuple[str, str], ...] = ()
    packages: tuple[str, ...] = ()


def read(features: dict[str, Any], left: list[LeftOut]) -> Wanted:
    """What features bring; `left` gets what is not certain, with the reason."""
    wanted = Wanted()
    for feature, options in features.items():
        asked = table(options) if isinstance(options, dict) else {"version": options}
        name = match[1] if (match := _ID.fullmatch(feature)) else ""
        reasons: list[str] = []
        if name in _LANGUAGES:
            wanted = _language(name, asked, wanted, reasons)
        elif name in _PACKAGES:
            wanted = replace(wanted, packages=(*wanted.packages, _PACKAGES[name]))
        elif _APT.fullmatch(feature):
            packages = _packages(asked.get("packages"), reasons)
            wanted = replace(wanted, packages=(*wanted.packages, *packages))
        elif name not in _THERE:
            reasons.append(_REASONS.get(name, _NO_WORDS))
        left.extend(LeftOut(f"features: {shown(feature)}", reason) for reason in reasons)
    return wanted


def _language(name: str, asked: dict[str, Any], wanted: Wanted, reasons: list[str]) -> Wanted:
    """A language is a stack; its version, where it is one, a pin."""
    version = str(asked.get("version") or "latest")
    if version == "none":
        reasons.append("asks for none of it")
        return wanted
    if more := sorted(set(asked) - set(_OPTIONS)):
        reasons.append(f"its options are not taken over: {', '.join(map(shown, more))}")
    wanted = replace(wanted, stacks=(*wanted.stacks, name))
    if is_version(version):
        return replace(wanted, tools=(*wanted.tools, (name, version)))
    if version not in ("latest", "lts", "os-provided", "True"):
        reasons.append(f"the version {shown(version)} is none that a profile can say")
    return wanted


def is_version(text: str) -> bool:
    """Whether a profile can pin that version."""
    if len(text) > 100 or not text.isprintable():
        return False
    try:
        version.parse(text)
    except ValueError:
        return False
    return True


def _packages(value: object, reasons: list[str]) -> tuple[str, ...]:
    names = [name.strip() for name in str(value or "").split(",") if name.strip()]
    odd = [name for name in names if not _PACKAGE.fullmatch(name)]
    reasons.extend(f"{shown(name)} is no package's name" for name in odd)
    return tuple(name for name in names if name not in odd)
