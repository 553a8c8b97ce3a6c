"""Images are built by BuildKit, through `docker buildx bake`, and nothing else."""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from devpod_gen.engine import bake, connect
from devpod_gen.engine.command import stream
from devpod_gen.engine.model import Base, Build
from devpod_gen.errors import ImageError

_DEADLINE = 3600.0


def build(builds: tuple[Build, ...], base: Base, on_line: Callable[[str], None]) -> None:
    """Build images into the engine, at once what does not wait for another; `on_line` takes
    each step of the log once.

    Raises ImageError with what the failing step said last.
    """
    # The context's own builder: another one does not see local images.
    run(builds, base, on_line, builder=connect.context(), options=("--load",))


def run(
    builds: tuple[Build, ...],
    base: Base,
    on_line: Callable[[str], None],
    *,
    builder: str,
    options: tuple[str, ...],
    platforms: tuple[str, ...] = (),
) -> str:
    """Bake, and the digest of the last image. Raises ImageError.

    Proxies and the CA bundle go through the environment: neither is in the image, its
    history, or a command line.
    """
    connect.require_plugin("buildx")
    with tempfile.TemporaryDirectory(prefix="devpod-gen-") as folder:
        file, told = Path(folder, "docker-bake.json"), Path(folder, "told.json")
        file.write_text(json.dumps(bake.document(builds, base.name, platforms)))
        argv = [
            *(connect.client(), "buildx", "--builder", builder, "bake", "--progress=plain"),
            *("--file", str(file), "--metadata-file", str(told), *options),
        ]
        steps = _each_step_once(on_line, tuple(build.name for build in builds))
        # Not where we are: there bake would read a `.env`, and ask git about the repo.
        result = stream(argv, steps, timeout=_DEADLINE, env=_environment(base), folder="/")
        if not result.ok:
            connect.raise_if_down(result)
            failed = _failed(result.output, builds)
            message = f"the image {failed.ref} could not be built"
            raise ImageError(
                message,
                where=str(failed.recipe),
                fix=_fix(result.output, dict(failed.choices)),
                detail=_reason(result.output),
            )
        facts = json.loads(told.read_text())
    return str(facts.get(builds[-1].name, {}).get("containerimage.digest", ""))


def _environment(base: Base) -> dict[str, str]:
    """What bake takes for the variables. It would ask before it reads a folder outside of
    the current one: all that is in the file is ours. And it would run git in the recipes'
    folders, by the settings of whatever repo they are in."""
    values = {bake.DEBIAN: f"docker-image://{base.place}", bake.BUNDLE: connect.ca_bundle() or ""}
    return os.environ | values | {"BUILDX_BAKE_ENTITLEMENTS_FS": "0", "BUILDX_GIT_INFO": "0"}


def _failed(log: str, builds: tuple[Build, ...]) -> Build:
    """The build whose recipe has the line that BuildKit points at. The target that it names
    may be one that waits for the same step."""
    at = re.search(r"^Dockerfile:(\d+)\n(?:.*\n)*? *\d+ \| >>> (.*)$", log, re.MULTILINE)
    for build in builds if at else ():
        lines = (build.recipe / "Dockerfile").read_text(encoding="utf-8").splitlines()
        if at and lines[int(at[1]) - 1 : int(at[1])] == [at[2].rstrip()]:
            return build
    named = re.search(r"^ > \[(\S+) ", log, re.MULTILINE)
    return next((build for build in builds if named and build.name == named[1]), builds[-1])


def _each_step_once(
    on_line: Callable[[str], None], names: tuple[str, ...]
) -> Callable[[str], None]:
    """BuildKit names a step again whenever another one has spoken in between, and at the
    end tells once more what went wrong. Bake puts a target's name in front, which may be
    that of another target that waits for the step."""
    targets = re.compile(rf"^(#\d+ \[)(?:{'|'.join(map(re.escape, names))}) (?=.*\])")
    seen: set[str] = set()

    def once(line: str) -> None:
        plain = targets.sub(r"\1", line)
        noise = re.match(r"#\d+ \[(?:context |[^]]*\] exporting)", plain)
        if plain.startswith("#") and not noise and not (" [" in plain[:6] and plain in seen):
            seen.add(plain)
            on_line(plain)

    return once


def _reason(log: str) -> str:
    """What went wrong, of a BuildKit log: the failing step's own last words."""
    steps = [re.sub(r"^#\d+ (?:\d+\.\d+ )?", "", line) for line in log.splitlines()]
    ours = [line for line in steps if line.startswith(("devpod:", "E: ", "npm error", "ERROR:"))]
    return "\n".join(dict.fromkeys(ours or steps[-6:]))


def _fix(log: str, choices: dict[str, tuple[str, ...]]) -> str:
    if match := re.search(r"devpod: tool (\S+) cannot be had", log):
        versions = ", ".join(choices.get(match[1], ()))
        if versions:
            return f"pin a version that can be had without mise: {versions}"
        return "pin a version that mise can get, or add the tool to image.packages"
    if re.search(r"devpod: the archive\b", log):
        return "correct ide.jetbrains.bake: its sha256, its place, or the backend"
    if re.search(r"Unable to locate package|has no installation candidate", log):
        return "correct image.packages: the distribution has no package of that name"
    if "failed to resolve source metadata" in log or "pull access denied" in log:
        return (
            "give access to its registry, or `docker load` it, or make it with "
            "scripts/base-image of devpod-gen's repo"
        )
    return "read the log above; behind a proxy, check HTTP_PROXY and the CA bundle"
