"""What a container still lacks that another client has started: `up` gives it the rest."""

from typing import TYPE_CHECKING

from devpod_gen.cli.console import Console
from devpod_gen.cli.options import Repo, trusted_plan_of
from devpod_gen.errors import DevpodError

if TYPE_CHECKING:
    from devpod_gen.engine.model import Container
    from devpod_gen.workspace.identity import Identity


def arrive(repo: Repo, identity: "Identity", container: "Container") -> None:
    """Have the SSH door, and git know who works, in a container that was not met before.
    Whatever is in the way of that, what runs can be entered."""
    from devpod_gen.workspace.ssh import was_met  # noqa: PLC0415 - only what is used is loaded

    if was_met(identity.data, container):
        return
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.verify.doorway import have_door  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=False, verbose=False)
    try:
        context = Context(Docker(), trusted_plan_of(repo), identity, Clock(), console.say)
        with held(identity, "shell", patience=0):
            have_door(context)
    except DevpodError as error:
        console.say(f"warning: git in there does not know you, and SSH does not lead in: {error}")
