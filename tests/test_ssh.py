"""The SSH door with the host's real OpenSSH: of a workspace that `up` has started, and of one
that the reference client has."""

import base64
import functools
import json
import os
import re
import shlex
import socket
import ssl
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import COMMAND, Ran, docker, free_port, left_of, need, projects_made
from devpod_gen.engine.docker import Docker
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse
from devpod_gen.verify.doorway import write_config
from devpod_gen.verify.transfer import transfers
from devpod_gen.workspace.image import ensure
from devpod_gen.workspace.probe import wait_until_ready
from devpod_gen.workspace.ssh import SshDoor, Who, open_door

pytestmark = pytest.mark.engine

PROFILE = """\
name = "door"

[ssh]
port = "auto"
agent = true

[git]
credentials = true

[env]
GREETING = "hi 'there' $USER"
"""
SECRET = "s3cr3t-of-the-host"
HELPER = f"""#!/bin/sh
cat >>"$ASKED"; echo "$1" >>"$ASKED"
[ "$1" != get ] || printf 'username=ann\\npassword=%s\\n' {SECRET}
"""
GITCONFIG = """\
[user]
	name = Ann \\"The\\" Ü\\\\nal
	email = ann@example.org
[credential]
	helper = {helper}
"""


@dataclass(frozen=True)
class Place:
    """A workspace with an SSH door, and the environment of its user on the host."""

    repo: Path
    env: dict[str, str]
    config: Path
    host: str
    container: str
    port: int

    def ssh(self, *argv: str) -> list[str]:
        return ["ssh", "-F", str(self.config), "-o", "BatchMode=yes", *argv]

    def over(self, *argv: str, options: tuple[str, ...] = (), said: str = "") -> str:
        """What a command inside says, over SSH."""
        return self.run(*self.ssh(*options, self.host, *argv), said=said)

    def run(self, *argv: str, said: str = "") -> str:
        done = subprocess.run(
            argv, capture_output=True, text=True, env=self.env, input=said, check=False, timeout=60
        )
        assert done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout


def devpod_gen(*argv: object, env: dict[str, str]) -> Ran:
    done = subprocess.run(
        [str(COMMAND), *map(str, argv)], capture_output=True, text=True, env=env, check=False
    )
    return Ran(done.returncode, done.stdout, done.stderr)


def a_user(folder: Path) -> dict[str, str]:
    """The environment of a user with a git of their own."""
    helper = folder / "helper"
    helper.write_text(HELPER)
    helper.chmod(0o755)
    (folder / "gitconfig").write_text(GITCONFIG.format(helper=helper))
    return os.environ | {
        "XDG_DATA_HOME": str(folder / "data"),
        "XDG_STATE_HOME": str(folder / "state"),
        "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
        "ASKED": str(folder / "asked"),
    }


def started_by_us(repo: Path, env: dict[str, str]) -> None:
    ran = devpod_gen("up", "-C", repo, env=env)
    assert ran.code == 0, ran.err


