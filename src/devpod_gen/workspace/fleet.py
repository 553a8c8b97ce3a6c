"""Every workspace that the engine has, whoever started it, as `status` shows it."""

import re
from dataclasses import replace
from pathlib import Path

from devpod_gen.engine.api import Engine
from devpod_gen.engine.model import Container, Times
from devpod_gen.home import data_home
from devpod_gen.value import dataclass
from devpod_gen.workspace import gitfolder, ownership, record


@dataclass(frozen=True, slots=True)
class Workspace:
    """One workspace. `branch` and `ssh_host` are None where there is none to be known."""

    id: str
    name: str
    project: str
    container: str
    state: str
    since: str
    """When it came into that state, by the engine's clock: RFC 3339."""
    folder: str
    """On the host: where it was started from."""
    profile: str | None
    branch: str | None
    worktree: bool
    mode: str
    """`bind`: the repo's own folder; `volume`: a clone."""
    image: str
    image_size: int | None
    """Bytes, unpacked; None where the image is gone."""
    started_by: str
    user: str
    workspace: str
    """The repo's folder inside."""
    ssh_host: str | None
    ports: tuple[str, ...]
    memory: int | None
    """The most that it gets, in bytes; None where there is no limit."""
    out_of_memory: bool
    """Whether it was ended because it had no more memory."""
    config: str


def workspaces(engine: Engine, repo: Path | None) -> tuple[Workspace, ...]:
    """Those of the repo at `repo` and its worktrees, every profile and branch; all that the
    engine has when it is None."""
    found = [one for one in ownership.everyones(engine) if repo is None or _is_of(one, repo)]
    if not found:
        return ()
    times = engine.times([container.id for container in found])
    hosts = _ssh_hosts()
    # Each by its name: a list of all images takes an engine a second.
    images = {ref: engine.image(ref) for ref in {one.image for one in found}}
    sizes = {ref: image.size for ref, image in images.items() if image}
    made = [
        replace(_workspace(one, times[one.id], hosts), image_size=sizes.get(one.image))
        for one in found
        if one.id in times
    ]
    return tuple(sorted(made, key=lambda one: (one.folder, one.profile or "", one.branch or "")))


def profile_of(output: Path) -> tuple[Path, str | None]:
    """The repo, and the named profile, of a folder of emitted files."""
    if output.name == ".devcontainer":
        return output.parent, None
    return output.parent.parent, output.name


def _is_of(found: Container, repo: Path) -> bool:
    output = ownership.made_from(found)
    if not output:
        return False
    root = profile_of(output)[0]
    return root == repo or gitfolder.common(root) == gitfolder.common(repo) is not None


def _workspace(found: Container, times: Times, hosts: dict[str, str]) -> Workspace:
    output = ownership.made_from(found)
    root, profile = profile_of(output) if output else (Path(), None)
    in_volume = found.labels["devpod-gen.mode"] == "volume"
    branch = found.labels["devpod-gen.branch"] or (None if in_volume else gitfolder.branch(root))
    return Workspace(
        id=found.labels["devpod-gen.id"] or _id_in(found.project),
        name=found.labels["devpod-gen.name"],
        project=found.project,
        container=found.id,
        state=found.state,
        since=times.started if found.running else times.ended or times.created,
        folder=str(root) if output else "",
        profile=profile,
        branch=branch,
        worktree=not in_volume and (root / ".git").is_file(),
        mode="volume" if in_volume else "bind",
        image=found.image,
        image_size=None,
        started_by=ownership.starter(found),
        user=found.user,
        workspace=found.folder,
        ssh_host=hosts.get(found.id),
        ports=times.ports,
        memory=times.memory or None,
        out_of_memory=times.out_of_memory,
        config=found.config,
    )


def _id_in(project: str) -> str:
    match = re.search(r"-([0-9a-f]{12})$", project)
    return match[1] if match else ""


def _ssh_hosts() -> dict[str, str]:
    """The SSH host of each container that this machine has keys for."""
    hosts = {}
    for known in record.records():
        folder = data_home() / known.id
        try:
            container = (folder / "ssh/container").read_text(encoding="utf-8")
        except OSError:
            continue
        if (folder / "ssh_config").exists():
            hosts[container] = known.alias
    return hosts
