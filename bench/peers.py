"""Who is measured, and by which commands. Each does what a person would type."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import packages
from bench.place import COMMAND, ROOT, Place
from bench.run import Failed, Words, run

Steps = dict[str, Callable[[Place], list[Words]]]

# It ends with 75 where it comes before the user is ready, as it does right after Compose. Who
# came in before stays who they were: each try comes in anew.
_HOOK = ["/usr/local/lib/devpod/hook", "-q", "create"]
_UNTIL = ["sh", "-c", 'until "$@"; do [ $? = 75 ] || exit 1; sleep 0.02; done', "sh"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A client. `steps`: of each kind of run, the commands, one after the other. `get`: has it
    installed, and says its version; what it raises is why it is not measured. `prepare`: what
    its copy of a workspace takes beside what is generated."""

    name: str
    title: str
    get: Callable[[], str]
    steps: Steps
    prepare: Callable[[Place], None] = lambda _: None


def require_nothing(place: Place) -> None:
    """Raises Failed where the place has a container already: then it is no cold start."""
    for label in ("devcontainer.local_folder", "com.docker.compose.project.working_dir"):
        for folder in (place.folder, place.compose.parent):
            chosen = ["--filter", f"label={label}={folder}"]
            if found := run(["docker", "ps", "--all", "--quiet", *chosen], place.folder).split():
                message = f"what was there before is there still: container {found[0]}"
                raise Failed(message)


def _shell(place: Place) -> Words:
    return ["zsh", "-lc", place.inside]


def _exec(place: Place, container: str, words: Words) -> Words:
    return ["docker", "exec", "-u", "dev", "-w", place.workspace, container, *words]


def _compose(place: Place, *words: str) -> Words:
    return ["docker", "compose", "-f", str(place.compose), *words]


def _of_compose(place: Place) -> str:
    return f"{place.project}-dev-1"


def _down(place: Place) -> list[Words]:
    return [_compose(place, "down", "--volumes")]


def _up(place: Place) -> list[Words]:
    hook = [[*_UNTIL, *_exec(place, _of_compose(place), _HOOK)]] if place.hook else []
    inside = _exec(place, _of_compose(place), _shell(place))
    return [_compose(place, "up", "--detach"), *hook, inside]


def _ours(place: Place, *words: str) -> Words:
    return [str(COMMAND), words[0], "-C", str(place.folder), *words[1:]]


def _engine_run(place: Place) -> list[Words]:
    options = ["--detach", "--init", "--name", place.project, "-v"]
    mount = f"{place.folder}:{place.workspace}"
    start = ["docker", "run", *options, mount, place.image]
    inside = ["docker", "exec", "-u", "dev", place.project, *_shell(place)]
    return [start, inside]


def _prompt(place: Place) -> Words:
    options = ["--interactive", "--tty", "--user", "dev", "--workdir", place.workspace]
    return ["docker", "exec", *options, place.project, "zsh", "--login"]


def _client(program: Path, *, knows_env: bool) -> Steps:
    """A client of the Development Containers specification: `up`, then `exec`. One that does not
    read the project's name from `.env` is told it: under another one it would find, in the next
    round, the container of this one."""

    def words(place: Place, verb: str, *rest: str) -> Words:
        told = [] if knows_env else ["env", f"COMPOSE_PROJECT_NAME={place.project}"]
        return [*told, str(program), verb, "--workspace-folder", str(place.folder), *rest]

    def up_and_in(place: Place) -> list[Words]:
        return [words(place, "up"), words(place, "exec", *_shell(place))]

    return {
        "up": up_and_in,
        "again": up_and_in,
        "exec": lambda place: [words(place, "exec", "true")],
        "end": _down,
    }


def _version(*words: str) -> Callable[[], str]:
    return lambda: run(list(words), ROOT).strip().splitlines()[0]


def _devs_prepare(place: Place) -> None:
    """It names its containers by the repo's origin."""
    origin = f"https://example.invalid/bench/{place.name}.git"
    run(["git", "remote", "add", "origin", origin], place.folder)


def _devs(place: Place) -> Words:
    """It keeps its own files in the home: in one of its own."""
    path = f"PATH={packages.CLI.parent}:{os.environ['PATH']}"
    words = [str(packages.DEVS), "start", "dev", "--live"]
    return ["env", f"HOME={_home(place)}", path, *words]