def started_by_the_client(repo: Path, env: dict[str, str]) -> None:
    done = subprocess.run(
        ["devcontainer", "up", "--workspace-folder", str(repo)],
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    # Whoever enters by us first is made known.
    ran = devpod_gen("exec", "-C", repo, "--", "git", "config", "user.email", env=env)
    assert (ran.out, ran.err) == ("ann@example.org\n", "")


def opened(folder: Path, start: Callable[[Path, dict[str, str]], None]) -> Place:
    """A workspace that was started, and then `ssh-config install`."""
    env, repo, home = a_user(folder), folder / "door", folder / "home"
    subprocess.run(["git", "init", "--quiet", str(repo)], check=True)
    (repo / "devpod.toml").write_text(PROFILE)
    (repo / "src").mkdir()
    assert devpod_gen("generate", "-C", repo, env=env).code == 0
    asked = devpod_gen("trust", "-C", repo, env=env).err
    assert "ssh.agent: your SSH agent" in asked
    assert "git.credentials: your git credentials" in asked
    (digest,) = re.findall(r"--yes ([0-9a-f]{64})", asked)
    assert devpod_gen("trust", "--yes", digest, "-C", repo, env=env).code == 0
    start(repo, env)
    home.mkdir()
    ran = devpod_gen("ssh-config", "install", "--json", "-C", repo, env=env | {"HOME": str(home)})
    assert ran.code == 0, ran.err
    host = json.loads(ran.out)["host"]
    (known,) = (folder / "data").glob("devpod-gen/*/workspace.json")
    (container,) = docker("ps", "-q", "--no-trunc", f"--filter=volume={repo}").split()
    port = json.loads(known.read_text())["port"]
    return Place(repo, env, home / ".ssh/config", host, container, port)


@pytest.fixture(scope="module", params=[started_by_us, started_by_the_client])
def place(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    engine: None,  # noqa: ARG001 - it is needed
) -> Iterator[Place]:
    folder, since = tmp_path_factory.mktemp("ssh"), time.time()
    try:
        yield opened(folder, request.param)
    finally:
        ran = devpod_gen("down", "--caches", "-C", folder / "door", env=a_user(folder))
    assert ran.code == 0, ran.err
    assert not list((folder / "data").glob("devpod-gen/*/ssh*"))  # the keys, too
    assert left_of(projects_made(folder, since)) == set()


LOOK = 'pwd; echo "$GREETING"; locale charmap; echo "$PATH"; command -v mise; echo "$HOME"'


def test_sessions_have_what_the_profile_says(place: Place) -> None:
    """A command, a login shell, another one, a terminal; by both transports."""
    command = place.over(LOOK)
    folder, greeting, charmap, path, mise, home = command.splitlines()
    assert (folder, charmap, home) == ("/workspaces/door", "UTF-8", "/home/dev")
    assert greeting == "hi 'there' $USER"
    assert path.split(":")[:2] == ["/home/dev/.local/bin", "/opt/mise/shims"]
    assert mise == "/usr/local/bin/mise"
    assert place.over(said=f"{LOOK}\n") == command  # no command: a login shell reads it
    assert place.over(f"zsh -lc {shlex.quote(LOOK)}") == command
    assert place.over(f"bash -c {shlex.quote(LOOK)}") == command
    assert place.over(LOOK, options=("-o", "ProxyCommand=none")) == command
    assert place.over("pwd; tty", options=("-tt",)).startswith("/workspaces/door\n/dev/pts/")
    assert place.over("cd /tmp; zsh -c pwd; cd; sh -lc pwd") == "/tmp\n/home/dev\n"
    exec_door = devpod_gen(
        "exec", "-C", place.repo, "--", "sh", "-c", "pwd; id; umask", env=place.env
    )
    assert place.over("pwd; id; sh -c umask") == exec_door.out
    for transport in ((), ("-o", "ProxyCommand=none")):
        assert place.over("sh -c umask", options=transport) == "0022\n"


def test_copies(place: Place, tmp_path: Path) -> None:
    need("rsync", "rsync")
    mine, back = tmp_path / "mine", tmp_path / "back"
    mine.write_bytes(b"\x00\xff" * 70000)
    place.run(
        *("sftp", "-q", "-b", "-", "-F", str(place.config), place.host),
        said=f"put {mine} sent.new\nchmod 700 sent.new\nrename sent.new sent\nget sent {back}\n",
    )
    assert back.read_bytes() == mine.read_bytes()
    assert place.over("stat -c '%a %s' ~/sent") == "700 140000\n"
    for protocol in ((), ("-O",)):
        copy = ("scp", "-q", *protocol, "-F", str(place.config))
        place.run(*copy, str(mine), f"{place.host}:by-scp")
        place.run(*copy, f"{place.host}:by-scp", str(back))
        assert back.read_bytes() == mine.read_bytes()
        assert place.over("cd; ls by-scp; rm by-scp") == "by-scp\n"
    over = ("rsync", "-a", "-e", shlex.join(["ssh", "-F", str(place.config)]))
    place.run(*over, f"{mine.parent}/", f"{place.host}:copied/")
    place.run(*over, f"{place.host}:/home/dev/copied/mine", str(tmp_path / "again"))
    assert (tmp_path / "again").read_bytes() == mine.read_bytes()
    place.over('rm -r ~/copied ~/sent; test -z "$(git status --porcelain --ignored src)"')


def test_git_over_ssh(place: Place, tmp_path: Path) -> None:
    place.over("git init -q ~/repo && git -C ~/repo commit -q --allow-empty -m first")
    env = {"GIT_SSH_COMMAND": shlex.join(["ssh", "-F", str(place.config)])}
    for url in (f"ssh://{place.host}/home/dev/repo", f"{place.host}:/home/dev/repo"):
        clone = tmp_path / url.split(":")[0]
        subprocess.run(["git", "clone", "-q", url, str(clone)], env=place.env | env, check=True)
        told = place.run("git", "-C", str(clone), "log", "--format=%s %an %ae")
        assert told == 'first Ann "The" Ü\\nal ann@example.org\n'
    place.over("rm -rf ~/repo")


def test_forwards_both_ways(place: Place, tmp_path: Path) -> None:
    """From the host into a socket inside, whose other end leads back to the host."""
    target, entry, local = free_port(), free_port(), tmp_path / "local.sock"
    outer = f"/tmp/door-{os.getpid()}"
    forwards = (
        *("-R", f"{outer}.sock:127.0.0.1:{target}"),  # Unix inside to TCP here
        *("-L", f"{local}:{outer}.sock"),  # Unix here to Unix inside
        *("-R", f"127.0.0.1:48222:{local}"),  # TCP inside to Unix here
        *("-L", f"{entry}:127.0.0.1:48222"),  # TCP here to TCP inside
    )
    with socket.create_server(("127.0.0.1", target)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        options = ("-N", "-o", "ExitOnForwardFailure=yes", *forwards)
        process = subprocess.Popen(place.ssh(*options, place.host), env=place.env)
        try:
            assert _read(entry) == b"from the host"
        finally:
            process.terminate()
            process.wait()


def _greet(server: socket.socket) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            client.sendall(b"from the host")


def _read(port: int) -> bytes:
    """What comes from the port, once ssh listens there and all that is behind it does."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
                if said := client.recv(100):
                    return said
        except OSError:
            os.sched_yield()
    return b""


def test_the_agent_comes_along_when_asked(place: Place, tmp_path: Path) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with closing(_Agent(tmp_path / "agent")) as agent:
        env = place.env | {"SSH_AUTH_SOCK": str(agent.socket)}
        subprocess.run(["ssh-add", "-q", str(key)], check=True, env=env, capture_output=True)
        argv = place.ssh(place.host, "ssh-add -L")
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split()[1] == key.with_suffix(".pub").read_text().split()[1]


class _Agent:
    """A real ssh-agent."""

    def __init__(self, path: Path) -> None:
        self.socket = path
        self._process = subprocess.Popen(
            ["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 10
        while not path.exists() and time.monotonic() < deadline:
            os.sched_yield()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


ASK = "git credential fill"
REQUEST = "protocol=https\nhost=git.example.org\n\n"


def test_credentials_come_from_the_host_while_a_session_is_open(place: Place) -> None:
    asked = Path(place.env["ASKED"])
    asked.unlink(missing_ok=True)
    wanted = f"{REQUEST.rstrip()}\nusername=ann\npassword={SECRET}\n"
    assert place.over(ASK, said=REQUEST) == wanted
    argv = [str(COMMAND), "exec", "-C", str(place.repo), "--", *ASK.split()]
    assert place.run(*argv, said=REQUEST) == wanted
    argv = [str(COMMAND), "shell", "-C", str(place.repo)]
    assert wanted in place.run(
        *argv, said=f"printf '{REQUEST}' | {ASK}\nexit\n".replace("\n\n", "\\n\\n")
    )
    assert asked.read_text().count("host=git.example.org") == 3
    # With nobody there, nobody answers; and nothing that was said is left anywhere.
    quietly = ("env", "GIT_TERMINAL_PROMPT=0", "git", "credential", "fill")
    argv = ["docker", "exec", "-i", "-u", "dev", place.container, *quietly]
    assert _waits_until(lambda: not _works(argv, REQUEST))
    found = docker(
        *("exec", place.container, "sh", "-c"),
        f"grep -rlsF {SECRET} /home /tmp /run /var /etc /root /opt/mise /dev/shm || true",
    )
    assert found == ""
    assert SECRET not in docker("inspect", place.container) + docker("logs", place.container)
    assert not docker("exec", place.container, "find", "/run/devpod/user", "-name", "*.socket")


def test_git_over_https_asks_the_host(place: Place, tmp_path: Path) -> None:
    """git's own client inside, and a server with a password."""
    repo = tmp_path / "served/repo.git"
    subprocess.run(["git", "init", "-q", "--bare", str(repo)], check=True)
    tree = place.run("git", "-C", str(repo), "mktree")
    commit = place.run("git", "-C", str(repo), "commit-tree", "-m", "from afar", tree.strip())
    place.run("git", "-C", str(repo), "update-ref", "HEAD", commit.strip())
    place.run("git", "-C", str(repo), "update-server-info")
    with _https(repo.parent, tmp_path) as port:
        forward = ("-R", f"127.0.0.1:48443:127.0.0.1:{port}", "-o", "ExitOnForwardFailure=yes")
        clone = "GIT_SSL_NO_VERIFY=1 git clone -q https://localhost:48443/repo.git ~/afar"
        told = place.over(f"{clone} && git -C ~/afar log --format=%s", options=forward)
    assert told == "from afar\n"
    assert place.over(f"grep -rF {SECRET} ~/afar || echo none; rm -rf ~/afar") == "none\n"


class _Guarded(SimpleHTTPRequestHandler):
    """Files, for whoever has the password."""

    def do_GET(self) -> None:
        known = base64.b64encode(f"ann:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {known}":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="git"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def _https(served: Path, folder: Path) -> Iterator[int]:
    key, certificate = folder / "key.pem", folder / "cert.pem"
    made = ("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost")
    into = ("-keyout", str(key), "-out", str(certificate))
    subprocess.run([*made, *into], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    handler = functools.partial(_Guarded, directory=str(served))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize(
    "request_",
    [
        "protocol=http\nhost=git.example.org\n\n",
        "protocol=https\n\n",
        "protocol=file\nhost=x\npath=/etc/passwd\n\n",
    ],
)
def test_credentials_are_for_https_only(place: Place, request_: str) -> None:
    asked = Path(place.env["ASKED"])
    asked.unlink(missing_ok=True)
    argv = place.ssh(place.host, f"GIT_TERMINAL_PROMPT=0 {ASK}")
    done = subprocess.run(
        argv, input=request_.encode(), env=place.env, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert SECRET.encode() not in done.stdout
    assert not asked.exists()


def test_nothing_inside_stores_or_erases_credentials(place: Place) -> None:
    asked = Path(place.env["ASKED"])
    asked.unlink(missing_ok=True)
    evil = "protocol=https\nhost=git.example.org\nusername=eve\npassword=evil\n\n"
    place.over("git credential approve", said=evil)
    place.over("git credential reject", said=evil)
    assert not asked.exists()


def _works(argv: list[str], said: str = "") -> bool:
    done = subprocess.run(argv, input=said.encode(), capture_output=True, check=False)
    return done.returncode == 0


def _waits_until(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if holds():
            return True
    return False


def test_thirty_at_once(place: Place) -> None:
    """None is lost, through the engine and through the port."""
    for options in ((), ("-o", "ProxyCommand=none")):
        argv = place.ssh("-o", "PermitLocalCommand=no", *options, place.host, "echo here")
        started = [
            subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=place.env)
            for _ in range(30)
        ]
        assert [process.communicate(timeout=120) for process in started] == [(b"here\n", b"")] * 30


@pytest.mark.parametrize("options", [(), ("-o", "ProxyCommand=none")], ids=["exec", "port"])
def test_another_host_key_is_refused(
    place: Place, tmp_path: Path, options: tuple[str, ...]
) -> None:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    wrong = " ".join(key.with_suffix(".pub").read_text().split()[:2])
    names = f"{place.host},[127.0.0.1]:{place.port},[localhost]:{place.port}"
    for text in (f"{names} {wrong}\n", ""):
        known = tmp_path / "known_hosts"
        known.write_text(text)
        told = ("-o", f"UserKnownHostsFile={known}", *options)
        done = subprocess.run(
            place.ssh(*told, place.host, "true"), capture_output=True, env=place.env, check=False
        )
        assert done.returncode == 255
        assert b"Host key verification failed" in done.stderr


def test_every_name_of_the_port_is_known(place: Place) -> None:
    """For a client that reads no ssh_config: address, key, known_hosts, and no alias."""
    (folder,) = Path(place.env["XDG_DATA_HOME"]).glob("devpod-gen/*/ssh")
    options = (
        *("-F", "/dev/null", "-i", str(folder / "id_ed25519"), "-p", str(place.port)),
        *("-o", f"UserKnownHostsFile={folder / 'known_hosts'}", "-o", "BatchMode=yes"),
        *("-o", "StrictHostKeyChecking=yes"),
    )
    for name in ("127.0.0.1", "localhost"):
        assert place.run("ssh", *options, f"dev@{name}", "echo in") == "in\n"
    bound = docker("port", place.container, "2222/tcp").splitlines()
    assert bound == [f"127.0.0.1:{place.port}"]


def test_settings_of_the_server(place: Place) -> None:
    argv = ("-u", "dev", place.container, "/usr/local/lib/devpod/sshd", "settings")
    told = dict(line.split(" ", 1) for line in docker("exec", *argv).splitlines())
    by_root = docker("exec", "-u", "dev", place.container, "id", "-u") == "0"
    wanted = {
        "passwordauthentication": "no",
        "kbdinteractiveauthentication": "no",
        "pubkeyauthentication": "yes",
        "authenticationmethods": "publickey",
        "permitemptypasswords": "no",
        "hostbasedauthentication": "no",
        "gssapiauthentication": "no",
        "permitrootlogin": "without-password" if by_root else "no",
        "permituserenvironment": "no",
        "permituserrc": "no",
        "usepam": "no",
        "strictmodes": "yes",
        "allowusers": "dev",
        "x11forwarding": "no",
        "permittunnel": "no",
        "gatewayports": "no",
        "maxauthtries": "3",
        "allowagentforwarding": "yes",  # this profile asks for it
        "hostkey": "/run/devpod/user/ssh/host",
        "hostkeyalgorithms": "ssh-ed25519",
        "pubkeyacceptedalgorithms": "ssh-ed25519",
        "logingracetime": "30",
    }
    assert {key: told[key] for key in wanted} == wanted
    without = docker("exec", "-e", "DEVPOD_SSH_AGENT=", *argv)
    assert "allowagentforwarding no" in without.splitlines()


def test_verify_sees_what_a_server_does_not_do(place: Place, tmp_path: Path) -> None:
    """The very checks of `verify`: on the door as it is, and on a server that is spoilt."""
    (folder,) = Path(place.env["XDG_DATA_HOME"]).glob("devpod-gen/*/ssh")
    keys = (folder / "id_ed25519", folder / "known_hosts")
    door = SshDoor(place.host, *keys, folder.parent / "ssh_config", place.port)
    found = {check.id: check for check in transfers("ssh", door)}
    assert {name: check.ok for name, check in found.items()} == dict.fromkeys(
        ("sftp", "forward", "locale", "port"), True
    ), found
    spoilt = (
        *("/usr/sbin/sshd -i -f /etc/devpod/sshd_config -o PermitRootLogin=yes",),
        *("-o Subsystem=sftp\\ /nowhere -o AllowTcpForwarding=no -o SetEnv=LC_ALL=C",),
        *("-o AllowStreamLocalForwarding=no",),
    )
    config = tmp_path / "ssh_config"
    told = door.config.read_text().replace("/usr/local/lib/devpod/sshd connect", " ".join(spoilt))
    config.write_text(re.sub(r"Port \d+", f"Port {free_port()}", told))
    for check in transfers("ssh", replace(door, config=config)):
        assert check.ok is False, check


def test_it_comes_back_after_a_stop(place: Place) -> None:
    docker("stop", place.container)
    docker("start", place.container)
    through_port = ("-o", "ProxyCommand=none")
    assert _waits_until(lambda: _works(place.ssh(*through_port, place.host, "true")))
    assert place.over("pwd; git config user.email") == "/workspaces/door\nann@example.org\n"


@pytest.mark.parametrize("capabilities", ["ALL", "NET_RAW"])
@pytest.mark.usefixtures("engine")
def test_without_root_file_system_capabilities_and_network(
    tmp_path: Path, capabilities: str
) -> None:
    """Nothing to write but memory, nothing to be allowed, nowhere to go; then a stop."""
    plan = resolve(parse(b'name = "door"\n', "devpod.toml"), (), folder_name="door")
    image = ensure(Docker(), plan.image, print).ref
    repo, name = tmp_path / "repo", f"devpod-gen-test-{os.getpid()}"
    repo.mkdir()
    os.chown(repo, 1000, 1000)
    docker(
        *("run", "--detach", "--init", "--name", name, "--network=none", "--read-only"),
        *(
            f"--cap-drop={capabilities}",
            "--security-opt=no-new-privileges",
            "--tmpfs=/run",
            "--tmpfs=/tmp",
        ),
        *("--tmpfs=/home/dev:uid=1000", "--volume", f"{repo}:/workspaces/door"),
        *("--env=DEVPOD_WORKSPACE=/workspaces/door", "--label=devpod-gen.user=dev", image),
    )
    agent = _Agent(tmp_path / "agent")
    env = os.environ | {"SSH_AUTH_SOCK": str(agent.socket)}
    try:
        engine, who = Docker(), Who("dev")
        (found,) = [
            one for one in engine.containers({"devpod-gen.user": "dev"}) if one.name == name
        ]
        for _ in range(2):
            wait_until_ready(engine, found, "dev", seconds=20)
            docker("exec", "--user=root", name, "chmod", "1777", "/run")  # as other engines have it
            door = open_door(engine, found, who, data=tmp_path / "data", alias="bare.devpod-gen")
            assert door
            write_config(engine, plan, door, found)
            script = "pwd; id -un; grep CapEff /proc/self/status; echo agent:$SSH_AUTH_SOCK"
            script += "; echo $PATH; zsh -lc 'echo $PATH'"
            path = docker("exec", "--user=dev", name, "sh", "-c", "echo $PATH")
            argv = ["ssh", "-A", "-F", str(door.config), door.alias, script]
            done = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
            # An agent that was not asked for is refused.
            assert done.stdout == "/workspaces/door\ndev\nCapEff:\t0000000000000000\nagent:\n" + (
                f"{path}\n" * 2
            )
            docker("restart", "--time=1", name)
    finally:
        agent.close()
        docker("rm", "--force", "--volumes", name)


@pytest.mark.campaign
def test_connecting_takes_as_long_as_by_a_port(place: Place) -> None:
    """At most 1.3 times, medians of 20, one after the other."""
    took: dict[str, list[float]] = {"exec": [], "port": []}
    ways = {"exec": (), "port": ("-o", "ProxyCommand=none")}
    for _ in range(20):
        for way, options in ways.items():
            argv = place.ssh("-o", "PermitLocalCommand=no", *options, place.host, "true")
            begun = time.monotonic()
            subprocess.run(argv, check=True, env=place.env)
            took[way].append(time.monotonic() - begun)
    medians = {way: statistics.median(times) for way, times in took.items()}
    assert medians["exec"] <= 1.3 * medians["port"], medians
