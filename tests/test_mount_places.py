"""Which places of the host a profile may ask for: by what a path leads to, however it is said.

No engine: all of this is decided before one is looked for.
"""

import json
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Ran, trust
from devpod_gen.plan.mount import Place
from devpod_gen.workspace import guarded
from devpod_gen.workspace.guarded import refusal

Make = Callable[..., Path]
Cli = Callable[..., Ran]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with something in it, and none of the tests' own variables."""
    folder = tmp_path / "Home"
    for name in (".ssh", ".aws", ".docker/run", ".config/gh", "notes", "Library/Keychains"):
        (folder / name).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("DOCKER_HOST", "SSH_AUTH_SOCK", "CONTAINER_HOST"):
        monkeypatch.delenv(name, raising=False)
    return folder


def profile(source: str, more: str = "", target: str = "/data") -> str:
    return f'name = "shop"\n[[mounts]]\nsource = {json.dumps(source)}\ntarget = "{target}"\n{more}'


def error(ran: Ran) -> dict[str, object]:
    found: dict[str, object] = json.loads(ran.out)["error"]
    return found


GUARDED = (
    *("/", "//", "/.", "/etc", "/etc/hostname", "/etc/../etc", "/ETC", "/proc", "/proc/1/root"),
    *("/proc/self/root", "/proc/self/root/etc", "/proc/self/fd", "/sys", "/dev", "/dev/null"),
    *("/dev/shm", "/boot", "/root", "/usr", "/usr/local/bin", "/bin", "/lib", "/home", "/tmp"),
    *("/run", "/var/run", "/var/run/", "//run", "/var/../run", "/run/docker.sock", "/var"),
    *("/var/run/docker.sock", "/var//run/../run/docker.sock", "/var/lib", "/var/lib/docker"),
    *("/run/podman/podman.sock", "/run/containerd/containerd.sock", "/run/user"),
    *("~", "~/", "~/.", "~/notes/..", "~/.ssh", "~/.ssh/", "~/.ssh/id_ed25519", "~/.SSH", "~/.aws"),
    *("~/.aws/credentials", "~/notes/../.aws", "~/.gnupg", "~/.kube", "~/.kube/config", "~/.netrc"),
    *("~/.docker", "~/.docker/config.json", "~/.docker/run/docker.sock", "~/.colima", "~/.config"),
    *("~/.local", "~/.local/share/keyrings", "~/Library", "~/.mozilla", "~/.config/gcloud"),
    *("..", "../..", "../Home", "../Home/.ssh", "../../../../../../../etc", "/srv/other/.ssh/id"),
    *("/mnt/backup/alice/.aws", "./../Home/.ssh"),
)  # fmt: skip


@pytest.mark.parametrize("source", GUARDED)
def test_guarded(source: str, make_repo: Make, cli: Cli, policy: Path) -> None:
    """Whatever the profile's user trusts, and whatever classes they allow."""
    policy.write_text('allow = ["mounts"]\n')
    repo = make_repo({"devpod.toml": profile(source)})
    for verb in ("up", "build", "trust"):
        found = error(cli(verb, "-C", repo, "--json"))
        assert found["kind"] == "forbidden", found
        assert found["where"] == "devpod.toml"
        assert str(policy) in str(found["fix"])
    assert cli("up", "-C", repo).code == 3
    assert not (repo / ".devcontainer").exists()


FREE = (
    "~/notes",
    "~/.config/gh",
    "/srv/models",
    "~/none",
    "../beside",
    "~/notes/../notes",
    "~/.ssh2",
)


@pytest.mark.parametrize("source", FREE)
def test_others_need_trust(
    source: str, make_repo: Make, cli: Cli, policy: Path, home: Path
) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": profile(source)})
    ran = cli("up", "-C", repo, "--json")
    finding = json.loads(ran.out)["error"]["findings"][0]
    real = os.path.realpath(repo / source.replace("~", str(home)))
    assert ran.code == 3
    assert finding["where"] == "mounts[0].source"
    assert finding["message"].startswith(f"{real} of this machine")
    assert finding["message"].endswith("is mounted read-only: code inside can read it")
    writable = profile(source, "readonly = false\n")
    (repo / "devpod.toml").write_text(writable)
    assert "read-write: code inside can read and change it" in cli("up", "-C", repo).err


