"""`ssh-config`: one Include in the user's own file, and every other byte and host as before."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import COMMAND, Ran
from devpod_gen.emit.sshconfig import SshFiles, is_sound, ssh_config
from devpod_gen.errors import HostError
from devpod_gen.foreign import replace_if, unlink_if
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse

Cli = Callable[..., Ran]

HOSTS = b"""
Host work
  HostName work.example.org
  User ann
Host *.lab
  Port 2022
  ProxyJump work
Match host special.example.org
  User bob
Host *
  ServerAliveInterval 7
  User everybody
"""
OTHERS = [
    *("work", "github.com", "one.lab", "two.lab", "special.example.org", "a", "b.c", "10.0.0.1"),
    *("x.devpod-gen.example.org", "nowhere", "db", "UPPER", "host-1", "host_2", "fe80--1"),
    *("mail.example.org", "git.example.org", "cache", "bastion", "192.0.2.7"),
]
HOSTILE = {
    "host star first": b"Host *\n  User wrong\n  ForwardAgent yes\n" + HOSTS,
    "match first": b"Match all\n  User matched\n" + HOSTS,
    "include first": b"Include extra.conf\n" + HOSTS,
    "crlf": HOSTS.replace(b"\n", b"\r\n"),
    "no final newline": HOSTS.rstrip(b"\n"),
    "empty": b"",
    "one newline": b"\n",
    "line of a mebibyte": b"# " + b"x" * 1024 * 1024 + b"\n" + HOSTS,
    "not utf-8": b"# caf\xe9 \xff\xfe\n" + HOSTS,
    "markers of others": (
        b"# --- START CODER VSCODE dev ---\nHost coder.dev\n  User coder\n# --- END CODER VSCODE "
        b"dev ---\n# >>> conda initialize >>>\n# <<< conda initialize <<<\n# DevPod Start x.devpod"
        b"\nHost x.devpod\n  User y\n# DevPod End x.devpod\n# >>> devpod-gen-other >>>\n" + HOSTS
    ),
    "tabs, equals, quotes": b'Host\t"work"\n\tHostName=work.example.org\n\tUser "ann"\n' + HOSTS,
    "comments only": b"#\n# Include ~/.ssh/nothing\n  # Host *\n",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder, and the current one."""
    folder = tmp_path / "home"
    (folder / ".ssh").mkdir(parents=True, mode=0o700)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
    monkeypatch.chdir(folder)
    return folder


def resolved(config: Path, host: str) -> str:
    """What ssh makes of a host."""
    argv = ["ssh", "-G", "-F", str(config), host]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def written(**files: Any) -> str:
    """The ssh_config of a workspace, as `up` writes it."""
    plan = resolve(parse(b'name = "shop"\n', "devpod.toml"), (), folder_name="shop")
    given = {"identity": "/keys/id", "known_hosts": "/keys/known", "proxy": ("/bin/docker", "a b")}
    return ssh_config(plan, SshFiles("shop.devpod-gen", **(given | files)))


def a_workspace(home: Path, name: str = "0123456789ab") -> Path:
    file = home / "data/devpod-gen" / name / "ssh_config"
    file.parent.mkdir(parents=True)
    file.write_text(written())
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
def test_every_byte_and_every_other_host_stays(cli: Cli, home: Path, content: bytes) -> None:
    a_workspace(home)
    config = home / ".ssh/config"
    config.write_bytes(content)
    config.chmod(0o640)
    before = {host: resolved(config, host) for host in OTHERS}
    ran = cli("ssh-config", "install")
    assert ran.code == 0, ran.err
    assert config.read_bytes().endswith(content)
    assert config.read_bytes().startswith(b"# >>> devpod-gen")
    assert {host: resolved(config, host) for host in OTHERS} == before
    told = resolved(config, "shop.devpod-gen")
    assert "user dev\n" in told
    assert "forwardagent no\n" in told
    assert "stricthostkeychecking true\n" in told
    installed = config.read_bytes()
    assert cli("ssh-config", "install").code == 0
    assert config.read_bytes() == installed
    assert cli("ssh-config", "uninstall").code == 0
    assert config.read_bytes() == content
    assert config.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in config.parent.iterdir()] == ["config"]


