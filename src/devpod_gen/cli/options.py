"""The options that every command shares, and what they lead to."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from devpod_gen.errors import HostError, StartError
from devpod_gen.workspace.identity import Identity, identify, known

if TYPE_CHECKING:
    from devpod_gen.plan.model import Plan
    from devpod_gen.profile.stacks import Stack

HERE = Path()
"""The current folder, where a command works unless it is told another."""

Folder = Annotated[
    Path, typer.Option("-C", "--directory", help="The repo, instead of the current folder.")
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

    @property
    def profile_path(self) -> Path:
        """Where the profile is, or would be."""
        return self.root / (f".devpod/{self.profile}.toml" if self.profile else "devpod.toml")

    @property
    def profile_name(self) -> str:
        """The profile's file, as messages name it."""
        return self.profile_path.relative_to(self.root).as_posix()


def repo_at(folder: Path, profile: str | None) -> Repo:
    """The repo at `folder`. Raises HostError when there is no such folder."""
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

    place = worktree.place(repo.root, branch)
    if not place.is_dir():
        message = f"there is no workspace of the branch {branch}"
        raise StartError(
            message, where=str(repo.root), fix=f"run `devpod-gen up --branch {branch}`"
        )
    return Repo(place.resolve(), repo.profile)


def plan_of(repo: Repo) -> "Plan":
    """The repo's profile, resolved. Raises ProfileError."""
    from devpod_gen.plan import lock  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.plan.resolve import resolve  # noqa: PLC0415
    from devpod_gen.profile.load import load  # noqa: PLC0415

    profile = load(repo.profile_path, file=repo.profile_name)
    path = lock.lock_path(repo.profile_path)
    return resolve(
        profile,
        stacks_of(repo),
        folder_name=repo.root.name,
        variant=repo.profile,
        lock=lock.read(path, file=path.relative_to(repo.root).as_posix()),
    )


def stacks_of(repo: Repo) -> "tuple[Stack, ...]":
    """The built-in stacks, and the repo's own. Raises ProfileError."""
    from devpod_gen.profile import own, stacks  # noqa: PLC0415

    ours = stacks.known()
    return (*ours, *own.own_stacks(repo.root, ours))


def trusted_plan_of(repo: Repo) -> "Plan":
    """The repo's profile, resolved, for what runs or contacts anything. Raises ProfileError,
    and Untrusted where the user has not trusted what it asks for."""
    from devpod_gen.workspace.trust import require  # noqa: PLC0415

    plan = plan_of(repo)
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
    return identify(repo.root, plan.alias, plan.output)


def known_identity(repo: Repo) -> Identity:
    """The workspace that this clone was given last, without reading the profile: what is
    running can be entered and removed although the profile was broken since."""
    output = f".devcontainer/{repo.profile}" if repo.profile else ".devcontainer"
    return known(repo.root, output) or identity_of(repo, plan_of(repo))


def _is_name(text: str) -> bool:
    return text.isascii() and text.replace("-", "").isalnum() and text == text.lower()