def test_what_is_in_the_repo_needs_none(make_repo: Make, cli: Cli, policy: Path) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": profile("config"), "config/x": "x", "sub/y": "y"})
    for source in ("config", "./config/", "config/x", "sub/../config", str(repo / "config"), "."):
        (repo / "devpod.toml").write_text(profile(source))
        told = cli("trust", "-C", repo).out
        assert told == "the profile asks for nothing that needs trust\n", source
    for source, kind in (("config", "untrusted"), (".ssh/id", "forbidden")):
        volume = 'workspace = { mode = "volume" }\n' + profile(source)
        (repo / "devpod.toml").write_text(volume)  # a clone does not see the repo's folder
        assert error(cli("trust", "-C", repo, "--json"))["kind"] == kind


def test_what_the_repo_puts_into_the_home_does(
    make_repo: Make, cli: Cli, policy: Path, home: Path
) -> None:
    """It would be what shells and programs are told by their user; of the repo nothing runs
    unless that was trusted. The hash is the same in each clone."""
    policy.unlink()
    targets = ("/home/dev/.zshrc", "/home/dev/.config/git", "/home/dev/bin", "/home/dev/x")
    for number, target in enumerate(targets):
        files = {"devpod.toml": profile("./conf//x", target=target), "conf/x": "evil\n"}
        one, two = (make_repo(files, f"{name}{number}") for name in ("one", "two"))
        found = json.loads(cli("up", "-C", one, "--json").out)["error"]
        assert found["kind"] == "untrusted"
        (finding,) = found["findings"]
        assert finding["message"] == f"the repo's ./conf/x is at {target}: programs do what it says"
        assert not (one / ".devcontainer").exists()
        trust(cli, one)
        trust(cli, two)
        assert cli("trust", "-C", two).code == 0
        (two / "conf" / "x").unlink()
        (two / "conf" / "x").symlink_to(home / "notes")
        assert cli("trust", "-C", two).code == 3


def test_through_links(make_repo: Make, cli: Cli, home: Path) -> None:
    """In the repo by its name, and elsewhere by where it leads."""
    repo = make_repo({"devpod.toml": profile("link")})
    link = repo / "link"
    for target, code in ((home / ".ssh", "forbidden"), (home / "notes", "untrusted")):
        link.unlink(missing_ok=True)
        link.symlink_to(target)
        assert error(cli("up", "-C", repo, "--json"))["kind"] == code
    link.unlink()
    link.symlink_to("/proc/self/root/etc")
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden"
    link.unlink()
    (repo / "real").mkdir()
    link.symlink_to("real")
    assert cli("trust", "-C", repo).code == 0
    (repo / "deep").symlink_to(home)
    (repo / "devpod.toml").write_text(profile("deep/.aws"))
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden"


def test_a_link_that_leads_elsewhere_later(
    make_repo: Make, cli: Cli, policy: Path, home: Path
) -> None:
    policy.unlink()
    repo = make_repo({"devpod.toml": profile("~/link")})
    (home / "link").symlink_to("notes")
    trust(cli, repo)
    assert cli("trust", "-C", repo).code == 0
    (home / "link").unlink()
    (home / "link").symlink_to(".config/gh")
    found = error(cli("up", "-C", repo, "--json"))
    assert found["kind"] == "untrusted"
    assert f"-~/link: {home}/notes" in str(found["detail"])
    assert f"+~/link: {home}/.config/gh" in str(found["detail"])
    (home / "link").unlink()
    (home / "link").symlink_to(".ssh")
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden"
    (home / "link").unlink()
    (home / "link").symlink_to("notes")
    assert cli("trust", "-C", repo).code == 0  # as it was


def test_the_same_in_another_clone_asks_again(make_repo: Make, cli: Cli, policy: Path) -> None:
    policy.unlink()
    one, two = (make_repo({"devpod.toml": profile("~/notes")}, name) for name in ("one", "two"))
    trust(cli, one)
    assert cli("trust", "-C", two).code == 3
    assert cli("trust", "-C", one).code == 0


