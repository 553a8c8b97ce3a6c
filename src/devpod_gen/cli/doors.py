"""The ways into a workspace that `open` lists and opens: each is a link, or a command."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import at_branch, identity_of, plan_of, repo_at
from devpod_gen.errors import EngineError, HostError, StartError
from devpod_gen.value import dataclass
from devpod_gen.workspace import record
from devpod_gen.workspace.identity import Identity

if TYPE_CHECKING:
    from devpod_gen.engine.model import Container
    from devpod_gen.plan.model import Plan


@dataclass(frozen=True, slots=True)
class Place:
    """A workspace, as links name it. `container` is None where there is none, or no engine."""

    plan: "Plan"
    identity: Identity
    alias: str
    """The SSH host: of `up`, else the one that it will get when that is free."""
    container: "Container | None"

    def require_running(self) -> "Container":
        """The container, for what leads into it. Raises StartError."""
        if self.container and self.container.running:
            return self.container
        state = f"is {self.container.state}" if self.container else "is not there yet"
        message, where = f"the workspace {state}", str(self.identity.root)
        raise StartError(message, where=where, fix="run `devpod-gen up`")


@dataclass(frozen=True, slots=True)
class Way:
    """One way in. `words`: what follows `devpod-gen open`; `link`: what an IDE is handed, or
    None where this workspace cannot be entered so."""

    words: str
    title: str
    link: Callable[[Place], str | None]
    by_ssh: bool = False
    """Whether it names the SSH host, which the user's own ssh_config then has to know."""


def place_at(directory: Path, profile: str | None, branch: str | None) -> Place:
    """The workspace of the repo, or of its branch. Raises ProfileError and StartError."""
    from devpod_gen.emit.links import alias  # noqa: PLC0415 - only what is used is loaded

    repo = at_branch(repo_at(directory, profile), branch)
    plan = plan_of(repo)
    identity = identity_of(repo, plan)
    known = record.read(identity.data)
    return Place(plan, identity, known.alias if known else alias(plan), _container(identity))


def enter(console: Console, place: Place, way: Way, *, only_print: bool) -> None:
    """Open the way in, or only say where it leads. Raises HostError where nothing can open
    it, and StartError where it would lead nowhere."""
    link = way.link(place)
    if link is None:
        place.require_running()
        message = f"this workspace cannot be opened so: {way.title}"
        raise StartError(message, where=str(place.identity.root), fix="see `devpod-gen open`")
    if only_print:
        console.result(console.linked(link, link), link=link, opened_with=None)
        return
    place.require_running()
    if way.by_ssh:
        _require_known(place.alias)
    program = _open(link)
    console.result(f"opened with {program}", link=link, opened_with=program)


def _open(link: str) -> str:
    """Hand it to VS Code's own command, where it is VS Code's, or to the desktop."""
    from devpod_gen.engine import desktop  # noqa: PLC0415

    start, editor = "vscode://vscode-remote/", desktop.editor()
    if link.startswith(start) and editor:
        uri = link.replace(start, "vscode-remote://", 1)
        argv = [editor, "--folder-uri", uri]
    else:
        opener = desktop.opener()
        argv = [*opener, link] if opener else []
    if not argv:
        message = "nothing here can open the link: there is no desktop, and no `code` for it"
        raise HostError(message, where=link, fix="open it where your IDE is; --print prints it")
    code = desktop.hand_over(argv)
    if code:
        message = f"{argv[0]} could not open the link: it ended with {code}"
        raise HostError(message, where=link, fix="install the IDE, or open the link yourself")
    return argv[0]


def host_is_known(alias: str) -> bool:
    """Whether the user's own ssh_config, which IDEs ask, leads to the host."""
    from devpod_gen.engine import openssh  # noqa: PLC0415

    program = openssh.program()
    return program is not None and openssh.knows(program, alias)


def _require_known(alias: str) -> None:
    """Raises HostError where a link by SSH would lead nowhere."""
    from devpod_gen.engine import openssh  # noqa: PLC0415

    if not openssh.program():
        message = "there is no OpenSSH client on PATH"
        raise HostError(message, where="ssh", fix="install OpenSSH's client")
    if not host_is_known(alias):
        message = f"your ssh_config does not lead to {alias}, so no IDE can"
        raise HostError(message, where="~/.ssh/config", fix="run `devpod-gen ssh-config install`")


def _container(identity: Identity) -> "Container | None":
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415

    with suppress(EngineError):  # a link can be printed without
        return lifecycle.find(Docker(), identity)
    return None
