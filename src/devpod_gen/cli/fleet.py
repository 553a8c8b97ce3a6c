"""Commands on all workspaces at once: status, gc."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from devpod_gen.cli.console import Console
from devpod_gen.cli.history import tell_history
from devpod_gen.cli.options import HERE, Debug, Folder, Json, Repo, Verbose, plan_of, repo_at
from devpod_gen.errors import DevpodError
from devpod_gen.profile.wording import printable

if TYPE_CHECKING:
    from devpod_gen.engine.api import Engine
    from devpod_gen.workspace.fleet import Workspace
    from devpod_gen.workspace.idle import Awake
    from devpod_gen.workspace.leftovers import Leftover


def status(
    directory: Folder = HERE,
    everything: Annotated[
        bool, typer.Option("--all", help="Every workspace that the engine has.")
    ] = False,
    why_awake: Annotated[
        bool, typer.Option("--why-awake", help="And what keeps each one from stopping by itself.")
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="How long the starts took; no engine is asked.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001 - read at the boundary
) -> None:
    """Show this repo's workspaces, whoever started them: its profiles and branches.

    Example: devpod-gen status --all
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.fleet import workspaces  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    repo = repo_at(directory, None)
    if history:
        return tell_history(None if everything else repo.root, console)
    engine = Docker()
    found = workspaces(engine, None if everything else repo.root)
    awake = _awake(engine, found) if why_awake else {}
    drifts = {one.container: _drift(one) for one in found}
    text = "\n".join(_lines(one, drifts[one.container], awake) for one in found)
    none = "the engine has no workspace" if everything else "this repo has no workspace"
    values = [_values(one, drifts[one.container], awake) for one in found]
    return console.result(text or none, workspaces=values)


def _awake(engine: "Engine", found: "tuple[Workspace, ...]") -> "dict[str, Awake]":
    """What keeps the running ones up. They are asked side by side: each takes a second."""
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415

    from devpod_gen.workspace.idle import why_awake  # noqa: PLC0415

    running = [one for one in found if one.state == "running"]
    with ThreadPoolExecutor(max_workers=8) as pool:
        asked = pool.map(lambda one: why_awake(engine, one.container, one.name), running)
        return {one.container: awake for one, awake in zip(running, asked, strict=True)}


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    caches: Annotated[
        bool, typer.Option("--caches", help="Caches that no container uses, too.")
    ] = False,
    as_json: Json = False,
    verbose: Verbose = False,
    debug: Debug = False,  # noqa: ARG001
) -> None:
    """Remove what is over: workspaces whose repo is gone, what killed runs have left.

    Example: devpod-gen gc --dry-run
    """
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415 - only what is used is loaded
    from devpod_gen.workspace.clearing import remove  # noqa: PLC0415
    from devpod_gen.workspace.leftovers import find  # noqa: PLC0415

    console = Console(as_json=as_json, verbose=verbose)
    engine = Docker()
    found = find(engine, caches=caches)
    if not dry_run:
        for one in found:
            console.say(f"removing {one.kind} {one.name}: {one.why}")
        found = tuple(remove(engine, one) for one in found)
    verb = "would remove" if dry_run else "removed"
    text = "\n".join(_leftover_line(one, verb) for one in found)
    values = [asdict(one) | {"items": list(one.items)} for one in found]
    console.result(text or "nothing is left over", leftovers=values, removed=not dry_run)


def _leftover_line(one: "Leftover", verb: str) -> str:
    if one.kept:
        return printable(f"kept {one.kind} {one.name}: {one.kept}")
    size = f", {one.size / 1e6:.1f} MB" if one.size is not None else ""
    return printable(f"{verb} {one.kind} {one.name} ({one.why}): {', '.join(one.items)}{size}")


def _values(one: "Workspace", drift: bool | None, awake: "dict[str, Awake]") -> dict[str, Any]:
    values = asdict(one)
    del values["config"]
    told = awake.get(one.container)
    return (
        values
        | {"ports": list(one.ports), "drift": drift}
        | ({"awake": asdict(told) | {"reasons": list(told.reasons)}} if told else {})
    )


def _lines(one: "Workspace", drift: bool | None, awake: "dict[str, Awake]") -> str:
    """A workspace, for people: a line of what it is, one of where, and what else there is."""
    what = [one.name, *([f"profile {one.profile}"] if one.profile else [])]
    what += [one.branch] if one.branch else []
    what += [one.state, f"since {one.since[:16].replace('T', ' ')}Z", f"by {one.started_by}"]
    what += ["killed for memory"] if one.out_of_memory else []
    what += [f"image {one.image_size / 1e6:.0f} MB"] if one.image_size else []
    what += [f"at most {one.memory / 1024**2:.0f} MiB"] if one.memory else []
    where = [one.id, one.folder, *([f"ssh {one.ssh_host}"] if one.ssh_host else []), *one.ports]
    lines = [printable("  ".join(what)), printable(f"  {'  '.join(where)}")]
    lines += ["  the profile has changed since: `devpod-gen up`"] if drift else []
    return "\n".join([*lines, *_awake_lines(awake.get(one.container))])


def _awake_lines(awake: "Awake | None") -> list[str]:
    if awake is None:
        return []
    reasons = awake.reasons or ("nothing uses it now",)
    end = (
        f"stops after {awake.timeout} s without use, {awake.idle} have passed"
        if awake.timeout
        else "never stops by itself: the profile has no idle.timeout"
    )
    return [f"  {printable(line)}" for line in (*reasons, end)]


def _drift(one: "Workspace") -> bool | None:
    """Whether the profile says another container by now; None when it cannot be read."""
    from devpod_gen.emit.compose import compose, config_of  # noqa: PLC0415
    from devpod_gen.emit.configuration import config_in  # noqa: PLC0415
    from devpod_gen.emit.tree import compare  # noqa: PLC0415

    try:
        plan = plan_of(Repo(Path(one.folder), one.profile))
        if config_of(plan) == one.config:
            return False
        (change,) = compare(Path(one.folder), (compose(plan),))  # it may have been merged
        return config_in(change.text) != one.config
    except DevpodError:
        return None
