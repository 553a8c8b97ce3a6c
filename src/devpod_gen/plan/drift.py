"""What a lock says beside what the profile leads to now: the image, the files, the tools."""

import hashlib
from collections.abc import Iterator, Mapping

from devpod_gen.errors import Finding
from devpod_gen.plan.lock import Lock
from devpod_gen.plan.model import Plan
from devpod_gen.profile import version


def hashes(texts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """What a lock holds of emitted files: their paths, and the hashes of what is in them."""
    return tuple(
        (path, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")
        for path, text in sorted(texts.items())
    )


def drift(lock: Lock, plan: Plan, texts: Mapping[str, str], *, file: str) -> tuple[Finding, ...]:
    """Where `lock`, the file of that name, is not of the plan that was resolved with it and of
    the `texts` that it emits, by path. Empty: it is."""
    return tuple(
        Finding(f"{file}::{where}", problem)
        for where, problem in (*_image(lock, plan), *_tools(lock, plan), *_files(lock, texts))
    )


def _image(lock: Lock, plan: Plan) -> Iterator[tuple[str, str]]:
    if lock.image.ref != plan.image.ref:
        yield "image.ref", f"is {lock.image.ref}, the profile's image is {plan.image.ref}"
    elif plan.image.hosted and not lock.image.digest:
        yield "image.digest", "is not there, though the image comes from a registry"


def _tools(lock: Lock, plan: Plan) -> Iterator[tuple[str, str]]:
    """A pin that moved. A lock without tools was not verified yet, which is no drift."""
    if lock.tools is None:
        return
    found = dict(lock.tools)
    for tool in plan.tools:
        if tool.name not in found:
            yield f"tools.{tool.name}", "is not there, though the profile has that tool"
        elif tool.constraint and not version.satisfies(found[tool.name], tool.constraint):
            yield f"tools.{tool.name}", f"is {found[tool.name]}, the profile pins {tool.constraint}"


def _files(lock: Lock, texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    now, locked = dict(hashes(texts)), dict(lock.files)
    for path in sorted(now.keys() | locked.keys()):
        if path not in locked:
            yield f'files."{path}"', "is not there, though the file is generated"
        elif path not in now:
            yield f'files."{path}"', "is there, though the file is not generated any more"
        elif now[path] != locked[path]:
            yield f'files."{path}"', "is of another content than what is generated now"