def test_a_link_stays_one(cli: Cli, home: Path) -> None:
    (home / "dotfiles").mkdir()
    target = home / "dotfiles/ssh-config"
    target.write_bytes(HOSTS)
    config = home / ".ssh/config"
    config.symlink_to("../dotfiles/ssh-config")
    assert cli("ssh-config", "install").code == 0
    assert config.readlink() == Path("../dotfiles/ssh-config")
    assert target.read_bytes().endswith(HOSTS) != (target.read_bytes() == HOSTS)
    assert cli("ssh-config", "uninstall").code == 0
    assert config.readlink() == Path("../dotfiles/ssh-config")
    assert target.read_bytes() == HOSTS
    assert [path.name for path in target.parent.iterdir()] == ["ssh-config"]


@pytest.mark.parametrize("how", ["file", "folder", "store", "hard link"])
def test_what_must_not_be_touched_is_not(cli: Cli, home: Path, how: str) -> None:
    """As home-manager has it: a link into a folder that nobody writes, a file of mode 0444."""
    config, store = home / ".ssh/config", home / "store"
    store.mkdir()
    real = store / "config" if how == "store" else config
    real.write_bytes(HOSTS)
    if how == "store":
        config.symlink_to(real)
    if how == "hard link":
        (store / "other").hardlink_to(config)
    if how in ("file", "store"):
        real.chmod(0o444)
    if how in ("folder", "store"):
        real.parent.chmod(0o555)
    ran = cli("ssh-config", "install", "--json")
    real.parent.chmod(0o755)
    assert ran.code == 0, ran.err
    line = f'Include "{home}/data/devpod-gen/*/ssh_config"'
    assert config.read_bytes() == HOSTS
    assert "it is not touched" in ran.err
    assert json.loads(ran.out)["changed"] is False
    assert cli("ssh-config", "install").out.endswith(f"{line}\n") or how == "folder"
    real.chmod(0o644)
    real.write_bytes(f"{line}\n".encode() + HOSTS)  # their owner has added it
    real.chmod(0o444)
    assert "not touched" not in cli("ssh-config", "install").err or how == "hard link"
    assert ": installed" in cli("ssh-config", "show").out
    assert cli("ssh-config", "uninstall").code == 0
    assert real.read_bytes() == f"{line}\n".encode() + HOSTS


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["pipe", "folder", "loop", "nowhere"])
def test_what_is_no_file_is_left_alone(cli: Cli, home: Path, kind: str) -> None:
    config = home / ".ssh/config"
    if kind == "pipe":
        os.mkfifo(config)
    elif kind == "folder":
        config.mkdir()
    else:
        config.symlink_to("config" if kind == "loop" else "/nowhere/at/all")
    before = config.lstat()
    ran = cli("ssh-config", "install")
    assert (ran.code, "it is not touched" in ran.err) == (0, True)
    assert cli("ssh-config", "show").code == 0
    assert cli("ssh-config", "uninstall").code == 0
    after = config.lstat()
    assert (after.st_ino, after.st_mode, after.st_mtime) == (
        before.st_ino,
        before.st_mode,
        before.st_mtime,
    )


@pytest.mark.parametrize("folder", [True, False], ids=["no file", "no folder"])
def test_what_was_not_there_is_not_there_again(
    cli: Cli,
    home: Path,
    folder: bool,
) -> None:
    if not folder:
        (home / ".ssh").rmdir()
    old = os.umask(0)
    try:
        assert cli("ssh-config", "install").code == 0
    finally:
        os.umask(old)
    config = home / ".ssh/config"
    assert config.stat().st_mode & 0o777 == 0o600
    assert config.parent.stat().st_mode & 0o777 == 0o700
    kept = config.read_bytes()
    config.write_bytes(kept + HOSTS)  # the user goes on with it
    assert cli("ssh-config", "uninstall").code == 0
    assert config.read_bytes() == HOSTS
    config.write_bytes(kept)
    assert cli("ssh-config", "uninstall").code == 0
    assert (home / ".ssh").exists() is folder
    assert not config.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda block: b"\n".join(block.split(b"\n")[:-2]) + b"\n",  # no end
        lambda block: block.split(b"\n", 1)[1],  # no beginning
        lambda block: block + block,
        lambda block: block.replace(b"Include", b"Host mine\n  User me\nInclude"),
        lambda block: block.replace(b"Include", b"# a note of mine\nInclude"),
    ],
    ids=["no end", "no beginning", "twice", "hosts inside", "a comment inside"],
)
def test_markers_that_are_not_whole_are_refused(
    cli: Cli, home: Path, spoil: Callable[[bytes], bytes]
) -> None:
    config = home / ".ssh/config"
    config.write_bytes(b"")
    assert cli("ssh-config", "install").code == 0
    spoilt = spoil(config.read_bytes()) + HOSTS
    config.write_bytes(spoilt)
    for argv in ("install", "uninstall"):
        ran = cli("ssh-config", argv)
        assert ran.code == 2
        assert "take out what is left of them" in ran.err
        assert config.read_bytes() == spoilt


