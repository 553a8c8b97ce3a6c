"""What no profile and no file brings into a workspace: every request, in every spelling, is
refused on the profile, and once more on what an engine is really told."""

import copy
import dataclasses
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran, docker
from devpod_gen.engine.conformity import refused, require_made
from devpod_gen.engine.docker import Docker
from devpod_gen.engine.model import Allowed, Bind, Project
from devpod_gen.errors import Forbidden
from devpod_gen.plan.privileges import NEVER, NO_NEW, privileges
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.verify.proof import Proof
from devpod_gen.workspace.identity import identify
from devpod_gen.workspace.metadata import require_harmless

Make = Callable[..., Path]
Command = Callable[..., Ran]

REPO, DATA = "/home/me/shop", "/home/me/data"
BINDS = (
    Bind(REPO, "/w"),
    Bind("/dev/null", "/run/devpod-git"),
    Bind(DATA, "/data", readonly=True),
    Bind("/home/me/notes", "/notes"),
)
OURS = Allowed(
    "dev",
    added=("CHOWN", "SETUID"),
    dropped=("ALL",),
    options=("no-new-privileges:true",),
    binds=BINDS,
    volumes=("shop_cache-go",),
)
PLAIN = Allowed("dev", (), ("ALL",), OURS.options)
"""Of a container with nothing of its own."""
FINE: dict[str, Any] = {
    "Image": "localhost/devpod-gen/base:0",
    "Cmd": ["sleep", "infinity"],
    "Labels": {"a": "b"},
    "Env": ["A=1"],
    "HostConfig": {
        "Init": True,
        "CapDrop": ["ALL"],
        "CapAdd": ["CHOWN", "SETUID"],
        "SecurityOpt": ["no-new-privileges:true"],
        "NetworkMode": "shop_default",
        "PidsLimit": 4096,
        "ExtraHosts": [],
        "PortBindings": {"80/tcp": [{"HostIp": "127.0.0.1", "HostPort": "8080"}]},
        "Mounts": [
            {"Type": "bind", "Source": REPO, "Target": "/w", "BindOptions": {}},
            {"Type": "bind", "Source": "/dev/null", "Target": "/run/devpod-git", "BindOptions": {}},
            {"Type": "bind", "Source": DATA, "Target": "/data", "ReadOnly": True},
            {"Type": "bind", "Source": "/home/me/notes", "Target": "/notes", "BindOptions": {}},
            {"Type": "volume", "Source": "shop_cache-go", "Target": "/home/dev/go"},
            {"Type": "tmpfs", "Target": "/run/secrets", "TmpfsOptions": {"SizeBytes": 1}},
        ],
    },
}


def bind(source: str, target: str = "/x", **more: Any) -> dict[str, Any]:
    return {"Mounts": [{"Type": "bind", "Source": source, "Target": target, **more}]}


