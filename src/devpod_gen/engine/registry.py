"""Images from and to registries, by the client, which knows its user's credentials."""

import json
import re
from collections.abc import Callable
from threading import Event
from typing import Any, Literal

from devpod_gen.engine import alive, connect, refusal
from devpod_gen.engine.command import Result, run, stream
from devpod_gen.engine.model import Fetched, HostedImage, Manifest
from devpod_gen.engine.pull import Layers
from devpod_gen.engine.terminal import watch
from devpod_gen.errors import ImageError, ImageMissing
from devpod_gen.regex import late

_DEADLINE = 3600.0
_LAYER = late(r"[0-9a-f]{12}: ")


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
    alive.require()
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
    alive.require()
    message = f"the image {ref} cannot be {done}"
    raise _error(message, ref, result)


def _error(message: str, ref: str, result: Result) -> ImageError:
    said = result.last_lines(3)
    if known := refusal.cause(said):
        kind = ImageMissing if known.missing else ImageError
        return kind(f"{message}: {known.told}", where=ref, fix=known.fix, detail=said)
    return ImageError(message, where=ref, fix="read the client's words above", detail=said)
