"""What this user has trusted: the exact content of profiles, each by its hash.

A profile that asks for more than the safe default is not built or run before that. The
records lie in the user's state folder, so no repo can bring its own.
"""

import hashlib
import json
import posixpath
from dataclasses import replace
from pathlib import Path
from typing import Any

from devpod_gen import source
from devpod_gen.errors import FilesDiffer, Finding, Forbidden, HostError, Untrusted
from devpod_gen.plan.asks import LENT, Ask, Kind, asks
from devpod_gen.plan.model import Plan
from devpod_gen.plan.policy import Policy, own_policy
from devpod_gen.profile.contents import contents
from devpod_gen.profile.load import LARGEST
from devpod_gen.profile.offlimits import why_not
from devpod_gen.value import dataclass
from devpod_gen.workspace import gitfolder, mounts, trusted
from devpod_gen.workspace.trusted import Texts

_PATHS = "the host's paths"
"""Under this name a record has what the sources of mounts have led to."""


@dataclass(frozen=True, slots=True)
class Content:
    """A profile with all that it includes, as it was parsed. `hash`: of every byte of it;
    `texts`: its files. `asks`: what the user's policy does not allow for good. `edits`: how
    generated files differ from what is generated. `inner`: the hash without these. `repo`: whose
    it is, as `gitfolder.owner` knows it."""

    root: Path
    repo: Path
    file: str
    hash: str
    asks: tuple[Ask, ...]
    texts: Texts
    variant: str | None
    edits: str = ""
    inner: str = ""

    @property
    def command(self) -> str:
        """What trusts exactly this, without a question."""
        of = f" --profile {self.variant}" if self.variant else ""
        return f"devpod-gen trust --yes {self.hash}{of}"

    @property
    def known(self) -> bool:
        """Whether nothing is asked for, or this exact content was trusted."""
        return not self.asks or _is_known(self.hash, self.asks, self.repo)

    def changes(self) -> str:
        """What is not as it was when a profile of this name was last trusted here, as a
        unified diff; nothing where none was."""
        before = trusted.last(self.repo, self.file)
        return trusted.difference(before.texts, self.texts) if before else ""


def content_of(root: Path, plan: Plan) -> Content:
    """The content behind a plan of the repo at `root`, held against the user's policy.

    Raises Forbidden, HostError, and FilesDiffer where the files are not what was parsed.
    """
    policy, plan = own_policy(), mounts.located(root, plan)
    asked = asks(plan)
    _require_allowed(policy, plan, asked)
    _require_unguarded(policy, root, plan)
    open_asks = policy.open(asked)
    texts = _texts(root, plan) if open_asks else {}
    diff = "".join(one.diff for one in plan.edits)
    digest, inner = _hash(plan), _hash(replace(plan, edits=()))
    return Content(
        root.resolve(),
        gitfolder.owner(root),
        plan.file,
        digest,
        open_asks,
        texts,
        plan.variant,
        diff,
        inner,
    )


def is_trusted(root: Path, plan: Plan) -> bool:
    """Whether a located plan asks for nothing, or for what its user has trusted, and nothing
    of it is refused. Raises ProfileError and HostError where the policy is none."""
    policy, asked = own_policy(), asks(plan)
    if policy.forbidden(asked) or mounts.refused(root, plan, policy):
        return False
    open_asks = policy.open(asked)
    return not open_asks or _is_known(_hash(plan), open_asks, gitfolder.owner(root))


def _is_known(digest: str, asked: tuple[Ask, ...], repo: Path) -> bool:
    """What lends something of this machine is trusted in one repo: in another one the same
    profile would hand it to other files."""
    lent = any(ask.kind in LENT for ask in asked)
    return trusted.find(digest, repo if lent else None) is not None


def require(root: Path, plan: Plan) -> None:
    """Raises Untrusted, which says what is asked for, unless the plan's content is trusted;
    Forbidden where the user's policy has it so."""
    content = content_of(root, plan)
    if not content.known:
        raise untrusted(content, "the profile asks for what you have not trusted yet")


def require_kind(root: Path, plan: Plan, kind: Kind) -> None:
    """The same for one kind of what is asked for: the rest may be asked later."""
    content = content_of(root, plan)
    if any(ask.kind == kind for ask in content.asks) and not content.known:
        raise untrusted(content, "the profile asks for what you have not trusted yet")