PLACES = (
    *("/", "//", "/.", "/home", "/home/me", "/home/me/", "/home/me/shop/", "/home/me/shop/.."),
    *("/home/me/shop/../../..", "/home/me/.ssh", "/home/me/.aws", "/root", "/etc", "/etc/shadow"),
    *("/proc", "/sys", "/dev", "/dev/mem", "/run", "/var/run/docker.sock", "/run/docker.sock"),
    *("/run/podman/podman.sock", "/run/containerd/containerd.sock", "/var/lib/docker", "/boot"),
    *("/home/me/.docker/run/docker.sock", "/run/user/1000/docker.sock", "/lib/modules", ""),
    *("../other", "~", "$HOME", "/home/me/shop/./x", "/home/me/shopping"),
)
HOST: list[tuple[str, dict[str, Any]]] = [
    *((f"bind-{place or 'nothing'}", bind(place)) for place in PLACES),
    ("bind-propagation", bind(REPO, BindOptions={"Propagation": "rshared"})),
    ("bind-recursive", bind(REPO, BindOptions={"NonRecursive": True})),
    ("mount-writable", bind(DATA, "/data")),
    ("mount-writable-said", bind(DATA, "/data", ReadOnly=False)),
    ("mount-writable-text", bind(DATA, "/data", ReadOnly="true")),
    ("mount-elsewhere", bind(DATA, "/etc", ReadOnly=True)),
    ("mount-elsewhere-root", bind(DATA, "/", ReadOnly=True)),
    ("mount-elsewhere-spelled", bind(DATA, "/data/", ReadOnly=True)),
    ("mount-of-another", bind("/home/me/notes", "/data", ReadOnly=True)),
    ("mount-below", bind(f"{DATA}/x", "/data", ReadOnly=True)),
    ("mount-above", bind("/home/me", "/data", ReadOnly=True)),
    ("mount-spelled", bind(f"{DATA}/", "/data", ReadOnly=True)),
    ("mount-spelled-dots", bind(f"{DATA}/../data", "/data", ReadOnly=True)),
    (
        "mount-propagation",
        bind(DATA, "/data", ReadOnly=True, BindOptions={"Propagation": "rslave"}),
    ),
    (
        "mount-read-again",
        bind(DATA, "/data", ReadOnly=True, BindOptions={"ReadOnlyNonRecursive": True}),
    ),
    ("mount-consistency", bind(DATA, "/data", ReadOnly=True, Consistency="cached")),
    ("mount-repo-elsewhere", bind(REPO, "/etc")),
    ("mount-git-elsewhere", bind("/dev/null", "/etc/passwd")),
    ("mount-npipe", {"Mounts": [{"Type": "npipe", "Source": "//./pipe/docker", "Target": "/x"}]}),
    ("mount-cluster", {"Mounts": [{"Type": "cluster", "Source": "x", "Target": "/x"}]}),
    ("mount-image", {"Mounts": [{"Type": "image", "Source": "x", "Target": "/x"}]}),
    ("mount-unknown", {"Mounts": [{"Type": "bind", "Source": REPO, "Target": "/x", "New": 1}]}),
    ("mount-none", {"Mounts": [{}]}),
    (
        "volume-driver-bind",
        {
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "v",
                    "Target": "/x",
                    "VolumeOptions": {"DriverConfig": {"Options": {"o": "bind", "device": "/"}}},
                }
            ]
        },
    ),
    ("volume-path", {"Mounts": [{"Type": "volume", "Source": "/etc", "Target": "/x"}]}),
    ("volume-other", {"Mounts": [{"Type": "volume", "Source": "other_db", "Target": "/x"}]}),
    ("volume-driver", {"VolumeDriver": "local-persist"}),
    ("volumes-from", {"VolumesFrom": ["other"]}),
    ("volumes-from-mode", {"VolumesFrom": ["other:ro"]}),
    ("privileged", {"Privileged": True}),
    *(
        (f"cap-{name}", {"CapAdd": [name]})
        for name in (
            *("ALL", "all", "SYS_ADMIN", "CAP_SYS_ADMIN", "sys_admin", "SYS_PTRACE", "SYS_MODULE"),
            *("NET_ADMIN", "NET_RAW", "DAC_READ_SEARCH", "SYS_RAWIO", "BPF", "PERFMON", "MKNOD"),
            *(
                "SYS_BOOT",
                "SYS_TIME",
                "LINUX_IMMUTABLE",
                "MAC_ADMIN",
                "SYSLOG",
                "CHECKPOINT_RESTORE",
            ),
        )
    ),
    ("cap-of-sudo", {"CapAdd": ["CHOWN", "SETUID", "SETFCAP"]}),
    ("cap-of-another", {"CapAdd": ["KILL"]}),
    ("cap-mixed", {"CapAdd": ["CHOWN", "SYS_ADMIN"]}),
    ("cap-kept", {"CapDrop": []}),
    ("cap-kept-none", {"CapDrop": None}),
    ("cap-kept-some", {"CapDrop": ["NET_RAW"]}),
    ("cap-kept-cap-add", {"CapDrop": ["AUDIT_WRITE", "MKNOD", "NET_RAW", "SETFCAP", "SETPCAP"]}),
    *(
        (f"security-{option}", {"SecurityOpt": [option]})
        for option in (
            *("seccomp=unconfined", "seccomp:unconfined", "apparmor=unconfined", "label=disable"),
            *(
                "label:disable",
                "systempaths=unconfined",
                "no-new-privileges:false",
                "writable-cgroups",
            ),
            *("no-new-privileges=false", "seccomp={}", "unmask=ALL", "label=type:spc_t"),
        )
    ),
    ("security-none", {"SecurityOpt": []}),
    ("security-none-said", {"SecurityOpt": None}),
    ("security-twice", {"SecurityOpt": ["no-new-privileges:true", "no-new-privileges:true"]}),
    ("security-mixed", {"SecurityOpt": ["no-new-privileges:true", "seccomp=unconfined"]}),
    *(
        (f"network-{mode}", {"NetworkMode": mode})
        for mode in (
            *("host", "none", "container:other", "container:0123", "ns:/proc/1/ns/net", "a/b"),
        )
    ),
    *((f"pid-{mode}", {"PidMode": mode}) for mode in ("host", "container:other", "private")),
    *((f"ipc-{mode}", {"IpcMode": mode}) for mode in ("host", "container:other", "none")),
    *((f"uts-{mode}", {"UTSMode": mode}) for mode in ("host", "private")),
    *((f"userns-{mode}", {"UsernsMode": mode}) for mode in ("host", "keep-id", "private")),
    ("cgroupns", {"CgroupnsMode": "host"}),
    ("cgroup", {"Cgroup": "container:other"}),
    ("cgroup-parent", {"CgroupParent": "/"}),
    ("cgroup-parent-slice", {"CgroupParent": "system.slice"}),
    *(
        (f"device-{path}", {"Devices": [{"PathOnHost": path, "PathInContainer": "/dev/x"}]})
        for path in ("/dev/mem", "/dev/sda", "/dev/kvm", "/dev/fuse", "/dev/net/tun")
    ),
    ("device-rules", {"DeviceCgroupRules": ["a *:* rwm"]}),
    ("device-rules-one", {"DeviceCgroupRules": ["c 1:1 rwm"]}),
    ("device-cdi", {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["vendor.com/x=all"]}]}),
    ("device-request", {"DeviceRequests": [{"Driver": "", "Capabilities": [["gpu", "video"]]}]}),
    *(
        (
            f"port-{address or 'any'}",
            {"PortBindings": {"80/tcp": [{"HostIp": address, "HostPort": "80"}]}},
        )
        for address in ("", "0.0.0.0", "::", "192.168.0.1", "10.0.0.1", "localhost", "127.0.0.2")
    ),
    (
        "port-second",
        {
            "PortBindings": {
                "80/tcp": [
                    {"HostIp": "127.0.0.1", "HostPort": "80"},
                    {"HostIp": "0.0.0.0", "HostPort": "80"},
                ]
            }
        },
    ),
    ("port-silent", {"PortBindings": {"80/tcp": [{"HostPort": "80"}]}}),
    ("ports-all", {"PublishAllPorts": True}),
    ("sysctl", {"Sysctls": {"net.ipv4.ip_forward": "1"}}),
    ("sysctl-kernel", {"Sysctls": {"kernel.core_pattern": "|/x"}}),
    ("group", {"GroupAdd": ["docker"]}),
    ("group-0", {"GroupAdd": ["0"]}),
    ("runtime", {"Runtime": "io.containerd.kata.v2"}),
    ("runtime-path", {"Runtime": "/tmp/evil"}),
    ("links", {"Links": ["other:x"]}),
    ("hosts", {"ExtraHosts": ["github.com:10.0.0.1"]}),
    ("dns", {"Dns": ["10.0.0.1"]}),
    ("dns-search", {"DnsSearch": ["evil.example"]}),
    ("oom-score", {"OomScoreAdj": -1000}),
    ("oom-kill", {"OomKillDisable": True}),
    ("ulimit", {"Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 1 << 20}]}),
    ("restart", {"RestartPolicy": {"Name": "always"}}),
    ("log", {"LogConfig": {"Type": "syslog", "Config": {"syslog-address": "tcp://evil:1"}}}),
    ("tmpfs-exec", {"Tmpfs": {"/x": "exec,suid"}}),
    ("storage", {"StorageOpt": {"size": "1t"}}),
    ("binds-root", {"Binds": ["/:/host"]}),
    ("binds-socket", {"Binds": ["/var/run/docker.sock:/var/run/docker.sock"]}),
    ("binds-repo", {"Binds": [f"{REPO}:/w:rshared"]}),
    ("masked", {"MaskedPaths": ["/proc/kcore"]}),
    ("read-only-paths", {"ReadonlyPaths": ["/proc/bus"]}),
    ("pids-none", {"PidsLimit": -1}),
    ("memory-none", {"Memory": -1}),
    ("key-of-tomorrow", {"UseApiSocket": True}),
]
TOP: list[tuple[str, dict[str, Any]]] = [
    ("user", {"User": "root"}),
    ("entrypoint", {"Entrypoint": ["/evil"]}),
    ("volumes", {"Volumes": {"/x": {}}}),
    ("on-build", {"OnBuild": ["RUN evil"]}),
    ("stop-signal", {"StopSignal": "SIGKILL"}),
    ("health", {"Healthcheck": {"Test": ["CMD", "evil"]}}),
    ("mac", {"MacAddress": "02:00:00:00:00:01"}),
    ("domain", {"Domainname": "evil.example"}),
    ("shell", {"Shell": ["/evil"]}),
    ("key-of-tomorrow", {"AuthSocket": "/x"}),
]


def test_there_are_enough() -> None:
    assert len(HOST) + len(TOP) >= 150
    assert len({name.split("-")[0] for name, _ in HOST}) >= 30


def test_a_workspace_as_it_is_made_is_fine() -> None:
    assert list(refused(FINE, OURS)) == []


@pytest.mark.parametrize("sudo", [True, False])
def test_plan_and_engine_say_the_same(sudo: bool) -> None:
    """Twice on purpose: neither wing imports the other, and each is the other's check."""
    plan = privileges(sudo=sudo)
    ours = {"CapAdd": list(plan.capabilities), "SecurityOpt": list(plan.options)}
    may = Allowed("dev", plan.capabilities, ("ALL",), plan.options)
    body = FINE | {"HostConfig": {"CapDrop": ["ALL"], **ours}}
    assert list(refused(body, may)) == []
    services = {"CapDrop": list(NEVER), "SecurityOpt": [NO_NEW]}
    assert list(refused({"HostConfig": services}, Allowed("db", (), NEVER, (NO_NEW,)))) == []
    # And neither has what only the other one may have.
    other = privileges(sudo=not sudo)
    theirs = Allowed("dev", other.capabilities, ("ALL",), other.options)
    keys = {"HostConfig.SecurityOpt"} | ({"HostConfig.CapAdd"} if sudo else set())
    assert {key for key, _ in refused(body, theirs)} == keys
    assert {key for key, _ in refused({"HostConfig": services}, may)} >= {"HostConfig.CapDrop"}


@pytest.mark.parametrize("capability", ["ALL", "SYS_ADMIN", "NET_RAW", "SYS_PTRACE"])
def test_no_plan_can_say_it(capability: str) -> None:
    """Should one ever: the engine has a list of its own."""
    body = copy.deepcopy(FINE)
    body["HostConfig"]["CapAdd"] = [capability]
    may = dataclasses.replace(OURS, added=(capability,))
    assert [key for key, _ in refused(body, may)] == ["HostConfig.CapAdd"]


@pytest.mark.parametrize(("name", "more"), HOST, ids=[name for name, _ in HOST])
def test_the_engine_is_not_told(name: str, more: dict[str, Any]) -> None:
    body = copy.deepcopy(FINE)
    body["HostConfig"] |= more
    (key,) = more
    found = [place for place, _ in refused(body, OURS)]
    assert found
    assert set(found) == {f"HostConfig.{key}"}, name


@pytest.mark.parametrize(("name", "more"), TOP, ids=[name for name, _ in TOP])
def test_nor_this(name: str, more: dict[str, Any]) -> None:
    (key,) = more
    assert [place for place, _ in refused(FINE | more, OURS)] == [key], name


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mounts", ["type=bind,source=/,target=/host"]),
        ("mounts", [{"type": "bind", "source": "/var/run/docker.sock", "target": "/x"}]),
        ("privileged", True),
        ("capAdd", ["SYS_ADMIN"]),
        ("securityOpt", ["seccomp=unconfined"]),
        ("initializeCommand", "evil"),
        ("initializeCommand", {"a": ["evil"]}),
        ("runArgs", ["--privileged"]),
        ("appPort", [80]),
        ("remoteEnv", {"A": "${localEnv:AWS_SECRET_ACCESS_KEY}"}),
        ("remoteEnv", {"A": "x ${env:AWS_SECRET_ACCESS_KEY:y}"}),
        ("containerEnv", {"${localEnv:A}": "x"}),
        ("postCreateCommand", ["echo", "${localEnv:A}"]),
        ("customizations", {"vscode": {"settings": {"a": [{"b": "${localEnv:A}"}]}}}),
        ("remoteEnv", {"A": "${localWorkspaceFolder}"}),
    ],
)
def test_no_image_asks_clients_for_it(key: str, value: object) -> None:
    for said in ({key: value}, [{"remoteUser": "x"}, {key: value}]):
        with pytest.raises(Forbidden) as caught:
            require_harmless("example.com/x:1", json.dumps(said))
        assert [finding.where for finding in caught.value.findings] == [f"example.com/x:1::{key}"]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "[]",
        "{}",
        "no json",
        '[{"remoteUser": "x", "privileged": false}]',
        "[" * 9000,
        '[{"remoteEnv": {"PATH": "/x:${containerEnv:PATH}"}}]',
        '["${localEnv:A}"]',
    ],
)
def test_a_harmless_image_is_fine(said: str) -> None:
    require_harmless("example.com/x:1", said)


