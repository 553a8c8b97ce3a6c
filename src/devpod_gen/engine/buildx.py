"""Images are built by BuildKit, through `docker buildx bake`, and nothing else."""

import json
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from devpod_gen.engine import alive, bake, connect, unbuilt
from devpod_gen.engine.command import stream
from devpod_gen.engine.model import Base, Build

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
            alive.require()
            raise unbuilt.error(result.output, builds, base)
        facts = json.loads(told.read_text())
    return str(facts.get(builds[-1].name, {}).get("containerimage.digest", ""))


def _environment(base: Base) -> dict[str, str]:
    """What bake takes for the variables. It would ask before it reads a folder outside of
    the current one: all that is in the file is ours. And it would run git in the recipes'
    folders, by the settings of whatever repo they are in."""
    values = {bake.DEBIAN: f"docker-image://{base.place}", bake.BUNDLE: connect.ca_bundle() or ""}
    return os.environ | values | {"BUILDX_BAKE_ENTITLEMENTS_FS": "0", "BUILDX_GIT_INFO": "0"}


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