def _devs_up(place: Place) -> list[Words]:
    return [_devs(place), _exec(place, f"dev-bench-{place.name}-dev", _shell(place))]


def _dvt_prepare(place: Place) -> None:
    """It takes no compose file, so it gets the image alone. It writes to ~/.ssh/config: to that
    of a home of its own."""
    said = {"image": place.image, "remoteUser": "dev"}
    config = place.folder / ".devcontainer" / "devcontainer.json"
    config.write_text(json.dumps(said), encoding="utf-8")


def _dvt(place: Place, *words: str) -> Words:
    return ["env", f"HOME={_home(place)}", str(packages.DVT), *words]


def _dvt_up(place: Place) -> list[Words]:
    up = _dvt(place, "up", place.project)
    return [up, _dvt(place, "run", "--name", place.project, "--", *_shell(place))]


def _dvt_end(place: Place) -> list[Words]:
    image = ["docker", "image", "rm", "--force", f"dvt/{place.project}"]
    return [_dvt(place, "delete", place.project), image]


def _home(place: Place) -> Path:
    home = place.folder.parent / "home"
    home.mkdir(exist_ok=True)
    return home


PEERS = (
    Peer(
        "devpod-gen",
        "`devpod-gen up`, which runs the hook and the probe",
        _version(str(COMMAND), "--version"),
        {
            "up": lambda place: [_ours(place, "up")],
            "again": lambda place: [_ours(place, "up")],
            "exec": lambda place: [_ours(place, "exec", "--", "true")],
            "shell": lambda place: [_ours(place, "shell")],
            "stop": lambda place: [["docker", "stop", _of_compose(place)]],
            "restart": lambda place: [_ours(place, "up")],
            "down": lambda place: [_ours(place, "down")],
            "end": lambda place: [_ours(place, "down", "--caches")],
        },
    ),
    Peer(
        "compose",
        "`docker compose up -d`, then `docker exec` of the same hook and probe; where it "
        "is stopped, `docker start` of the same container",
        _version("docker", "compose", "version"),
        {
            "up": _up,
            "again": lambda place: [
                _compose(place, "up", "--detach"),
                _exec(place, _of_compose(place), _shell(place)),
            ],
            "stop": lambda place: [["docker", "stop", _of_compose(place)]],
            "restart": lambda place: [
                ["docker", "start", _of_compose(place)],
                _exec(place, _of_compose(place), _shell(place)),
            ],
            "down": lambda place: [_compose(place, "down")],
            "end": _down,
        },
    ),
    Peer(
        "engine",
        "`docker run -d` of the image (no network of its own), then `docker exec`",
        _version("docker", "--version"),
        {
            "up": _engine_run,
            "again": lambda place: _engine_run(place)[1:],
            "exec": lambda place: [["docker", "exec", "-u", "dev", place.project, "true"]],
            "shell": lambda place: [_prompt(place)],
            "stop": lambda place: [["docker", "stop", place.project]],
            "restart": lambda place: [["docker", "start", place.project], *_engine_run(place)[1:]],
            "end": lambda place: [["docker", "rm", "--force", "--volumes", place.project]],
        },
    ),
    Peer(
        "devcontainer-rs",
        "`devcontainer up`, then `devcontainer exec`, with the project's name in the environment",
        packages.rs,
        _client(packages.RS, knows_env=False),
    ),
    Peer(
        "@devcontainers/cli",
        "`devcontainer up`, then `devcontainer exec`",
        packages.cli,
        _client(packages.CLI, knows_env=True),
    ),
    Peer(
        "devs-cli",
        "`devs start dev --live`, which calls @devcontainers/cli, then `docker exec`",
        packages.devs,
        {"up": _devs_up, "again": _devs_up, "end": _down},
        _devs_prepare,
    ),
    Peer(
        "dvt-cli",
        "`dvt up`, then `dvt run`, of a devcontainer.json with the image alone: it takes no "
        "compose file, so no limits, caches or hooks",
        packages.dvt,
        {
            "up": _dvt_up,
            "again": _dvt_up,
            "exec": lambda place: [_dvt(place, "run", "--name", place.project, "--", "true")],
            "end": _dvt_end,
        },
        _dvt_prepare,
    ),
)