@pytest.mark.engine
def test_an_image_that_asks_is_not_started(
    make_repo: Make, command: Command, base: str, tmp_path: Path
) -> None:
    image = "localhost/devpod-gen-test/asks:1"
    (tmp_path / "Dockerfile").write_text(
        f"FROM {base}\nLABEL devcontainer.metadata='[{{\"privileged\": true}}]'\n"
    )
    docker("build", "--quiet", "--tag", image, str(tmp_path))
    try:
        repo = make_repo({"devpod.toml": f'name = "asks"\n[image]\nref = "{image}"\n'})
        ran = command("up", "-C", repo)
        assert ran.code == 3, ran.err
        assert f"{image}::privileged" in ran.err
    finally:
        docker("rmi", image)


PROFILES = {
    "privileged": "privileged = true",
    "run-args": 'runArgs = ["--privileged"]',
    "security-privileged": "[security]\nprivileged = true",
    "security-opt": '[security]\nopt = ["seccomp=unconfined"]',
    "cap-add": 'cap_add = ["SYS_ADMIN"]',
    "capabilities": '[security]\ncapabilities = ["ALL"]',
    "devices": 'devices = ["/dev/kvm"]',
    "network": 'network_mode = "host"',
    "pid": 'pid = "host"',
    "ipc": 'ipc = "host"',
    "userns": 'userns_mode = "host"',
    "sysctls": 'sysctls = { "net.ipv4.ip_forward" = 1 }',
    "initialize": 'initializeCommand = "evil"',
    "hook-initialize": '[hooks]\ninitialize = "evil"',
    "mounts": '[[mounts]]\nsource = "/var/run/docker.sock"\ntarget = "/var/run/docker.sock"',
    "volumes": 'volumes = ["/:/host"]',
    "port-address": '[[ports]]\nport = 80\naddress = "0.0.0.0"',
    "port-host": '[[ports]]\nport = "0.0.0.0:80"',
    "service-privileged": '[services.db]\nimage = "x:1"\nprivileged = true',
    "service-volume": '[services.db]\nimage = "x:1"\nvolumes = ["/:/host"]',
    "service-source": '[services.db]\nimage = "x:1"\nvolumes = { "/etc" = "/x" }',
    "service-network": '[services.db]\nimage = "x:1"\nnetwork_mode = "host"',
    "service-build": '[services.db]\nbuild = "."',
    "service-env-file": '[services.db]\nimage = "x:1"\nenv_file = "/etc/shadow"',
    "service-extends": '[services.db]\nimage = "x:1"\nextends = { file = "/x", service = "y" }',
    "service-cap": '[services.db]\nimage = "x:1"\ncap_add = ["ALL"]',
    "service-devices": '[services.db]\nimage = "x:1"\ndevices = ["/dev/mem"]',
    "service-user": '[services.db]\nimage = "x:1"\nuserns_mode = "host"',
    "env-local": '[env]\nA = "${localEnv:AWS_SECRET_ACCESS_KEY}"',
    "settings-local": '[ide.vscode.settings]\nA = "${localEnv:AWS_SECRET_ACCESS_KEY}"',
    "workspace-etc": 'workspace = "/etc"',
    "workspace-root": 'workspace = "/"',
    "cache-etc": '[caches]\na = ["/etc"]',
    "features": 'features = { "x" = {} }',
    "build": 'build = { dockerfile = "Dockerfile" }',
}


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_no_profile_asks_for_it(name: str, make_repo: Make, cli: Command, policy: Path) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": f'name = "x"\n{PROFILES[name]}\n'})
    if name == "env-local":  # plain text, which is text inside: nothing of the host's
        assert cli("generate", "-C", repo).code in (0, 2)
        compose = repo / ".devcontainer" / "compose.yaml"
        assert not compose.exists() or '"$${localEnv:AWS' in compose.read_text()
        return
    ran = cli("up", "-C", repo)
    assert ran.code in (2, 3), ran.err
    assert not (repo / ".devcontainer").exists()


