"""Services: a real Redis with a real health check, through every door, and what goes wrong."""

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, free_port
from test_environment import checks, verified
from test_workspace import client

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

SERVER = """["redis-server", "--save", "", "--bind", "*", "--protected-mode", "no"]"""
HEALTH = 'health = { command = "redis-cli ping | grep PONG" }'


@pytest.fixture(scope="session")
def redis(engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:  # noqa: ARG001
    """Debian's Redis in an image that no registry has, made by the command itself."""
    repo = tmp_path_factory.mktemp("redis")
    (repo / "devpod.toml").write_text('name = "r"\n[image]\npackages = ["redis-server"]\n')
    done = subprocess.run(
        [str(COMMAND), "build", "--json", "-C", str(repo)], capture_output=True, check=True
    )
    ref: str = json.loads(done.stdout)["image"]["ref"]
    return ref


@pytest.fixture
def with_volume(redis: str) -> Iterator[str]:
    """The same, of the kind that asks for an unnamed volume, as Redis's own does."""
    ref = "localhost/devpod-gen-test/redis:1"
    recipe = f"FROM {redis}\nVOLUME /data\n".encode()
    build = ["docker", "build", "--quiet", "--tag", ref, "-"]
    subprocess.run(build, input=recipe, check=True, capture_output=True)
    yield ref
    docker("rmi", ref)


def volumes_of(container: str) -> set[str]:
    """The volumes that a container has, by their names."""
    names = docker("inspect", "-f", "{{range .Mounts}}{{.Name}} {{end}}", container)
    return set(names.split())


def cache_of(repo: Path) -> str:
    """The container of this repo's service; other tests, and others, have such ones as well."""
    files = f"label=com.docker.compose.project.working_dir={repo}/.devcontainer"
    chosen = ("--filter", files, "--filter", "label=com.docker.compose.service=cache")
    (name,) = docker("ps", "--format", "{{.Names}}", *chosen).split()
    return name


def test_up_waits_and_down_removes(make_repo: Make, command: Command, with_volume: str) -> None:
    profile = f"""
        name = "svc"
        [services.cache]
        image = "{with_volume}"
        command = ["sh", "-c", "sleep 1; exec redis-server --save '' --protected-mode no"]
        env = {{ A = "$HOME ${{X}} 'q'" }}
        ports = [6379]
        volumes = {{ data = "/var/lib/redis" }}
        {HEALTH}
        [services.web]
        image = "{with_volume}"
        command = "sh -c 'redis-cli -h cache ping >/tmp/said; exec redis-server --port 80'"
        depends = ["cache"]
        [hooks]
        create = "getent hosts cache web; bash -c 'exec 3<>/dev/tcp/cache/6379'"
        [[probe]]
        run = "bash -c 'exec 3<>/dev/tcp/cache/6379; printf \\"PING\\\\r\\\\n\\" >&3; head -c5 <&3'"
        expect = "PONG"
    """
    repo = make_repo({"devpod.toml": profile})
    try:
        assert command("up", "-C", repo).code == 0
        name = cache_of(repo)
        project = name.removesuffix("-cache-1")
        assert docker("exec", name, "printenv", "A") == "$HOME ${X} 'q'"
        # The one that depends on it came later, and the client takes over all of them.
        assert docker("exec", f"{project}-web-1", "cat", "/tmp/said") == "PONG"
        ids = docker("ps", "--quiet", "--filter", f"name={project}-")
        client("up", repo=repo)
        assert docker("ps", "--quiet", "--filter", f"name={project}-") == ids
        # One that has died is started by the next `up`; the workspace is not.
        docker("kill", name)
        again = json.loads(command("up", "--json", "-C", repo).out)["workspace"]
        assert again["created"] is False
        assert docker("ps", "--quiet", "--filter", f"name={project}-") == ids
        volumes = volumes_of(name) | volumes_of(f"{project}-web-1")
        assert len(volumes) == 3  # the named one, and one without a name each
    finally:
        assert command("down", "-C", repo).code == 0
    named = f"{project}_cache_data"
    assert volumes & set(docker("volume", "ls", "--quiet").split()) == {named}
    assert command("down", "--caches", "-C", repo).code == 0
    assert named not in docker("volume", "ls", "--quiet").split()


def test_through_every_door(workspace: Make, command: Command, redis: str) -> None:
    """Beside the user's own, which holds the port. Compose and the client wait by themselves."""
    port = free_port()
    server = SERVER.replace("]", f', "--port", "{port}"]')
    repo = workspace(
        {
            "devpod.toml": f"""
                name = "doors"
                [services.cache]
                image = "{redis}"
                command = {server}
                ports = [{port}]
                publish = true
                resources = {{ memory = "128m" }}
                health = {{ command = ["redis-cli", "-p", "{port}", "ping"], interval = 1 }}
                [hooks]
                create = "bash -c 'exec 3<>/dev/tcp/cache/{port}'"
            """
        }
    )
    report = verified(command, repo)
    for door in ("compose", "devcontainer"):
        found = checks(report, door)
        assert found["service:cache"]["detail"] == "healthy"
        assert found["reach:cache"]["detail"] == f"reachable as cache:{port}"
        assert found["hook:create"]["ok"] is True
    assert checks(report, "ssh")["reach:cache"]["ok"] is True
    name = cache_of(repo)
    told = docker("inspect", "-f", "{{json .HostConfig}}", name)
    host = json.loads(told)
    assert host["Memory"] == 128 * 2**20
    assert host["PortBindings"] == {f"{port}/tcp": [{"HostIp": "127.0.0.1", "HostPort": str(port)}]}


NEVER = 'health = { command = "echo no; exit 1", interval = 1, retries = 1, timeout = 1 }'
ENDS = 'command = ["sh", "-c", "echo goodbye >&2; exit 4"]'
BAD = {
    "ends at once": (ENDS, "it ended", "goodbye"),
    "ends": (f"{ENDS}\n{HEALTH}", "it ended", "goodbye"),
    "unhealthy": (
        f"command = {SERVER}\n{NEVER}",
        "not healthy after 2 s: no",
        "Ready to accept connections",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_one_that_fails_fails_up(case: str, make_repo: Make, command: Command, redis: str) -> None:
    keys, why, said = BAD[case]
    volumes = 'volumes = { data = "/var/lib/redis" }'
    repo = make_repo(
        {"devpod.toml": f'name = "bad"\n[services.db]\nimage = "{redis}"\n{volumes}\n{keys}\n'}
    )
    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert f"error: the service db is not ready: {why}" in ran.err
    assert "at services.db" in ran.err
    assert said in ran.err
    assert len(ran.err[ran.err.index("error:") :].splitlines()) <= 15
    # The workspace was not there before: nothing of it is, afterwards (nothing_left).


def test_one_that_ends_later(make_repo: Make, command: Command, redis: str) -> None:
    """Without a health check it was there when it was looked at. A probe takes its time."""
    keys = 'command = ["sh", "-c", "sleep 3; echo goodbye; exit 4"]'
    probe = '[[probe]]\nrun = "sleep 4"\n'
    repo = make_repo(
        {"devpod.toml": f'name = "l"\n{probe}[services.db]\nimage = "{redis}"\n{keys}\n'}
    )
    ran = command("up", "-C", repo)
    assert ran.code == 7
    assert "error: the service db is not ready: it ended" in ran.err
    assert "goodbye" in ran.err
    assert command("down", "-C", repo).code == 0


def test_without_its_image(make_repo: Make, command: Command) -> None:
    repo = make_repo(
        {"devpod.toml": 'name = "i"\n[services.db]\nimage = "localhost/nobody/has:this"\n'}
    )
    begun = time.monotonic()
    ran = command("up", "-C", repo)
    assert ran.code == 6
    assert "the image localhost/nobody/has:this is not here, and no registry has it" in ran.err
    assert "at services.db" in ran.err
    assert time.monotonic() - begun < 60


def test_verify_says_which_is_not_ready(make_repo: Make, command: Command, redis: str) -> None:
    keys = BAD["unhealthy"][0]
    repo = make_repo(
        {"devpod.toml": f'name = "v"\n[services.db]\nimage = "{redis}"\nports = [7]\n{keys}\n'}
    )
    assert command("generate", "-C", repo).code == 0
    found = checks(verified(command, repo, code=1), "compose")
    assert found["service:db"]["detail"].startswith("not healthy after 2 s: no")
    assert found["reach:db"]["detail"] == "nothing answers at db:7"
    assert found["user"]["ok"] is True
