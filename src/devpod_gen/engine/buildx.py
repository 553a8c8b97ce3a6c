"""Images are built by BuildKit, through `docker buildx`, and nothing else."""

import os
import re
from collections.abc import Callable

from devpod_gen.engine import connect
from devpod_gen.engine.api import Build
from devpod_gen.engine.command import stream
from devpod_gen.errors import ImageError

_DEADLINE = 3600.0


def build(wanted: Build, on_line: Callable[[str], None]) -> None:
    """Build one image into the engine; `on_line` takes each step of the log once.

    Raises ImageError with what the failing step said last.
    """
    result = stream(_command(wanted), _each_step_once(on_line), timeout=_DEADLINE)
    if not result.ok:
        connect.raise_if_down(result)
        message = f"the image {wanted.ref} could not be built"
        raise ImageError(
            message,
            where=str(wanted.recipe),
            fix=_fix(result.output),
            detail=_reason(result.output),
        )


def _command(wanted: Build) -> list[str]:
    """Buildx on the context's own builder: another one does not see local images.

    Proxies go as predefined arguments, by name only, and the CA bundle as a secret:
    neither is in the image, its history, or this command line.
    """
    connect.require_plugin("buildx")
    proxies = [
        name
        for base in ("http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy")
        for name in (base, base.upper())
        if os.environ.get(name)
    ]
    arguments = [f"--build-arg={key}={value}" for key, value in wanted.args]
    arguments += [f"--build-arg={name}" for name in proxies]
    arguments += [f"--label={key}={value}" for key, value in wanted.labels]
    bundle = connect.ca_bundle()
    if bundle:
        arguments.append(f"--secret=id=ca,src={bundle}")
    return [
        *(connect.client(), "buildx", "--builder", connect.context(), "build"),
        *("--progress=plain", "--provenance=false", "--load"),
        *("--tag", wanted.ref, f"--build-arg=PARENT={wanted.parent}"),
        *(*arguments, str(wanted.recipe)),
    ]


def _each_step_once(on_line: Callable[[str], None]) -> Callable[[str], None]:
    """BuildKit names a step again whenever another one has spoken in between, and at the
    end tells once more what went wrong."""
    seen: set[str] = set()

    def once(line: str) -> None:
        if line.startswith("#") and not (" [" in line[:6] and line in seen):
            seen.add(line)
            on_line(line)

    return once


def _reason(log: str) -> str:
    """What went wrong, of a BuildKit log: the failing step's own last words."""
    steps = [re.sub(r"^#\d+ (?:\d+\.\d+ )?", "", line) for line in log.splitlines()]
    ours = [line for line in steps if line.startswith(("devpod:", "E: ", "npm error", "ERROR:"))]
    return "\n".join(dict.fromkeys(ours or steps[-6:]))


def _fix(log: str) -> str:
    if "devpod: tool" in log:
        return "pin a version that can be had, as the one that the stack's image brings"
    if re.search(r"Unable to locate package|has no installation candidate", log):
        return "correct image.packages: the distribution has no package of that name"
    if "failed to resolve source metadata" in log or "pull access denied" in log:
        return (
            "give access to its registry, or `docker load` it, or make it with "
            "scripts/base-image of devpod-gen's repo"
        )
    return "read the log above; behind a proxy, check HTTP_PROXY and the CA bundle"