@pytest.fixture
def base(engine: None) -> str:  # noqa: ARG001 - it is needed
    """Any image: no container of it is started."""
    return docker("images", "--format={{.Repository}}:{{.Tag}}", "localhost/devpod-gen/debian")


@pytest.mark.engine
@pytest.mark.parametrize(
    "options",
    [
        ("--privileged",),
        ("--cap-add=SYS_ADMIN",),
        ("--pid=host",),
        ("--network=host",),
        ("--ipc=host",),
        ("--uts=host",),
        ("--volume=/:/host",),
        ("--mount=type=bind,source=/var/run,target=/x",),
        ("--device=/dev/null",),
        ("--security-opt=seccomp=unconfined",),
        ("--publish=8099:80",),
        ("--publish-all",),
    ],
    ids=lambda options: options[0].lstrip("-").partition("=")[0],
)
def test_what_an_engine_tells_is_seen(options: tuple[str, ...], base: str) -> None:
    """Each for real, made and never started; what is asked for is what is named."""
    ours = ("--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--pids-limit=64")
    container = docker("create", *ours, *options, base)
    try:
        (told,) = json.loads(docker("inspect", container))
    finally:
        docker("rm", container)
    told["HostConfig"]["NetworkMode"] = told["HostConfig"]["NetworkMode"].replace("default", "x")
    with pytest.raises(Forbidden) as caught:
        require_made(told, ())
    assert len(caught.value.findings) <= 2


