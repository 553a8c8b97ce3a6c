"""Keys of a compose file's service that a profile says in other words."""

import re
import shlex
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import variables
from devpod_gen.profile.existing.model import LeftOut, entries, table
from devpod_gen.profile.meaning import odd_values
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

REPO = late(r"\.{1,2}(?:/\.\.)*/?")
"""The source of a mount that is the repo's root, from a file at the root or a folder below."""
_NAME = late(r"[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?")
_FOLDER = late(r"/(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9._@+/-]*[A-Za-z0-9._@+-]")
_TIME = late(r"(?:(\d{1,4})m)?(?:(\d{1,4})(?:\.\d+)?s)?")


def mounts_repo(service: dict[str, Any]) -> bool:
    """Whether the repo itself is mounted, not a part of it."""
    sources = (volume(entry)[0] for entry in entries(service.get("volumes")))
    return any(REPO.fullmatch(source) for source in sources)


def whole_command(service: dict[str, Any], lost: list[LeftOut]) -> str | list[str] | None:
    """Its command; `lost` gets what is in its way, also a mounted file that it names."""
    run = command("command", service.get("command"), lost)
    for source, target in map(volume, entries(service.get("volumes"))):
        if run and re.match(r"[./~$]", source) and len(target) > 1 and target in str(run):
            lost.append(LeftOut("volumes", f"its command names {target}, which is a mount"))
    return run


def command(place: str, value: object, left: list[LeftOut]) -> str | list[str] | None:
    """A command, with `${X:-y}` as y; one with another variable is left out."""
    if value is None or value in ("", []):
        return None
    words = _words(value) if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str | int) for word in words):
        left.append(LeftOut(place, "is no command"))
        return None
    plain = [text for word in words if (text := variables.expanded(str(word))) is not None]
    reason = _odd(plain) if len(plain) == len(words) else "holds a variable of the host's"
    if reason:
        left.append(LeftOut(place, reason))
        return None
    return plain[0] if isinstance(value, str) and len(words) == 1 else plain


def _words(text: str) -> list[str]:
    """A text of several lines is words; of one line it is left as it is."""
    try:
        return shlex.split(text) if "\n" in text.strip() else [text.strip()]
    except ValueError:
        return [text.strip()]


def _odd(words: list[str]) -> str | None:
    if list(odd_values(words, "")) or len(" ".join(words)) > 4096:
        return "holds control characters, or is too long"
    try:
        return None if len(words) > 1 or shlex.split(words[0]) else "is no command"
    except ValueError:
        return "has a quote that does not end"


def volumes(name: str, service: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    """Named volumes, and the folders that they keep."""
    seen: set[str] = set()
    for entry in entries(service.get("volumes")):
        source, target = volume(entry)
        name_of = re.sub("[^a-z0-9-]+", "-", source.lower()).strip("-")
        reason = _not_a_volume(source, name_of, target)
        if not seen.isdisjoint((name_of, target)):
            reason = "it, or its folder, is there twice"
        if reason:
            left.append(LeftOut(f"{name}: volumes: {shown(entry)}", reason))
        else:
            seen |= {name_of, target}
            yield name_of, target


def volume(entry: object) -> tuple[str, str]:
    """The source and the folder inside of an entry of a compose file's `volumes`."""
    if isinstance(entry, dict):
        return str(entry.get("source") or ""), str(entry.get("target") or "")
    source, _, rest = (variables.expanded(str(entry)) or str(entry)).partition(":")
    return (source, rest.partition(":")[0]) if rest else ("", source)


def _not_a_volume(source: str, name: str, target: str) -> str | None:
    if re.match(r"[./~$]", source):
        return "folders and files of the host are not handed to services"
    if not source:
        return "has no name: nothing in it is kept"
    return None if _NAME.fullmatch(name) and _FOLDER.fullmatch(target) else "is no folder"


def health(name: str, value: object, left: list[LeftOut]) -> dict[str, Any] | None:
    """A health check; None where there is none, or none that a profile can say."""
    check, place = table(value), f"{name}: healthcheck"
    test = check.get("test")
    if not check or check.get("disable") is True or test in (None, "", [], ["NONE"]):
        return None
    if isinstance(test, list) and test[0] in ("CMD", "CMD-SHELL"):
        test = test[1:] if test[0] == "CMD" else " ".join(map(str, test[1:]))
    run = command(place, test, left)
    if run is None:
        return None
    times = {"interval": "interval", "timeout": "timeout", "start_period": "start"}
    limits = {ours: seconds for key, ours in times.items() if (seconds := _seconds(check.get(key)))}
    retries = check.get("retries")
    if isinstance(retries, int) and 0 < retries <= 1000:
        limits["retries"] = retries
    return {"command": run} | limits


def _seconds(value: object) -> int | None:
    match = _TIME.fullmatch(str(value))
    if not match:
        return None
    seconds = 60 * int(match[1] or 0) + int(match[2] or 0)
    return seconds if 0 < seconds <= 3600 else None