def untrusted(content: Content, message: str, *, fix: str | None = None) -> Untrusted:
    """The error that names each thing that is asked for, and what was changed since."""
    return Untrusted(
        message,
        where=content.file,
        findings=tuple(Finding(ask.where, ask.what) for ask in content.asks),
        fix=fix or f"read these, then run `devpod-gen trust`, or `{content.command}`",
        detail=content.changes() or content.edits or _elsewhere(content),
    )


def _elsewhere(content: Content) -> str:
    other = trusted.find(content.hash)
    if not other:
        return ""
    return f"you have trusted it in {other.root}: what it hands over is trusted for each repo"


def trust(content: Content) -> None:
    """Record that the user trusts this content, and so also what of it holds where generated
    files are not looked at. Raises HostError."""
    for digest in sorted({content.inner, content.hash}, key=lambda one: one == content.hash):
        whose = (str(content.repo), str(content.root), content.file)
        trusted.keep(trusted.Record(digest, *whose, content.texts))


def _hash(plan: Plan) -> str:
    """Of every byte, of what paths of the host lead to now, and of its user's own lines in
    generated files: what was generated follows from the rest, and a new lock asks nothing."""
    included = [(own.place, own.digest) for own in plan.own_stacks]
    included = sorted((*included, *((one.place, one.digest) for one in plan.templates)))
    told: list[Any] = [plan.source, included, *([found] if (found := mounts.asking(plan)) else [])]
    edited = [(one.path, hashlib.sha256(one.diff.encode()).hexdigest()) for one in plan.edits]
    told += [{"edits": edited}] if edited else []
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def require_allowed(root: Path, plan: Plan) -> None:
    """Raises Forbidden where the plan asks by its name for a place that no workspace gets: trust
    would change nothing. (Whether a link leads to one is seen later, as long as it may change.)
    Raises ProfileError and HostError where the policy is none."""
    named = tuple(mount for mount in plan.mounts if why_not(_plain(mount.source)))
    _require_unguarded(own_policy(), root, mounts.located(root, replace(plan, mounts=named)))


def _plain(source: str) -> str:
    plain = posixpath.normpath(source)
    return f"/{plain.lstrip('/')}" if plain.startswith("/") else plain


def _require_unguarded(policy: Policy, root: Path, plan: Plan) -> None:
    if found := mounts.refused(root, plan, policy):
        named = policy.file or "policy.toml (`devpod-gen schema policy`)"
        message = "the profile asks for places of this machine that no workspace gets"
        raise Forbidden(
            message,
            where=plan.file,
            findings=found,
            fix=f"take them out of the profile, or name the very path in `mounts` of {named}",
        )


def _require_allowed(policy: Policy, plan: Plan, asked: tuple[Ask, ...]) -> None:
    if refused := policy.forbidden(asked):
        kinds = ", ".join(dict.fromkeys(ask.kind for ask in refused))
        message = f"the profile asks for what your policy forbids: {kinds}"
        raise Forbidden(
            message,
            where=plan.file,
            findings=tuple(Finding(ask.where, ask.what) for ask in refused),
            fix=f"take it out of the profile, or out of `forbid` in {policy.file}",
        )


def _texts(root: Path, plan: Plan) -> Texts:
    """Every file of the content, which must be what was parsed."""
    try:
        files = {plan.file: source.read(root / plan.file, most=LARGEST, inside=root)}
        same = hashlib.sha256(files[plan.file]).hexdigest() == plan.source
        for own in plan.own_stacks:
            found = contents(root / own.place, own.place)
            same = same and found.digest == own.digest
            files |= {f"{own.place}/{name}": content for name, content in found.files.items()}
        files |= {one.place: one.text.encode() for one in plan.templates}
        files |= {edit.path: edit.text.encode() for edit in plan.edits}
    except source.RefusedError:
        files, same = {}, False
    except OSError as error:
        message = f"the profile cannot be read: {error.strerror}"
        raise HostError(message, where=plan.file, fix="make it a readable file") from error
    if not same:
        message = "the profile was changed while it was read"
        raise FilesDiffer(message, where=plan.file, fix="run it again")
    paths = "".join(f"{source}: {real}\n" for source, real in mounts.asking(plan))
    return {**trusted.texts(files), **({_PATHS: paths} if paths else {})}