@pytest.mark.engine
@pytest.mark.parametrize(
    ("mount", "fine"),
    [
        ((), True),
        (("--mount=type=bind,source={here},target=/data,readonly",), True),
        (("--volume={here}:/data:ro",), True),
        (("--mount=type=bind,source={here},target=/data",), False),
        (("--volume={here}:/data",), False),
        (("--volume={here}:/etc:ro",), False),
        (("--volume={here}/..:/data:ro",), False),
        (("--volume={here}:/data:ro,rshared",), True),  # private in a container of its own
    ],
)
def test_what_an_engine_tells_of_ours(
    mount: tuple[str, ...], fine: bool, base: str, tmp_path: Path
) -> None:
    ours = ("--cap-drop=ALL", "--security-opt=no-new-privileges:true", "--pids-limit=64", "--init")
    mounted = (option.format(here=tmp_path) for option in mount)
    of_service = "--label=com.docker.compose.service=dev"
    container = docker("create", *ours, *mounted, of_service, base)
    try:
        (told,) = json.loads(docker("inspect", container))
    finally:
        docker("rm", container)
    may = dataclasses.replace(PLAIN, binds=(Bind(str(tmp_path), "/data", readonly=True),))
    if fine:
        require_made(told, (may,))
        return
    with pytest.raises(Forbidden) as caught:
        require_made(told, (may,))
    assert [one.where.partition("::")[2] for one in caught.value.findings] == ["HostConfig.Mounts"]


