"""A devpod.toml, or a named profile, read from disk: bytes to a valid Profile."""

import datetime
import hashlib
import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from devpod_gen.errors import Finding, HostError, ProfileError
from devpod_gen.profile import version
from devpod_gen.profile.model import Ide, Image, Port, Probe, Profile, Resources
from devpod_gen.profile.schema import findings
from devpod_gen.profile.wording import printable, shown, where

LARGEST = 256 * 1024
"""A profile may have this many bytes."""

_DIRECTION_CHANGERS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MULTI_LINE = (("env",), ("probe",), ("hooks",))


def path_of(folder: Path, profile: str | None) -> Path:
    """Where the profile of `folder` is: devpod.toml, or .devpod/<profile>.toml."""
    return folder / (f".devpod/{profile}.toml" if profile else "devpod.toml")


def load(path: Path, *, file: str) -> Profile:
    """The profile at `path`; `file` is its name in messages.

    Raises ProfileError with every finding when it is not valid, HostError when it
    cannot be read.
    """
    return parse(_read(path, file), file)


def parse(content: bytes, file: str) -> Profile:
    """The profile that `content` holds; raises ProfileError."""
    document = _toml(content, file)
    problems = (*_odd_values(document, file), *findings("profile", document, file))
    if not problems:
        problems = tuple(_meaning(document, file))
    if problems:
        raise invalid(tuple(problems))
    return _model(document, file)


def invalid(problems: tuple[Finding, ...]) -> ProfileError:
    """The error for a profile with these problems."""
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    return ProfileError(
        f"the profile is not valid: {count}",
        findings=problems,
        fix="correct it; `devpod-gen schema` prints every key",
    )


def _read(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        message = "there is no profile here"
        raise ProfileError(message, where=file, fix="run `devpod-gen init`") from None
    except OSError as error:
        message = f"the profile cannot be read: {error.strerror}"
        raise HostError(message, where=file, fix="make it a readable file") from None
    if len(content) > LARGEST:
        raise invalid((Finding(file, f"is larger than {LARGEST // 1024} KiB"),))
    return content


def _toml(content: bytes, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        problem = f"is not UTF-8: byte {error.start} is 0x{content[error.start]:02x}"
    except tomllib.TOMLDecodeError as error:
        problem = f"is not TOML: {printable(str(error))}"
    except RecursionError:
        problem = "is not a profile: it is nested too deep"
    raise invalid((Finding(file, problem),))


def _odd_values(document: object, file: str, path: tuple[str | int, ...] = ()) -> Iterator[Finding]:
    """What TOML can say and no emitted file could hold, and what only an attack needs."""
    match document:
        case dict():
            for key, value in document.items():
                yield from _odd_character(key, file, (*path, key), "")
                yield from _odd_values(value, file, (*path, key))
        case list():
            for index, value in enumerate(document):
                yield from _odd_values(value, file, (*path, index))
        case str():
            allowed = "\n\t" if path[:1] in _MULTI_LINE else ""
            yield from _odd_character(document, file, path, allowed)
        case float() if not math.isfinite(document):
            yield Finding(where(file, path), f"{document} is not a finite number")
        case datetime.date() | datetime.time():
            yield Finding(where(file, path), "must not be a date or time: write it as a string")
        case _:
            pass


def _odd_character(
    text: str, file: str, path: tuple[str | int, ...], allowed: str
) -> Iterator[Finding]:
    for char in text:
        control = ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in _DIRECTION_CHANGERS
        if control and char not in allowed:
            yield Finding(where(file, path), f"holds the control character U+{ord(char):04X}")
            return


def _meaning(document: dict[str, Any], file: str) -> Iterator[Finding]:
    """What a schema cannot say."""
    for tool, constraint in document.get("tools", {}).items():
        try:
            version.parse(constraint)
        except ValueError:
            message = f"{shown(constraint)} is no version (1.24) and no range (>=1.22)"
            yield Finding(where(file, ("tools", tool)), message)
    yield from _ports(document, file)
    yield from _caches(document, file)
    yield from _image(document, file)
    mode = document.get("workspace", {})
    if isinstance(mode, dict) and mode.get("mode") == "volume":
        yield Finding(where(file, ("workspace", "mode")), "not supported yet: only bind is")


def _ports(document: dict[str, Any], file: str) -> Iterator[Finding]:
    seen: set[int] = set()
    for index, entry in enumerate(document.get("ports", [])):
        if entry["port"] in seen:
            message = f"port {entry['port']} is there twice"
            yield Finding(where(file, ("ports", index, "port")), message)
        seen.add(entry["port"])


def _caches(document: dict[str, Any], file: str) -> Iterator[Finding]:
    owner: dict[str, str] = {}
    for name, folders in document.get("caches", {}).items():
        for index, folder in enumerate(folders):
            place = where(file, ("caches", name, index))
            if folder in owner and owner[folder] != name:
                yield Finding(place, f'{folder} is kept by the cache "{owner[folder]}" already')
            if folder.count("/") < 2:
                yield Finding(place, f"{folder} is a top-level folder: a cache would hide it")
            owner[folder] = name


def _image(document: dict[str, Any], file: str) -> Iterator[Finding]:
    image = document.get("image", {})
    if "ref" in image and image.get("packages"):
        message = "has no effect with image.ref: the image is yours, add them there"
        yield Finding(where(file, ("image", "packages")), message)
    if "ref" not in image and document.get("user", "dev") != "dev":
        message = "not supported yet: images built here have the user dev"
        yield Finding(where(file, ("user",)), message)


def _model(document: dict[str, Any], file: str) -> Profile:
    workspace = document.get("workspace")
    image = document.get("image", {})
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return Profile(
        file=file,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        name=document.get("name"),
        stacks=tuple(document.get("stacks", ())),
        user=document.get("user"),
        shell=document.get("shell"),
        workspace=workspace.get("path") if isinstance(workspace, dict) else workspace,
        image=Image(ref=image.get("ref"), packages=tuple(image.get("packages", ()))),
        tools=tuple(document.get("tools", {}).items()),
        caches=tuple((name, tuple(paths)) for name, paths in document.get("caches", {}).items()),
        env=tuple(document.get("env", {}).items()),
        resources=Resources(**document.get("resources", {})),
        ports=tuple(
            Port(entry["port"], entry.get("label"), entry.get("publish"))
            for entry in document.get("ports", ())
        ),
        probes=tuple(Probe(**entry) for entry in document.get("probe", ())),
        ide=_ide(document.get("ide", {})),
    )


def _ide(document: dict[str, Any]) -> Ide:
    vscode, jetbrains = document.get("vscode", {}), document.get("jetbrains", {})
    return Ide(
        extensions=tuple(vscode.get("extensions", ())),
        settings=tuple(vscode.get("settings", {}).items()),
        backend=jetbrains.get("backend"),
        plugins=tuple(jetbrains.get("plugins", ())),
        jetbrains_settings=tuple(jetbrains.get("settings", {}).items()),
    )
