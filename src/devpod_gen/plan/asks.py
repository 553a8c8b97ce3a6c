"""What a plan asks of its user beyond the safe default: a stranger's code that runs, or a
place that is contacted or opened. Each needs trust in that exact content."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from devpod_gen.plan.model import Plan
from devpod_gen.plan.steering import steers
from devpod_gen.profile.secret import Source
from devpod_gen.profile.wording import shown

Kind = Literal["stack", "dotfiles", "secrets", "env", "agent", "credentials", "backend", "sudo"]


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for: its kind, what it would do, and where that is said."""

    kind: Kind
    what: str
    where: str


def asks(plan: Plan) -> tuple[Ask, ...]:
    """Everything that the plan asks for; empty: no trust is needed."""
    return tuple(ask for source in _SOURCES for ask in source(plan))


def _own_stacks(plan: Plan) -> Iterator[Ask]:
    for own in plan.own_stacks:
        what = "a stack of the repo's own: its Dockerfile runs in a build, with the network"
        yield Ask("stack", what, own.place)


def _dotfiles(plan: Plan) -> Iterator[Ask]:
    """The profile's; the user's own are put into a plan after it was asked about."""
    if plan.dotfiles and plan.dotfiles.repo:
        what = f"{plan.dotfiles.repo} is cloned inside, and its code runs there"
        yield Ask("dotfiles", what, "dotfiles.repo")


def _secrets(plan: Plan) -> Iterator[Ask]:
    for secret in plan.secrets:
        what = _HANDED[secret.source].format(" ".join(secret.reference))
        yield Ask("secrets", what, f"secrets.{secret.name}")


def _backend(plan: Plan) -> Iterator[Ask]:
    bake = plan.ide.bake
    if bake and not bake.is_of_repo:
        got = (
            f"{bake.url} is downloaded" if bake.url else f"this machine's file {bake.path} is read"
        )
        what = f"{got}, and what is in it is put into the image as {bake.product}"
        yield Ask("backend", what, "ide.jetbrains.bake")


_HANDED: Mapping[Source, str] = {
    "env": "this machine's variable {} is handed to what runs inside",
    "file": "this machine's file {} is handed to what runs inside",
    "op": "{} of your 1Password is handed to what runs inside",
    "command": "this machine runs `{}`, and hands what it prints to what runs inside",
}


def _steering(plan: Plan) -> Iterator[Ask]:
    """The workspace's; what a service runs is asked for with the service."""
    for name, value in plan.env:
        if steers(name):
            what = f"{shown(value)}: by this variable programs run other code, or ask others"
            yield Ask("env", what, f"env.{name}")


def _agent(plan: Plan) -> Iterator[Ask]:
    if plan.ssh.agent:
        what = "your SSH agent: code inside can use its keys while an SSH session is open"
        yield Ask("agent", what, "ssh.agent")


def _credentials(plan: Plan) -> Iterator[Ask]:
    if plan.credentials:
        what = "your git credentials: code inside gets them, for any https host, during a session"
        yield Ask("credentials", what, "git.credentials")


def _sudo(plan: Plan) -> Iterator[Ask]:
    if not plan.privileges.options:
        what = "the user, and all that they run, can become root inside"
        yield Ask("sudo", what, "security.sudo")


_SOURCES: tuple[Callable[[Plan], Iterator[Ask]], ...] = (
    _own_stacks,
    _dotfiles,
    _secrets,
    _agent,
    _steering,
    _credentials,
    _sudo,
    _backend,
)
"""One line for each kind."""