DOCTORED: dict[str, dict[str, Any]] = {
    "Privileged": {"privileged": True},
    "CapAdd": {"cap_add": ["SYS_ADMIN"]},
    "PidMode": {"pid": "host"},
    "Mounts": {"volumes": ["/:/host:ro"]},
    "Devices": {"devices": ["/dev/null:/dev/x"]},
    "SecurityOpt": {"security_opt": ["seccomp=unconfined"]},
    "PortBindings": {"ports": ["0.0.0.0::80"]},
    "ExtraHosts": {"extra_hosts": ["github.com:10.0.0.1"]},
}


@pytest.mark.engine
def test_what_compose_was_told_by_a_doctored_file_is_seen(base: str, tmp_path: Path) -> None:
    """What is asked for is all that is named; and nothing of the one that is fine."""
    ours: dict[str, Any] = {
        "image": base,
        "command": ["true"],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "deploy": {"resources": {"limits": {"pids": 64}}},
    }
    for key in ("", *DOCTORED):
        more = DOCTORED.get(key, {})
        name = f"devpod-gen-test-doctored-{key.lower() or 'fine'}"
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps({"services": {"dev": ours | more}}))
        project = Project(name, (file,), allowed=(PLAIN,))
        try:
            if not key:
                Docker().start(project)
                continue
            with pytest.raises(Forbidden) as caught:
                Docker().start(project)
            started = docker("inspect", "--format={{.State.StartedAt}}", f"{name}-dev-1")
            assert started.startswith("0001-"), "it was started before it was looked at"
            named = {one.where.partition("::HostConfig.")[2] for one in caught.value.findings}
            # The engine itself takes labels of security from what is privileged, or in a
            # namespace of the host's.
            assert key in named
            assert named <= {key, "SecurityOpt"}
        finally:
            Docker().remove(project, volumes=True)


