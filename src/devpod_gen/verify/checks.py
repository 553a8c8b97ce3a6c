"""What is looked at inside a started workspace. Each look ran a command in there, or it
says that it was not run."""

import contextlib
import os
import re
import secrets
import shlex
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devpod_gen.disk import temporary_prefix
from devpod_gen.engine.api import Engine
from devpod_gen.plan.model import Plan, ToolPlan
from devpod_gen.profile import version
from devpod_gen.verify.limits import limits
from devpod_gen.verify.look import Look, Verdict, take
from devpod_gen.verify.mounts import look_at_mounts
from devpod_gen.verify.parts import look_at_parts
from devpod_gen.verify.privileges import privileges
from devpod_gen.verify.report import Check, Door
from devpod_gen.verify.vscode import look_at_vscode
from devpod_gen.workspace.batch import Inside, Timed


def look_inside(
    plan: Plan, root: Path, shell: str, door: Door, inside: Inside, extra: tuple[Look, ...] = ()
) -> tuple[Check, ...]:
    """Every check that holds for every door, by one exec."""
    with _clone(plan) if plan.clone else _repo(plan, root) as repo:
        looks = (
            _user(plan),
            repo,
            _git(plan, root),
            *(_cache(cache.folder) for cache in plan.caches),
            *look_at_mounts(plan, root),
            *(_tool(tool, shell) for tool in plan.tools),
            *limits(plan),
            *privileges(plan),
            *_idle(plan),
            *look_at_parts(plan),
            *extra,
            look_at_vscode(),
        )
        return take(looks, door, inside)


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


def _user(plan: Plan) -> Look:
    """The user that the profile names, with a home that it can write."""
    script = 'printf "%s:%s:%s:%s" "$(id -u)" "$(id -g)" "$HOME" "$PWD"; test -w "$HOME"'

    def judge(results: Sequence[Timed]) -> Verdict:
        if not results[0].ok:
            return False, f"{plan.user} cannot write its home: {results[0].last_line}"
        uid, gid, home, folder = results[0].said.split(":", 3)
        told = f"{plan.user} is {uid}:{gid}, home {home}, in {folder}"
        same = folder == plan.folder
        return same, told if same else f"{told}; the profile says {plan.folder}"

    return Look("user", (("sh", "-c", script),), judge)


@contextmanager
def _repo(plan: Plan, root: Path) -> Iterator[Look]:
    """What the host writes is seen inside, and what is made inside is the host user's."""
    token = secrets.token_hex(8)
    ours, theirs = (root / f"{temporary_prefix()}{token}-{side}" for side in ("host", "inside"))
    script = f"cat {ours.name} && printf x >>{ours.name} && : >{theirs.name}"
    commands = (
        ("sh", "-c", f"cd {shlex.quote(plan.folder)} && {script}"),
        ("stat", "-c", "%u", f"{plan.folder}/{theirs.name}"),
    )

    def judge(results: Sequence[Timed]) -> Verdict:
        if not results[0].ok or results[0].said != token:
            reason = results[0].last_line or "another folder is mounted"
            return False, f"{plan.folder} is not this repo, writable: {reason}"
        try:
            arrived = ours.read_text(encoding="utf-8") == f"{token}x"
            made, owner = theirs.stat().st_uid, root.stat().st_uid
        except OSError as error:
            return False, f"what is made inside cannot be seen on the host: {error.strerror}"
        if not arrived:
            return False, "what is written inside does not arrive on the host"
        if made != owner:
            return False, f"a file made inside belongs to uid {made}, the repo to uid {owner}"
        return True, f"mounted at {plan.folder}, writable, files belong to uid {owner}"

    try:
        with contextlib.suppress(OSError):  # the look then fails: the token is not there
            ours.write_text(token, encoding="utf-8")
            if os.geteuid() == 0:  # the host's user is the repo's owner, not whoever ran sudo
                os.chown(ours, root.stat().st_uid, root.stat().st_gid)
        yield Look("repo", commands, judge)
    finally:
        for path in (ours, theirs):
            with contextlib.suppress(OSError):
                path.unlink()


@contextmanager
def _clone(plan: Plan) -> Iterator[Look]:
    """The volume holds a clone, which the user can write."""
    script = 'git -C "$1" rev-parse --short HEAD && f=$1/.devpod-gen-probe && : >"$f" && rm "$f"'

    def judge(results: Sequence[Timed]) -> Verdict:
        told = results[0].said.strip()
        if results[0].ok:
            return True, f"a clone at {plan.folder}, writable, of commit {told}"
        return False, f"{plan.folder} is no clone that {plan.user} can write: {told}"

    yield Look("repo", (("sh", "-c", script, "sh", plan.folder),), judge)


def _git(plan: Plan, root: Path) -> Look:
    if not plan.clone and not (root / ".git").exists():
        return Look("git", (), lambda _: (None, "not run: the folder is no git repo"))

    def judge(results: Sequence[Timed]) -> Verdict:
        status = results[0]
        if not status.ok and (root / ".git").is_file():
            return False, f"the git folder is outside the repo (a submodule?): {status.last_line}"
        if not status.ok:
            return False, f"git status: {status.last_line}"
        return True, status.said.splitlines()[0].removeprefix("## ")

    return Look("git", (("git", "-C", plan.folder, "status", "--porcelain", "--branch"),), judge)


def _cache(folder: str) -> Look:
    script = 'f=$1/.devpod-gen-probe; : >"$f" && rm "$f" && stat -c "owned by uid %u" "$1"'
    command = ("sh", "-c", script, "sh", folder)
    return Look(f"cache:{folder}", (command,), lambda r: (r[0].ok, r[0].last_line))


def _idle(plan: Plan) -> Iterator[Look]:
    """The watch runs, and counts to what the profile says."""
    if not plan.idle:
        return

    def judge(results: Sequence[Timed]) -> Verdict:
        words = results[0].said.split()
        if not results[0].ok or words[1:] != [str(seconds)]:
            return False, f"nothing inside counts to {seconds} s: {results[0].last_line}"
        return True, f"stops after {seconds} s without use"

    seconds = plan.idle.seconds
    yield Look("idle", (("cat", "/run/devpod/idle"),), judge)


def _tool(tool: ToolPlan, shell: str) -> Look:
    """The pinned version, found by the login shell and by a plain exec alike."""

    def judge(results: Sequence[Timed]) -> Verdict:
        found = [(way, _version(r, tool)) for way, r in zip(_WAYS, results, strict=True)]
        for way, number in found:
            if number is None:
                return False, f"`{tool.command}` prints no version ({way}): {results[0].last_line}"
            if tool.constraint and not version.satisfies(number, tool.constraint):
                return False, f"is {number} ({way}), the profile pins {tool.constraint}"
        (_, at_login), (_, in_exec) = found
        if at_login != in_exec:
            return False, f"is {at_login} at login, but {in_exec} in a plain exec"
        told = f"{at_login}{f', pinned {tool.constraint}' if tool.constraint else ''}"
        return True, told, at_login or ""

    commands = ((shell, "-lc", tool.command), ("sh", "-c", tool.command))
    return Look(f"tool:{tool.name}", commands, judge)


_WAYS = ("login", "exec")


def _version(result: Timed, tool: ToolPlan) -> str | None:
    match = re.search(tool.pattern, result.said) if result.ok else None
    return match[1] if match else None
