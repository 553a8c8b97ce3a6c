"""devpod.lock: which image exactly, by the registry's digest. Written by `build --push`.

JSON, beside the profile, to be committed. A lock is of one tag: when the profile or a
recipe changes, the tag does, and the lock no longer counts.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devpod_gen.errors import Finding, HostError
from devpod_gen.profile.load import invalid

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Lock:
    """The digest that a registry gave to an image, and the platforms that it is for."""

    ref: str
    digest: str
    platforms: tuple[str, ...]

    def text(self) -> str:
        """The file's content."""
        image = {"ref": self.ref, "digest": self.digest, "platforms": list(self.platforms)}
        return json.dumps({"version": 1, "image": image}, indent=2) + "\n"


def lock_path(profile: Path) -> Path:
    """Where the lock of the profile at `profile` is."""
    return profile.with_suffix(".lock")


def read(path: Path, *, file: str) -> Lock | None:
    """The lock at `path`, None where there is none; `file` is its name in messages.

    Raises ProfileError when it is not one that this version has written.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"the lock cannot be read: {error.strerror}"
        raise HostError(message, where=file, fix="make it a readable file") from error
    except ValueError as error:
        raise invalid((Finding(file, f"is no lock: {error}"),)) from error
    return _lock(document, file)


def _lock(document: Any, file: str) -> Lock:
    image = document.get("image") if isinstance(document, dict) else None
    if not isinstance(image, dict) or document.get("version") != 1:
        raise invalid((Finding(file, "is no lock of this version of devpod-gen"),))
    ref, digest, platforms = image.get("ref"), image.get("digest"), image.get("platforms")
    if (
        isinstance(ref, str)
        and isinstance(digest, str)
        and _DIGEST.fullmatch(digest)
        and isinstance(platforms, list)
    ):
        return Lock(ref, digest, tuple(str(platform) for platform in platforms))
    raise invalid((Finding(file, "names no image by its digest"),))