@pytest.mark.engine
def test_a_service_has_its_own_and_what_is_no_service_is_not_started(
    base: str, tmp_path: Path
) -> None:
    """What the workspace may have, its services may not; all of it for real."""
    name, options = "devpod-gen-test-services", ["no-new-privileges:true"]
    ours = {"image": base, "command": ["sleep", "60"], "security_opt": options}
    dev = ours | {"cap_drop": ["ALL"], "cap_add": ["CHOWN", "KILL"], "depends_on": ["db"]}
    db = ours | {"cap_drop": list(NEVER)}
    file = tmp_path / "compose.json"
    may = (
        Allowed("dev", ("CHOWN", "KILL"), ("ALL",), tuple(options)),
        Allowed("db", (), NEVER, tuple(options)),
    )
    project = Project(name, (file,), grace=0, allowed=may)
    try:
        for services in ({"db": dev | {"depends_on": []}}, {"db": db | {"cap_add": ["KILL"]}}):
            file.write_text(json.dumps({"services": services}))
            with pytest.raises(Forbidden) as caught:
                Docker().start(project)
            assert caught.value.where == f"{name}-db-1"
        file.write_text(json.dumps({"services": {"dev": dev, "db": db, "evil": db}}))
        Docker().start(project, only=("db",))
        mine = ("ps", "--format={{.Names}}", f"--filter=label=com.docker.compose.project={name}")
        assert docker(*mine) == f"{name}-db-1"
        Docker().start(project)
        assert sorted(docker(*mine).split()) == [f"{name}-db-1", f"{name}-dev-1"]
    finally:
        Docker().remove(project, volumes=True)


