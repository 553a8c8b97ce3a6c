"""What is looked at inside a started workspace. Each check ran a command in there, or it
says that it was not run."""

import contextlib
import re
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.command import Result
from devpod_gen.plan.model import Plan, ToolPlan
from devpod_gen.profile import version
from devpod_gen.verify.report import Check, Door

Inside = Callable[[list[str]], Result]
"""Runs a command in the workspace, as its user, through one door."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A started workspace, seen through one door."""

    plan: Plan
    root: Path
    door: Door
    shell: str
    inside: Inside

    def login(self, command: str) -> Result:
        """Run a command as the login shell does."""
        return self.inside([self.shell, "-lc", command])


def inside_checks(subject: Subject) -> Iterator[Check]:
    """Every check that holds for every door."""
    yield _timed(subject, "user", _user)
    yield _timed(subject, "repo", _repo)
    yield _timed(subject, "git", _git)
    for cache in subject.plan.caches:
        yield _timed(subject, f"cache:{cache.folder}", partial(_writable, folder=cache.folder))
    for tool in subject.plan.tools:
        yield _timed(subject, f"tool:{tool.name}", partial(_tool, tool=tool))


def ports_check(engine: Engine, container: str, door: Door) -> Check:
    """No port of the container may be open to another machine."""
    begun = time.monotonic()
    published = engine.published(container)
    open_to_all = [p for p in published if p.address not in ("127.0.0.1", "::1")]
    names = ", ".join(f"{p.address}:{p.host_port}->{p.port}" for p in open_to_all or published)
    if open_to_all:
        detail = f"open beyond this machine: {names}; publish on 127.0.0.1 only"
    else:
        detail = f"on loopback only: {names}" if published else "none is published"
    return Check("ports", door, not open_to_all, detail, time.monotonic() - begun)


def _timed(
    subject: Subject, name: str, look: Callable[[Subject], tuple[bool | None, str]]
) -> Check:
    begun = time.monotonic()
    ok, detail = look(subject)
    return Check(name, subject.door, ok, detail, time.monotonic() - begun)


def _user(subject: Subject) -> tuple[bool, str]:
    """The user that the profile names, with a home that it can write."""
    script = 'printf "%s:%s:%s:%s" "$(id -u)" "$(id -g)" "$HOME" "$PWD"; test -w "$HOME"'
    result = subject.inside(["sh", "-c", script])
    if not result.ok:
        said = result.last_lines(2)
        return False, f"{subject.plan.user} cannot write its home, or there is no such user: {said}"
    uid, gid, home, folder = result.output.split(":", 3)
    told = f"{subject.plan.user} is {uid}:{gid}, home {home}, in {folder}"
    if folder != subject.plan.folder:
        return False, f"{told}; the profile says {subject.plan.folder}"
    return True, told


def _repo(subject: Subject) -> tuple[bool, str]:
    """What the host writes is seen inside, and what is made inside is the host user's."""
    token = secrets.token_hex(8)
    ours, theirs = (subject.root / f".devpod-gen-{token}-{side}" for side in ("host", "inside"))
    try:
        ours.write_text(token, encoding="utf-8")
        script = f'cd "$1" && cat "{ours.name}" && printf x >>"{ours.name}" && : >"{theirs.name}"'
        result = subject.inside(["sh", "-c", script, "sh", subject.plan.folder])
        if not result.ok or result.output != token:
            reason = result.last_lines(1) or "another folder is mounted"
            return False, f"{subject.plan.folder} is not this repo, writable: {reason}"
        if ours.read_text(encoding="utf-8") != f"{token}x":
            return False, "what is written inside does not arrive on the host"
        made, owner = theirs.stat().st_uid, subject.root.stat().st_uid
        if made != owner:
            return False, f"a file made inside belongs to uid {made}, the repo to uid {owner}"
        return True, f"mounted at {subject.plan.folder}, writable, files belong to uid {owner}"
    except OSError as error:
        return False, f"the repo cannot be written on the host: {error.strerror}"
    finally:
        subject.inside(["rm", "-f", f"{subject.plan.folder}/{theirs.name}"])
        for path in (ours, theirs):
            with contextlib.suppress(OSError):
                path.unlink()


def _git(subject: Subject) -> tuple[bool | None, str]:
    if not (subject.root / ".git").exists():
        return None, "not run: the folder is no git repo"
    result = subject.inside(["git", "-C", subject.plan.folder, "status", "--porcelain", "--branch"])
    if not result.ok:
        return False, f"git status: {result.last_lines(1)}"
    return True, result.output.splitlines()[0].removeprefix("## ")


def _writable(subject: Subject, folder: str) -> tuple[bool, str]:
    script = 'f=$1/.devpod-gen-probe; : >"$f" && rm "$f" && stat -c "owned by uid %u" "$1"'
    result = subject.inside(["sh", "-c", script, "sh", folder])
    return result.ok, result.last_lines(1)


def _tool(subject: Subject, tool: ToolPlan) -> tuple[bool, str]:
    """The pinned version, found by the login shell and by a plain exec alike."""
    found = {
        "login": _version(subject.login(tool.command), tool),
        "exec": _version(subject.inside(["sh", "-c", tool.command]), tool),
    }
    for way, number in found.items():
        if number is None:
            return False, f"`{tool.command}` prints no version ({way})"
        if tool.constraint and not version.satisfies(number, tool.constraint):
            return False, f"is {number} ({way}), the profile pins {tool.constraint}"
    if found["login"] != found["exec"]:
        return False, f"is {found['login']} at login, but {found['exec']} in a plain exec"
    pinned = f", pinned {tool.constraint}" if tool.constraint else ""
    return True, f"{found['login']}{pinned}"


def _version(result: Result, tool: ToolPlan) -> str | None:
    match = re.search(tool.pattern, result.output + result.errors) if result.ok else None
    return match[1] if match else None