def test_what_was_changed_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(b"theirs")
    assert replace_if(file, b"what was read", b"ours", mode=0o600) is False
    assert replace_if(file, None, b"ours", mode=0o600) is False
    assert unlink_if(file, b"what was read", folder=True) is False
    assert file.read_bytes() == b"theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["config"]
    assert replace_if(file, b"theirs", b"ours", mode=0o640) is True
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"ours", 0o640)


def test_the_line_comes_back_to_the_top(cli: Cli, home: Path) -> None:
    config = home / ".ssh/config"
    config.write_bytes(HOSTS)
    assert cli("ssh-config", "install").code == 0
    block = config.read_bytes().removesuffix(HOSTS)
    config.write_bytes(b"Host first\n" + block.replace(b"\n", b"\r\n") + HOSTS)
    assert cli("ssh-config", "install").code == 0
    assert config.read_bytes() == block + b"Host first\n" + HOSTS
    assert cli("ssh-config", "uninstall").code == 0
    assert config.read_bytes() == b"Host first\n" + HOSTS


def test_many_at_once_and_somebody_else(cli: Cli, home: Path) -> None:
    """Another program writes meanwhile: there is one line, and what was there is there."""
    config = home / ".ssh/config"
    config.write_bytes(HOSTS)
    argv = [str(COMMAND), "ssh-config", "install"]
    started = [subprocess.Popen(argv, stdout=subprocess.DEVNULL) for _ in range(6)]
    for number in range(200):
        with config.open("ab") as stream:  # as an editor, or another tool, may
            stream.write(b"# line %d\n" % number)
            if any(process.poll() is None for process in started):
                os.sched_yield()
    assert {process.wait() for process in started} == {0}
    assert config.read_bytes().count(b"Include") == 1
    assert cli("ssh-config", "uninstall").code == 0
    assert config.read_bytes().startswith(HOSTS)
    assert b"Include" not in config.read_bytes()


@pytest.mark.parametrize(
    "text",
    [
        "Host *\n  ProxyCommand evil\n",
        written().replace("Host shop.devpod-gen", "Host *"),
        written() + 'Match exec "evil"\n',
        written() + "  Include /tmp/evil\n",
        written() + "  ForwardAgent yes\n",
        written().replace("User dev", "User dev\x07"),
        "",
    ],
)
def test_a_file_of_somebody_else_is_not_brought_in(cli: Cli, home: Path, text: str) -> None:
    a_workspace(home).write_text(text)
    ran = cli("ssh-config", "install")
    assert ran.code == 2
    assert "would be read by every ssh" in ran.err
    assert not (home / ".ssh/config").exists()


def test_what_is_written_is_sound_whatever_the_paths_are() -> None:
    for path in ("/a b/c", "/100%/%h", "/ü/世界", "/it's", "/$HOME", "/*", "/#x", "/a\\b"):
        assert is_sound(written(identity=path, proxy=(path, "-x", path), at_login=(path,)))
    for path in ('/a"b', "/a\nProxyCommand evil", "/a\rb", "/${HOME}", "/\u202e", "/\x00"):
        with pytest.raises(HostError, match="ssh cannot be told"):
            written(identity=path)


def test_show_names_the_hosts(cli: Cli, home: Path) -> None:
    file = a_workspace(home)
    record = {"id": file.parent.name, "project": "p", "root": "/code/shop", "output": "o"}
    record |= {"engine": "e", "alias": "shop.devpod-gen"}
    (file.parent / "workspace.json").write_text(json.dumps(record | {"branch": None}))
    told = json.loads(cli("ssh-config", "show", "--json").out)
    assert told["installed"] is False
    (host,) = told["hosts"]
    assert (host["host"], host["folder"]) == ("shop.devpod-gen", "/code/shop")


def test_a_data_folder_that_ssh_cannot_be_told(
    cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", f"{home}/a*b")
    ran = cli("ssh-config", "install")
    assert ran.code == 4
    assert "XDG_DATA_HOME" in ran.err
