"""What another owner of the repo costs: `up` for uid 4242 beside uid 1000, of an image with a
full home, whose files an engine's overlay copies when their owner changes."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bench.measure import clock
from bench.place import COMMAND, ready
from bench.run import Failed, run

OWNERS = (1000, 4242)
"""The number of the image's user, and another one."""

FILES, BYTES = 20_000, 15_000
_NAME = "bench-full-home"

_STACK = """title = "A full home"
markers = ["full-home"]

[tools.cat]
distribution = "9"
command = "cat --version"
pattern = '([0-9]+)'
mise = "cat"

[[probe]]
run = "cat /home/dev/full/file-aaaa >/dev/null"
"""
_RECIPE = f"""ARG PARENT
FROM ${{PARENT}}
RUN mkdir /home/dev/full && cd /home/dev/full \\
    && head -c {FILES * BYTES} /dev/urandom | split -a 4 -b {BYTES} - file- \\
    && chown -R dev:dev /home/dev/full
"""


@dataclass(slots=True)
class Owners:
    """Seconds to a ready shell by the repo's owner, in the rounds' order; or why there are none."""

    seconds: dict[int, list[float]] = field(default_factory=dict)
    failed: str = ""


def owners(folder: Path, *, runs: int, say: Callable[[str], None]) -> Owners:
    """Measure both, in turns. What it has made is gone afterwards."""
    taken = Owners()
    repos = {owner: folder / str(owner) / "full" for owner in OWNERS}
    try:
        for owner, repo in repos.items():
            _make(repo, owner)
        for number in range(runs):
            for owner, repo in repos.items():
                taken.seconds.setdefault(owner, []).append(_once(repo))
            say(f"another owner: round {number + 1} of {runs}")
    except Failed as error:
        taken.failed = str(error)
    finally:
        _clean(repos.values())
    return taken


def _make(repo: Path, owner: int) -> None:
    if os.geteuid() != 0:
        message = "only root can give a folder to another user"
        raise Failed(message)
    stack = repo / ".devpod" / "stacks" / _NAME
    stack.mkdir(parents=True)
    (stack / "stack.toml").write_text(_STACK, encoding="utf-8")
    (stack / "Dockerfile").write_text(_RECIPE, encoding="utf-8")
    ready(
        repo, f'name = "full"\nstacks = ["{_NAME}"]\n\n[[probe]]\nrun = "test $(id -u) = {owner}"\n'
    )
    os.chown(repo, owner, owner)


def _once(repo: Path) -> float:
    seconds = clock([[str(COMMAND), "up"]], repo)
    run([str(COMMAND), "down"], repo)
    return seconds


def _clean(repos: Iterable[Path]) -> None:
    for repo in repos:
        if repo.exists():
            with suppress(Failed):
                run([str(COMMAND), "down", "--caches"], repo)
    with suppress(Failed):
        listed = [
            "docker",
            "images",
            "--quiet",
            "--filter",
            f"reference=localhost/devpod-gen/{_NAME}",
        ]
        for image in set(run(listed, Path("/")).split()):
            run(["docker", "image", "rm", "--force", image], Path("/"))
