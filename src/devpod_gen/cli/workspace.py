"""The command that makes a workspace: up."""

from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from devpod_gen.cli.began import began
from devpod_gen.cli.branch import checked_out, trusted_plan
from devpod_gen.cli.console import Console
from devpod_gen.cli.dotfiles import tell_of_dotfiles
from devpod_gen.cli.options import (
    HERE,
    Branch,
    Debug,
    Folder,
    Json,
    ProfileName,
    Verbose,
    identity_of,
    repo_at,
    with_own_dotfiles,
)
from devpod_gen.cli.values import secrets_of

if TYPE_CHECKING:
    from devpod_gen.engine.model import Container
    from devpod_gen.verify.doorway import Config
    from devpod_gen.workspace.context import Context
    from devpod_gen.workspace.lifecycle import Running
    from devpod_gen.workspace.ssh import SshDoor


def up(
    directory: Folder = HERE,
    profile: ProfileName = None,
    branch: Branch = None,
    request: Annotated[
        int | None, typer.Option("--pr", min=1, help="Fetch this pull request to branch pr/N.")
    ] = None,
    frozen: Annotated[
        bool, typer.Option("--frozen", help="Exit 1 if lock, files and profile differ.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Have the workspace running and ready. Twice is one workspace.

    Example: devpod-gen up
    """
    from devpod_gen.cli.generated import (  # noqa: PLC0415
        emitted_of,
        trusted_changes_of,
        write_files,
    )
    from devpod_gen.cli.locked import require_locked  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.workspace import lifecycle  # noqa: PLC0415
    from devpod_gen.workspace.clock import Clock  # noqa: PLC0415
    from devpod_gen.workspace.context import Context  # noqa: PLC0415
    from devpod_gen.workspace.lock import held  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    clock = Clock(began())
    repo = checked_out(repo_at(directory, profile), branch, request, console)
    with clock.stage("resolve"):
        plan = with_own_dotfiles(bare := trusted_plan(repo))
        changes = trusted_changes_of(repo, bare)
        if frozen:
            with clock.stage("lock"):
                require_locked(repo, plan, changes)
        for path in write_files(repo, plan, changes):
            console.say(f"wrote {path}")
    secrets = secrets_of(repo, plan, console, clock)
    identity = identity_of(repo, plan)
    engine = Docker()
    context = Context(engine, plan, identity, clock, console.say)
    configs: list[Config | None] = []
    beside = lifecycle.Beside(
        _load, _load_more, lambda *door: configs.append(_config_of(context, *door))
    )
    with ExitStack() as locked:
        with clock.stage("lock"):
            locked.enter_context(held(identity, "up", say=console.say))
        emitted = emitted_of(plan, changes)
        running = lifecycle.up(context, beside, emitted=emitted, secrets=secrets)
        from devpod_gen.verify.doorway import keep_config  # noqa: PLC0415 - loaded by now

        if running.ssh:
            keep_config(running.ssh, configs[0])
    _tell(console, context, running)


def _load() -> None:
    """What is needed later: while an engine is waited for, that costs nothing."""
    from devpod_gen.verify import doorway  # noqa: F401, PLC0415
    from devpod_gen.workspace import include, regression, welcome  # noqa: F401, PLC0415


def _load_more() -> None:
    """And what an ssh_config is made with: that of a container which was there is known."""
    from devpod_gen.emit.render import prepare  # noqa: PLC0415

    _load()
    prepare()


def _config_of(context: "Context", door: "SshDoor", container: "Container") -> "Config | None":
    from devpod_gen.verify.doorway import config_of  # noqa: PLC0415

    return config_of(context.engine, context.plan, door, container)


def _tell(console: Console, context: "Context", running: "Running") -> None:
    """What there is now, how long it took, and how that stands to what it took before."""
    from devpod_gen.workspace.history import kind_of, run_of  # noqa: PLC0415
    from devpod_gen.workspace.regression import weigh  # noqa: PLC0415

    plan, identity, timing = context.plan, context.identity, context.clock.timing()
    container = running.container
    kind = kind_of(timing, created=running.created, started=running.started)
    standing = weigh(identity, (run_of(identity, "up", kind, running.image, timing),))
    if console.verbose:
        console.say(f"seconds: {timing.line()}")
    if standing and (console.verbose or standing.slower):
        console.say(standing.line())
    if running.dotfiles:
        tell_of_dotfiles(console, running.dotfiles)
    how = "started" if running.started else "running already"
    by_ssh = _by_ssh(running.ssh) if running.ssh else ""
    console.result(
        f"{plan.name}: {how}, ready in {timing.seconds:.1f} s\n"
        f"enter with `devpod-gen shell`{by_ssh}",
        workspace={
            "id": identity.id,
            "container": container.id,
            "project": container.project,
            "user": plan.user,
            "folder": plan.folder,
            "ssh_host": running.ssh.alias if running.ssh else None,
            "ssh_port": running.ssh.port if running.ssh else None,
            "created": running.created,
        },
        dotfiles=asdict(running.dotfiles) if running.dotfiles else None,
        **timing.values(),
        history=standing.values() if standing else None,
    )


def _by_ssh(door: "SshDoor") -> str:
    from devpod_gen.workspace.include import is_installed  # noqa: PLC0415

    if is_installed():
        return f", or `ssh {door.alias}`"
    import shlex  # noqa: PLC0415 - only what is used is loaded

    return (
        f", or `ssh -F {shlex.quote(str(door.config))} {door.alias}`\n"
        f"`devpod-gen ssh-config install` makes that `ssh {door.alias}`, for IDEs, too"
    )
