"""Images from and to registries, by the client, which knows its user's credentials."""

import json
import re
from collections.abc import Callable
from threading import Event
from typing import Any, Literal

from devpod_gen.engine import connect
from devpod_gen.engine.command import Result, run, stream
from devpod_gen.engine.model import Fetched, HostedImage, Manifest
from devpod_gen.engine.pull import Layers
from devpod_gen.engine.terminal import watch
from devpod_gen.errors import ImageError, ImageMissing
from devpod_gen.regex import late

_DEADLINE = 3600.0
_MISSING = late(r"manifest unknown|not found|name unknown", re.IGNORECASE)
_LAYER = late(r"[0-9a-f]{12}: ")
# A reference, an address or a digest: the user's names, whose digits are no status.
_NAME = late(r"\S+[:/@]\S+")
_CAUSES = (
    (
        r"unauthorized|no basic auth|authentication required|denied|\b40[13]\b",
        "the registry refuses the credentials",
        "run `docker login` for it; the client keeps them",
    ),
    (
        r"toomanyrequests|\b429\b",
        "the registry has had too many requests",
        "wait, or log in for a higher limit",
    ),
    (
        r"\b5\d\d\b|unexpected http status",
        "the registry has an error of its own",
        "try again later; nothing else is used in its place",
    ),
    (
        r"no such host|connection refused|timeout|network is unreachable|\bEOF\b",
        "the registry cannot be reached",
        "check its name and your network",
    ),
)


def pull(ref: str, on_change: Callable[[Fetched], None], stop: Event | None = None) -> None:
    """Get an image; raises ImageMissing where the registry has none, else ImageError."""
    argv = [connect.client(), "pull", ref]
    result = watch(argv, Layers(ref, on_change), timeout=_DEADLINE, stop=stop)
    _require(result, "pulled", ref)


def push(ref: str, on_line: Callable[[str], None]) -> str:
    """Hand an image to its registry; the digest that it has there. Raises ImageError."""
    result = _push(ref, on_line)
    match = re.search(r"digest: (sha256:[0-9a-f]{64})", result.output)
    if not match:
        message = f"the registry gave no digest for {ref}"
        raise ImageError(message, where=ref, fix="look at it with `docker image inspect`")
    return match[1]


def inspect(ref: str) -> HostedImage:
    """What the registry has by that name, for each platform. Raises as `pull` does."""
    found = json.loads(_imagetools(ref, "--format", "{{json .}}"))
    manifest, image = found["manifest"], found.get("image") or {}
    listed = [
        (_platform(entry["platform"]), str(entry["digest"]))
        for entry in manifest.get("manifests") or ()
        if entry.get("platform", {}).get("os", "unknown") != "unknown"  # an attestation's
    ] or [(_platform(image), str(manifest["digest"]))]
    name = re.sub(r":[^:/]+$", "", ref.partition("@")[0])
    manifests = [
        Manifest(platform, digest, _configuration(f"{name}@{digest}"))
        for platform, digest in dict(listed).items()
    ]
    return HostedImage(str(manifest["digest"]), tuple(sorted(manifests, key=str)))


def _platform(values: dict[str, Any]) -> str:
    """As the lock names it. The first variants, which some say and some do not, are left out."""
    os, architecture, variant = values["os"], values["architecture"], values.get("variant")
    plain = (architecture, variant) in (("amd64", "v1"), ("arm64", "v8"))
    return "/".join(filter(None, (os, architecture, None if plain else variant)))


def _configuration(ref: str) -> str:
    """The digest of the configuration that a manifest names: the image's id."""
    return str(json.loads(_imagetools(ref, "--raw"))["config"]["digest"])


def _imagetools(ref: str, *options: str) -> str:
    """Ask the registry; nothing is pulled."""
    connect.require_plugin("buildx")
    builder = ("buildx", "--builder", connect.context())
    result = run([connect.client(), *builder, "imagetools", "inspect", *options, ref], timeout=60)
    if result.ok:
        return result.output
    connect.raise_if_down(result)
    message = f"the image {ref} cannot be looked up"
    raise _error(message, ref, result)


def _push(ref: str, on_line: Callable[[str], None]) -> Result:
    def say(line: str) -> None:
        if not _LAYER.match(line):  # a line for every state of every layer is noise
            on_line(line)

    result = stream([connect.client(), "push", ref], say, timeout=_DEADLINE)
    return _require(result, "pushed", ref)


def _require(result: Result, done: Literal["pulled", "pushed"], ref: str) -> Result:
    if result.ok:
        return result
    connect.raise_if_down(result)
    message = f"the image {ref} cannot be {done}"
    raise _error(message, ref, result)


def _error(message: str, ref: str, result: Result) -> ImageError:
    said = result.last_lines(3)
    plain = _NAME.sub("", said.replace(ref, ""))
    for pattern, cause, fix in _CAUSES:
        if re.search(pattern, plain, re.IGNORECASE):
            return ImageError(f"{message}: {cause}", where=ref, fix=fix, detail=said)
    if _MISSING.search(plain):
        missing = f"{message}: the registry does not have it"
        return ImageMissing(missing, where=ref, fix="push it, or correct the name", detail=said)
    return ImageError(message, where=ref, fix="read the client's words above", detail=said)
