"""Who is measured, and by which commands. Each does what a person would type."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.place import COMMAND, ROOT, Place

Words = list[str]
Steps = dict[str, Callable[[Place], list[Words]]]

# It ends with 75 where it comes before the user is ready, as it does right after Compose. Who
# came in before stays who they were: each try comes in anew.
_HOOK = ["/usr/local/lib/devpod/hook", "-q", "create"]
_UNTIL = ["sh", "-c", 'until "$@"; do [ $? = 75 ] || exit 1; sleep 0.02; done', "sh"]


@dataclass(frozen=True, slots=True)
class Peer:
    """A client. `steps`: of each kind of run, the commands, one after the other. `get`: has it
    installed, and says its version; what it raises is why it is not measured."""

    name: str
    title: str
    get: Callable[[], str]
    steps: Steps


class Failed(Exception):
    """A command of a peer's did not end well."""


def run(words: Words, folder: Path) -> str:
    """Run a command; raises Failed with the end of what it said."""
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        lines = (done.stdout + done.stderr).strip().splitlines() or ["no word"]
        message = f"`{' '.join(words)[:80]}` ended with {done.returncode}: {lines[-1][:200]}"
        raise Failed(message)
    return done.stdout


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


def _get_cli() -> str:
    run([str(ROOT / "scripts" / "reference-client")], ROOT)
    return run([str(ROOT / ".tools/bin/devcontainer"), "--version"], ROOT).strip()


_RS = ROOT / "build" / "bench" / "devcontainer-rs"


def _get_rs() -> str:
    if not (_RS / "bin" / "devcontainer").exists():
        pip = [str(ROOT / ".venv/bin/pip"), "install", "--quiet", "--target", str(_RS)]
        run([*pip, "--require-hashes", "-r", str(ROOT / "requirements/bench.txt")], ROOT)
    return run([str(_RS / "bin" / "devcontainer"), "--version"], ROOT).strip()


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
        "`docker compose up -d`, then `docker exec` of the same hook and probe",
        _version("docker", "compose", "version"),
        {
            "up": _up,
            "again": lambda place: [
                _compose(place, "up", "--detach"),
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
        _get_rs,
        _client(_RS / "bin" / "devcontainer", knows_env=False),
    ),
    Peer(
        "@devcontainers/cli",
        "`devcontainer up`, then `devcontainer exec`",
        _get_cli,
        _client(ROOT / ".tools" / "bin" / "devcontainer", knows_env=True),
    ),
)
