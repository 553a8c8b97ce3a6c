"""What a plan asks of its user beyond the safe default: a stranger's code that runs, or a
place that is contacted or opened. Each needs trust in that exact content.

The kinds are the classes of a user's policy (`devpod_gen.plan.policy`), too:
stack (a Dockerfile of the repo's own), image (an image that is not made here), registry (one
that may be pulled and run in the place of ours), services (sidecars), hooks, probes, dotfiles,
clone (a repo that is cloned inside), caches (shared with other workspaces of the machine),
secrets (this machine's, handed over), mounts (this machine's files and folders), env (variables
that steer programs), agent and credentials (the user's, lent to sessions), backend (an IDE's,
from elsewhere), templates (the repo's own, rendered here), edits (what generated files say
beyond the profile, since somebody edited and merged them). A key that runs or opens something
gets its kind in `Kind`, its function, and its line in `_SOURCES`; the kind is put into
policy.schema.json.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal

from devpod_gen.plan.model import Plan
from devpod_gen.plan.mount import MountPlan
from devpod_gen.plan.steering import leads
from devpod_gen.profile.nesting import covers
from devpod_gen.profile.secret import Source
from devpod_gen.profile.template import PLACE
from devpod_gen.profile.wording import printable, shown
from devpod_gen.value import dataclass

Kind = Literal[
    "stack",
    "image",
    "registry",
    "services",
    "hooks",
    "probes",
    "dotfiles",
    "clone",
    "caches",
    "secrets",
    "mounts",
    "env",
    "agent",
    "credentials",
    "backend",
    "sudo",
    "templates",
    "edits",
]

INSIDE: frozenset[Kind] = frozenset(
    ("image", "registry", "services", "hooks", "probes", "clone", "caches", "env")
)
"""What only ever runs in a container. `init` trusts these in a profile that it has written."""

LENT: frozenset[Kind] = frozenset(("secrets", "mounts", "agent", "credentials"))
"""What is handed over of this machine, to whatever else the repo has in it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for: its kind, what it would do, and where that is said."""

    kind: Kind
    what: str
    where: str


def asks_for(plan: Plan, mount: MountPlan) -> bool:
    """Whether a mount takes trust. What is in the repo is seen inside anyway, unless the
    workspace is a clone; in the home it would be its user's settings and programs."""
    inside = mount.place is not None and mount.place.inside and not plan.clone
    return not inside or covers(plan.home, mount.target)


def asks(plan: Plan) -> tuple[Ask, ...]:
    """Everything that the plan asks for; empty: no trust is needed."""
    found = (ask for source in _SOURCES for ask in source(plan))
    return tuple(Ask(ask.kind, printable(ask.what), printable(ask.where)) for ask in found)


def _own_stacks(plan: Plan) -> Iterator[Ask]:
    for own in plan.own_stacks:
        what = "a stack of the repo's own: its Dockerfile runs in a build, with the network"
        yield Ask("stack", what, own.place)


def _image(plan: Plan) -> Iterator[Ask]:
    if not plan.image.layers:
        yield Ask("image", f"{plan.image.ref} is pulled, and is what runs", "image.ref")
    elif plan.image.hosted:
        where = plan.image.ref.rpartition("/")[0]
        what = f"{where} is asked for the image first, and what it has is what runs"
        yield Ask("registry", what, "image.registry")


def _services(plan: Plan) -> Iterator[Ask]:
    for service in plan.services:
        got = "is started" if service.local else "is pulled and started"
        command = f", with the command `{_line(service.command)}`" if service.command else ""
        what = f"{service.image} {got} beside the workspace{command}"
        yield Ask("services", what, f"services.{service.name}")


def _hooks(plan: Plan) -> Iterator[Ask]:
    for hook in plan.hooks.all:
        for part, line in hook.parts:
            where = f"hooks.{hook.name}" + (f".{part}" if part else "")
            yield Ask("hooks", f"`{line}` runs inside", where)


def _probes(plan: Plan) -> Iterator[Ask]:
    own = [probe for probe in plan.probes if probe.own]
    for index, probe in enumerate(own):
        yield Ask("probes", f"`{probe.run}` runs inside", f"probe[{index}]")


def _dotfiles(plan: Plan) -> Iterator[Ask]:
    """The profile's; the user's own are put into a plan after it was asked about."""
    if plan.dotfiles and plan.dotfiles.repo:
        what = f"{plan.dotfiles.repo} is cloned inside, and its code runs there"
        yield Ask("dotfiles", what, "dotfiles.repo")
    elif plan.dotfiles:
        runs = f", and `{plan.dotfiles.command}` runs there" if plan.dotfiles.command else ""
        what = f"the repo's folder {plan.dotfiles.path} is put into the home{runs}"
        yield Ask("dotfiles", what, "dotfiles.path")


def _clone(plan: Plan) -> Iterator[Ask]:
    if plan.clone and plan.clone.source != ".":
        yield Ask("clone", f"{plan.clone.source} is cloned inside", "workspace.clone")


def _caches(plan: Plan) -> Iterator[Ask]:
    for cache in plan.caches:
        if cache.shared:
            what = (
                f"{cache.folder}: other workspaces of this machine read what this one writes there"
            )
            yield Ask("caches", what, "caches")


def _secrets(plan: Plan) -> Iterator[Ask]:
    for secret in plan.secrets:
        what = _HANDED[secret.source].format(" ".join(secret.reference))
        yield Ask("secrets", what, f"secrets.{secret.name}")


def _mounts(plan: Plan) -> Iterator[Ask]:
    """Each that has to be asked for, by where it leads; where nobody has looked, all."""
    for mount in plan.mounts:
        if not asks_for(plan, mount):
            continue
        if mount.place and mount.place.inside and not plan.clone:
            what = f"the repo's {mount.place.told} is at {mount.target}: programs do what it says"
            yield Ask("mounts", what, f"{mount.key}.source")
            continue
        real = mount.place.real if mount.place else mount.source
        told = f" (the profile says {mount.source})" if real != mount.source else ""
        can = "read it" if mount.readonly else "read and change it"
        what = f"{real} of this machine{told} is mounted {mount.mode}: code inside can {can}"
        yield Ask("mounts", what, f"{mount.key}.source")


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
        if leads(name):
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


def _templates(plan: Plan) -> Iterator[Ask]:
    makers = [one.makes for one in plan.templates if one.makes]
    if plan.templates:
        what = f"templates of the repo's own are rendered here, in a sandbox: {', '.join(makers)}"
        yield Ask("templates", what, PLACE)


def _edits(plan: Plan) -> Iterator[Ask]:
    for edit in plan.edits:
        for kind, what in _EDITED.items():
            if kind in edit.kinds:
                yield Ask(kind, what, edit.path)


_EDITED: Mapping[Kind, str] = {
    "edits": "says what the profile does not say, and is used as it is",
    "services": "other services are started than the profile says",
    "image": "another image is what runs",
    "hooks": "other commands run inside than the profile says",
    "env": "has a variable by which programs run other code, or ask others",
    "sudo": "gives other privileges than the profile does",
}


def _line(command: str | tuple[str, ...]) -> str:
    return command if isinstance(command, str) else " ".join(command)


_SOURCES: tuple[Callable[[Plan], Iterator[Ask]], ...] = (
    _own_stacks,
    _image,
    _services,
    _hooks,
    _probes,
    _dotfiles,
    _clone,
    _caches,
    _secrets,
    _mounts,
    _agent,
    _steering,
    _credentials,
    _sudo,
    _backend,
    _templates,
    _edits,
)
"""One line for each kind."""