STRANGE = {
    "volume": ("--opt=type=none", "--opt=o=bind", "--opt=device=/etc"),
    "network": ("--opt=com.docker.network.bridge.host_binding_ipv4=0.0.0.0",),
}


@pytest.mark.engine
@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("kind", sorted(STRANGE))
def test_what_was_there_before_with_a_name_of_ours(
    kind: str, direct: bool, make_repo: Make, command: Command, base: str
) -> None:
    """Refused by name, before a container is made that would mount it."""
    services = "" if direct else f'[services.db]\nimage = "{base}"\ncommand = ["sleep", "9"]\n'
    profile = f'name = "strange"\n[caches]\nx = ["/home/dev/x"]\n{services}'
    repo = make_repo({"devpod.toml": profile})
    project = identify(repo, "strange", ".devcontainer").project
    name = f"{project}_cache-x" if kind == "volume" else f"{project}_default"
    labels = f"--label=com.docker.compose.project={project}"
    more = ("--label=com.docker.compose.network=default",) if kind == "network" else ()
    docker(kind, "create", *STRANGE[kind], labels, *more, name)
    try:
        ran = command("up", "-C", repo)
        assert ran.code == 3, ran.err
        assert f"{kind} {name}: " in ran.err
        found = f"--filter=label=com.docker.compose.project={project}"
        assert docker("ps", "--all", "--quiet", found) == ""
    finally:
        command("down", "--caches", "-C", repo)
        assert docker(kind, "ls", "--quiet", f"--filter=name={name}") == ""


@pytest.mark.engine
def test_a_volume_that_a_doctored_file_makes(base: str, tmp_path: Path) -> None:
    name, file = "devpod-gen-test-volume", tmp_path / "compose.json"
    options = {"type": "none", "o": "bind", "device": "/etc"}
    dev = {"image": base, "command": ["true"], "cap_drop": ["ALL"], "volumes": ["data:/x"]}
    file.write_text(
        json.dumps(
            {
                "services": {"dev": dev | {"security_opt": list(OURS.options)}},
                "volumes": {"data": {"driver_opts": options}},
            }
        )
    )
    may = dataclasses.replace(PLAIN, volumes=(f"{name}_data",))
    project = Project(name, (file,), allowed=(may,))
    try:
        with pytest.raises(Forbidden) as caught:
            Docker().start(project)
        assert caught.value.where == f"volume {name}_data"
        started = docker("inspect", "--format={{.State.StartedAt}}", f"{name}-dev-1")
        assert started.startswith("0001-")
    finally:
        Docker().remove(project, volumes=True)


def test_what_verify_starts_is_looked_at_too(tmp_path: Path) -> None:
    profile = b"""workspace = "/w"
[[mounts]]
source = "~/a"
target = "/a"
[[mounts]]
source = "~/b"
target = "/b"
"""
    plan = resolve(parse(profile, "devpod.toml"), stacks.known(), folder_name="shop")
    identity = identify(tmp_path, "shop", ".devcontainer")
    fields: dict[str, Any] = {one.name: None for one in dataclasses.fields(Proof)}
    run = Proof(**(fields | {"identity": identity, "plan": plan}))
    (may,) = run.project("compose", {"DEVPOD_MOUNT_1": "/home/me/a"}).allowed
    assert (may.service, may.added, may.options) == ("dev", *dataclasses.astuple(plan.privileges))
    assert may.binds == (
        Bind(str(tmp_path), "/w"),
        Bind(os.devnull, "/run/devpod-git"),
        Bind("/home/me/a", "/a", readonly=True),
        Bind(os.devnull, "/run/devpod-mount-2"),
    )


@pytest.mark.engine
def test_nor_is_one_looked_into_that_is_a_folder_of_the_host(base: str) -> None:
    """`down` looks for work that would be lost with a clone's volume."""
    name = "devpod-gen-test-looked-into"
    docker("volume", "create", *STRANGE["volume"], name)
    try:
        with pytest.raises(Forbidden) as caught:
            Docker().run_once(base, ["/bin/true"], volume=name, folder="/volume")
        assert name in str(caught.value.findings)
    finally:
        docker("volume", "rm", name)