def test_a_policy_names_the_very_place(make_repo: Make, cli: Cli, policy: Path, home: Path) -> None:
    policy.write_text('mounts = ["~/.aws"]\n')
    repo = make_repo({"devpod.toml": profile("~/.aws")})
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "untrusted"
    for source in ("~/.aws/credentials", "~/.ssh", "~"):
        (repo / "devpod.toml").write_text(profile(source))
        assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden", source
    (home / "other").symlink_to(".aws")
    (repo / "devpod.toml").write_text(profile("~/other"))
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "untrusted"
    policy.write_text('mounts = ["aws"]\n')
    assert cli("up", "-C", repo).code == 2


def test_sockets(make_repo: Make, cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one in the repo, one that nobody has heard of, and the folder that has it."""
    monkeypatch.chdir(home / "notes")  # their paths may have 100 characters
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as in_repo:
        server.bind("../notes/s")
        repo = make_repo({"devpod.toml": profile("~/notes/s")})
        monkeypatch.chdir(repo)
        in_repo.bind("t")
        for source in ("~/notes/s", "t", str(repo / "t")):
            (repo / "devpod.toml").write_text(profile(source))
            found = error(cli("up", "-C", repo, "--json"))
            assert (found["kind"], "is a socket" in str(found)) == ("forbidden", True), source
        monkeypatch.setenv("DOCKER_HOST", f"unix://{home}/notes/s")
        (repo / "devpod.toml").write_text(profile("~/notes"))
        assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden"


def test_a_folder_with_a_socket_that_is_listened_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded, "_listening", lambda: ["/srv/app/run/app.sock"])
    told = {
        path: refused(path) for path in ("/srv/app", "/srv", "/srv/app/run2", "/srv/application")
    }
    assert [path for path, why in told.items() if why] == ["/srv/app", "/srv"]
    assert "holds /srv/app/run/app.sock" in str(told["/srv/app"])


def test_the_kernel_is_asked_who_listens() -> None:
    short = Path(f"/tmp/devpod-gen-test-{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short))
        try:
            assert str(short) not in guarded._listening()
            server.listen()
            assert str(short) in guarded._listening()
        finally:
            short.unlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a folder a second time")
def test_another_mount_of_a_guarded_place(
    tmp_path: Path, home: Path, mounted: Callable[[str, Path], None]
) -> None:
    """By another name, and somewhere below what is asked for."""
    place = tmp_path / "innocent" / "deep"
    place.mkdir(parents=True)
    assert refused(str(place)) is None
    mounted(str(home / ".ssh"), place)
    assert "holds keys" in str(refused(str(place)))
    assert "holds keys" in str(refused(str(place / "id")))
    assert f"(at {place})" in str(refused(str(place.parent)))


@pytest.fixture
def mounted() -> Iterator[Callable[[str, Path], None]]:
    """Second mounts, which are gone afterwards."""
    made: list[Path] = []

    def mount(source: str, place: Path) -> None:
        assert os.system(f"mount --bind {source} {place}") == 0
        made.append(place)

    yield mount
    for place in made:
        os.system(f"umount {place}")


def refused(path: str) -> str | None:
    place = Place(path, "folder", inside=False, told=path)
    return refusal(place, Path("/srv/elsewhere/repo"), ())


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_what_its_user_cannot_look_at(tmp_path: Path, make_repo: Make, cli: Cli) -> None:
    """The engine could, and would follow a link there."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "link").symlink_to("/etc")
    repo = make_repo({"devpod.toml": profile(str(closed / "link"))})
    pid = os.fork()
    if not pid:
        os.setgid(65534)
        os.setuid(65534)
        from devpod_gen.workspace.mounts import _place  # noqa: PLC0415

        os._exit(0 if _place(repo, str(closed / "link")).kind == "closed" else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    path = str(closed / "link")
    place = Place(path, "closed", inside=False, told=path)
    assert "nobody knows where it leads" in str(refusal(place, repo, (str(closed / "link"),)))
    assert error(cli("up", "-C", repo, "--json"))["kind"] == "forbidden"  # root sees /etc


def test_a_path_that_cannot_be_shown(make_repo: Make, cli: Cli, home: Path) -> None:
    (home / "a\nb").mkdir()
    (home / "link").symlink_to("a\nb")
    found = error(cli("up", "-C", make_repo({"devpod.toml": profile("~/link")}), "--json"))
    assert found["kind"] == "forbidden"
    assert "not seen" in str(found)


def test_generate_tells_an_editor_what_is_trusted(
    make_repo: Make, cli: Cli, policy: Path, home: Path
) -> None:
    policy.unlink()
    repo = make_repo(
        {
            "devpod.toml": profile(
                "~/notes", 'readonly = false\n[[mounts]]\nsource = "x y"\ntarget = "/x"\n'
            )
        }
    )
    (repo / "x y").mkdir()
    env = repo / ".devcontainer" / ".env"
    ran = cli("generate", "-C", repo)
    assert (ran.code, "no mounts until `devpod-gen trust`" in ran.err) == (0, True)
    emitted = {p.name: p.read_bytes() for p in env.parent.iterdir() if p.is_file() and p != env}
    assert "MOUNT" not in env.read_text()
    trust(cli, repo)
    ran = cli("generate", "-C", repo)
    assert (ran.code, "mounts" in ran.err) == (0, False)
    lines = env.read_text().splitlines()
    assert f"DEVPOD_MOUNT_1={home}/notes" in lines
    assert f'DEVPOD_MOUNT_2="{repo}/x y"' in lines
    assert {"DEVPOD_MOUNTED_1=", "DEVPOD_MOUNTED_2="} <= set(lines)
    for name, content in emitted.items():
        assert (env.parent / name).read_bytes() == content
        assert str(home).encode() not in content
    (home / "notes").rmdir()
    (home / "notes").symlink_to(".ssh")
    assert cli("generate", "-C", repo).code == 0
    assert "MOUNT" not in env.read_text()  # nor what it leads to now


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/", "letters, digits"),
        ("/etc", "system's"),
        ("/etc/ssl", "system's"),
        ("/usr", "system's"),
        ("/usr/local/bin", "system's"),
        ("/usr/local/share/zsh/site-functions", "system's /usr"),
        ("/usr/games", "system's /usr"),
        ("/run/secrets", "system's"),
        ("/run", "system's"),
        ("/var", "system's"),
        ("/var/run/docker.sock", "system's"),
        ("/home", "would hide the home"),
        ("/home/dev", "would hide the home"),
        ("/home/dev/", "letters, digits"),
        ("/home/dev/.devcontainer", "devpod-gen uses"),
        ("/home/dev/.dotfiles/x", "devpod-gen uses"),
        ("/opt", "devpod-gen uses"),
        ("/opt/mise/installs", "devpod-gen uses"),
        ("/tmp", "devpod-gen uses"),
        ("/workspaces", "lie in one another"),
        ("/workspaces/shop", "lie in one another"),
        ("/workspaces/shop/data", "lie in one another"),
        ("/home/dev/.cache", "lie in one another"),
        ("/home/dev/.cache/go/mod", "lie in one another"),
        ("/data", "lie in one another"),
        ("/data/x", "lie in one another"),
        ("/home/../etc", "letters, digits"),
        ("data", "letters, digits"),
        ("/a:b", "letters, digits"),
        ("/a,b", "letters, digits"),
        ("/a b", "letters, digits"),
        ("/$HOME", "letters, digits"),
    ],
)
def test_targets(target: str, told: str, make_repo: Make, cli: Cli) -> None:
    """What is in the repo asks nobody, so it is the target alone."""
    more = '[[mounts]]\nsource = "a"\ntarget = "/data"\n[caches]\ngo = ["/home/dev/.cache/go"]\n'
    repo = make_repo({"devpod.toml": profile("a", more, target), "a": "a"})
    ran = cli("generate", "-C", repo)
    assert ran.code == 2
    assert "mounts[" in ran.err
    assert told in ran.err


def test_a_missing_source_is_an_error_before_anything(
    make_repo: Make, cli: Cli, home: Path
) -> None:
    repo = make_repo({"devpod.toml": profile("~/notes/none")})
    trust(cli, repo)
    assert cli("verify", "-C", repo).code == 4
    ran = cli("up", "-C", repo, "--json")
    assert ran.code == 4
    assert not (repo / ".devcontainer").exists()
    (finding,) = json.loads(ran.out)["error"]["findings"]
    assert finding == {
        "where": "devpod.toml::mounts[0].source",
        "message": f"{home}/notes/none: No such file or directory",
    }
    assert "optional = true" in str(error(ran)["fix"])
