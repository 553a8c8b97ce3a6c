"""devpod.lock: which image exactly, which tools are in it, and which files were generated.

JSON, beside the profile, to be committed. It is written when a registry has taken the image
(`build --push`) and when a verification has passed (`lock --update`), never before. The
image's part is of one tag: when the profile or a recipe changes, the tag does, and that part
no longer counts. Nothing in it is of a machine, a user or a time.
"""

import json
import re
from pathlib import Path
from typing import Any, TypeGuard

from devpod_gen import source
from devpod_gen.errors import Finding, HostError, ProfileError
from devpod_gen.plan.model import PlatformImage
from devpod_gen.profile.wording import printable
from devpod_gen.regex import late
from devpod_gen.value import dataclass

VERSION = 2
"""Of the file's format."""

_LARGEST = 1024 * 1024
"""A lock may have this many bytes."""

_UPDATE = "run `devpod-gen lock --update`, and commit the result"
_DIGEST = late(r"sha256:[0-9a-f]{64}")
_PLATFORM = late(r"[a-z0-9]+(?:/[a-z0-9]+){1,2}")
_TEXT = late(r"[ -~]{1,300}")


@dataclass(frozen=True, slots=True)
class LockedImage:
    """An image by its tag; where a registry has it, by the digest of what the tag was then,
    and by what that is for each platform."""

    ref: str
    digest: str | None = None
    platforms: tuple[PlatformImage, ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """What was resolved, found and generated. `tools` None: not looked at yet."""

    image: LockedImage
    tools: tuple[tuple[str, str], ...] | None
    files: tuple[tuple[str, str], ...]
    generator: str

    def text(self) -> str:
        """The file's content: the same for the same facts."""
        platforms = {
            one.platform: {"digest": one.digest, "id": one.id} for one in self.image.platforms
        }
        image = {"ref": self.image.ref, "digest": self.image.digest, "platforms": platforms}
        document = {
            "version": VERSION,
            "generator": self.generator,
            "image": image,
            "tools": None if self.tools is None else dict(self.tools),
            "files": dict(self.files),
        }
        return json.dumps(document, indent=2, sort_keys=True) + "\n"


def lock_path(profile: Path) -> Path:
    """Where the lock of the profile at `profile` is."""
    return profile.with_suffix(".lock")


def read(path: Path, *, file: str) -> Lock | None:
    """The lock at `path`, None where there is none; `file` is its name in messages.

    Raises ProfileError when it is not one that this version can read.
    """
    try:
        data = source.read(path, most=_LARGEST, inside=path.parents[file.count("/")])
    except FileNotFoundError:
        return None
    except source.RefusedError as error:
        raise _refused(file, str(error), _UPDATE) from None
    except OSError as error:
        message = f"the lock cannot be read: {error.strerror}"
        raise HostError(message, where=file, fix="make it a readable file") from error
    return parse(data, file=file)


def parse(data: bytes, *, file: str) -> Lock:
    """The lock that `data` is. Raises ProfileError."""
    try:
        document = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _refused(file, f"is no lock: {printable(str(error))}", _UPDATE) from error
    version = document.get("version") if isinstance(document, dict) else None
    if version == 1:
        raise _refused(file, "is a lock of an earlier devpod-gen", _UPDATE)
    if version != VERSION:
        fix = "use the devpod-gen that wrote it, or " + _UPDATE
        raise _refused(file, "is no lock of this version of devpod-gen", fix)
    image, tools = _image(document.get("image")), document.get("tools")
    files = _pairs(document.get("files"), _DIGEST)
    found = None if tools is None else _pairs(tools, _TEXT)
    generator = document.get("generator")
    if not image or files is None or not isinstance(generator, str):
        raise _refused(file, "names no image and no files", _UPDATE)
    if tools is not None and found is None:
        raise _refused(file, "names tools without a version", _UPDATE)
    return Lock(image, found, files, generator)


def _image(document: Any) -> LockedImage | None:
    if not isinstance(document, dict):
        return None
    ref, digest, platforms = (document.get(key) for key in ("ref", "digest", "platforms"))
    if not isinstance(ref, str) or not isinstance(platforms, dict):
        return None
    if digest is not None and not _is(digest, _DIGEST):
        return None
    images = tuple(_platform(name, value) for name, value in sorted(platforms.items()))
    whole = tuple(one for one in images if one)
    return LockedImage(ref, digest, whole) if len(whole) == len(images) else None


def _platform(name: str, document: Any) -> PlatformImage | None:
    values = document if isinstance(document, dict) else {}
    digest, number = values.get("digest"), values.get("id")
    if _is(name, _PLATFORM) and _is(digest, _DIGEST) and _is(number, _DIGEST):
        return PlatformImage(name, digest, number)
    return None


def _pairs(document: Any, pattern: re.Pattern[str]) -> tuple[tuple[str, str], ...] | None:
    """The entries of an object whose values all match."""
    if not isinstance(document, dict) or not all(_is(v, pattern) for v in document.values()):
        return None
    return tuple(sorted(document.items()))


def _is(value: Any, pattern: re.Pattern[str]) -> TypeGuard[str]:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _refused(file: str, problem: str, fix: str) -> ProfileError:
    return ProfileError("the lock cannot be used", findings=(Finding(file, problem),), fix=fix)
