"""The options that every command shares, and what they lead to."""

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from devpod_gen.errors import HostError, StartError
from devpod_gen.value import dataclass
from devpod_gen.workspace.identity import Identity, identify, known

if TYPE_CHECKING:
    from devpod_gen.plan.lock import Lock
    from devpod_gen.plan.model import Plan
    from devpod_gen.profile.stacks import Stack

HERE = Path()
"""The current folder, where a command works unless it is told another."""

Folder = Annotated[
    Path, typer.Option("-C", "--directory", help="The repo, instead of the one around here.")
]
ProfileName = Annotated[
    str | None, typer.Option("--profile", help="A named profile: .devpod/NAME.toml.")
]
Ci = Literal["github"]
CiName = Annotated[Ci | None, typer.Option("--ci", help="Write .github/workflows/devpod.yml, too.")]
Branch = Annotated[
    str | None, typer.Option("--branch", help="The workspace of this branch, beside the repo's.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="Say everything, build logs too.")]
Debug = Annotated[bool, typer.Option("--debug", help="A traceback for bugs of devpod-gen.")]


@dataclass(frozen=True, slots=True)
class Repo:
    """A repo's folder with links resolved, and the profile chosen in it."""

    root: Path
    profile: str | None
    branch: str | None = None
    """Of a clone in a volume that is beside the repo's own one."""

    @property
    def output(self) -> str:
        """The folder of emitted files, relative to the root."""
        return f".devcontainer/{self.profile}" if self.profile else ".devcontainer"

    @property
    def profile_path(self) -> Path:
        """Where the profile is, or would be."""
        return self.root / (f".devpod/{self.profile}.toml" if self.profile else "devpod.toml")

    @property
    def profile_name(self) -> str:
        """The profile's file, as messages name it."""
        return self.profile_path.relative_to(self.root).as_posix()

    @property
    def lock_name(self) -> str:
        """The lock's file, as messages name it."""
        return self.profile_path.with_suffix(".lock").relative_to(self.root).as_posix()


def repo_at(folder: Path, profile: str | None) -> Repo:
    """The repo at `folder`; for the current folder, the one that it is in. Raises HostError when
    there is no such folder."""
    here = folder == HERE and folder.is_dir()
    return repo_of_its_own(_around(folder.resolve()) if here else folder, profile)


def _around(folder: Path) -> Path:
    """The nearest folder from here upwards that has a profile, within its git repo: what is
    above that is nobody's business here. Else the folder itself."""
    found = None
    for one in (folder, *folder.parents):
        if not found and ((one / "devpod.toml").exists() or (one / ".devpod").is_dir()):
            found = one
        if found == folder or (one / ".git").exists():
            return found or folder
    return folder


def repo_of_its_own(folder: Path, profile: str | None) -> Repo:
    """The repo at `folder`, or what is to become one. Raises HostError as `repo_at` does."""
    if not folder.is_dir():
        message = "there is no such folder"
        raise HostError(message, where=str(folder), fix="give an existing one to -C")
    if profile is not None and not _is_name(profile):
        message = f"{profile!r} names no profile: use lower-case letters, digits and hyphens"
        raise typer.BadParameter(message, param_hint="--profile")
    return Repo(folder.resolve(), profile)


def at_branch(repo: Repo, branch: str | None) -> Repo:
    """The repo, or where `up --branch` has put the branch. Raises StartError."""
    if branch is None:
        return repo
    from devpod_gen.workspace import worktree  # noqa: PLC0415 - only what is used is loaded

    beside = replace(repo, branch=branch)
    if known_identity(beside).data.is_dir():  # a clone in a volume
        return beside
    place = worktree.place(repo.root, branch)
    if not place.is_dir():
        import shlex  # noqa: PLC0415 - only what is used is loaded

        message = f"there is no workspace of the branch {branch}"
        fix = f"run `devpod-gen up --branch {shlex.quote(branch)}`"
        raise StartError(message, where=str(repo.root), fix=fix)
    return Repo(place.resolve(), repo.profile)


def plan_of(repo: Repo) -> "Plan":
    """The repo's profile, resolved with its lock. Raises ProfileError."""
    return plan_with(repo, lock_of(repo))


def plan_with(repo: Repo, lock: "Lock | None") -> "Plan":
    """The repo's profile, resolved with this lock in the place of its own. Raises ProfileError."""
    from devpod_gen.plan.resolve import resolve  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.profile.load import load  # noqa: PLC0415
    from devpod_gen.profile.template import own_templates  # noqa: PLC0415

    profile = load(repo.profile_path, file=repo.profile_name)
    stacks = stacks_of(repo, named=profile.stacks)
    return resolve(
        profile,
        stacks,
        folder_name=repo.root.name,
        variant=repo.profile,
        lock=lock,
        templates=own_templates(repo.root),
    )


def lock_of(repo: Repo) -> "Lock | None":
    """The repo's lock, if it has one. Raises ProfileError."""
    from devpod_gen.plan import lock  # noqa: PLC0415

    return lock.read(lock.lock_path(repo.profile_path), file=repo.lock_name)


def stacks_of(repo: Repo, *, named: tuple[str, ...] | None = None) -> "tuple[Stack, ...]":
    """The built-in stacks, and the repo's own; where the `named` ones are built-in and the
    repo has none, only these. Raises ProfileError."""
    from devpod_gen.profile import own, stacks  # noqa: PLC0415

    has_own = (repo.root / own.PLACE).exists()
    if named is not None and not has_own and (found := stacks.behind(named)) is not None:
        return found
    ours = stacks.known()
    return (*ours, *own.own_stacks(repo.root, ours))


def trusted_plan_of(repo: Repo) -> "Plan":
    """The repo's profile, resolved, for what runs or contacts anything. Raises ProfileError,
    and Untrusted where the user has not trusted what it asks for."""
    return trusted(repo, plan_of(repo))


def mountable_plan_of(repo: Repo) -> "Plan":
    """The same, for what starts a workspace. Raises HostError where a mount has no source."""
    from devpod_gen.workspace import mounts  # noqa: PLC0415

    plan = trusted_plan_of(repo)
    mounts.require(repo.root, plan)
    return plan


def trusted(repo: Repo, plan: "Plan") -> "Plan":
    """The plan, for what runs or contacts anything. Raises Untrusted."""
    from devpod_gen.workspace.trust import require  # noqa: PLC0415

    require(repo.root, plan)
    return plan


def with_own_dotfiles(plan: "Plan") -> "Plan":
    """The plan, with the user's dotfiles where the profile has none. Raises ProfileError."""
    from devpod_gen.plan.dotfiles import resolve_dotfiles  # noqa: PLC0415
    from devpod_gen.profile.user import own_dotfiles  # noqa: PLC0415

    own = None if plan.dotfiles else own_dotfiles()
    return replace(plan, dotfiles=resolve_dotfiles(own[0], file=own[1])) if own else plan


def identity_of(repo: Repo, plan: "Plan") -> Identity:
    """The workspace of this clone."""
    return identify(repo.root, plan.alias, plan.output, repo.branch)


def known_identity(repo: Repo) -> Identity:
    """The workspace that this clone was given last, without reading the profile: what is
    running can be entered and removed although the profile was broken since."""
    found = known(repo.root, repo.output, repo.branch)
    return found or identity_of(repo, plan_of(repo))


def _is_name(text: str) -> bool:
    return re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", text) is not None
