"""The number of a workspace's SSH port, git's settings inside, and what may be asked for."""

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from devpod_gen.engine.credential import fill
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile.load import parse
from devpod_gen.workspace import credentials, person, record
from devpod_gen.workspace.identity import Identity, identify
from devpod_gen.workspace.port import ssh_port

AUTO = '[ssh]\nport = "auto"\n'


def a_plan(text: str = AUTO) -> Plan:
    return resolve(parse(text.encode(), "devpod.toml"), (), folder_name="shop")


def a_clone(folder: Path) -> Identity:
    (folder / ".devcontainer").mkdir(parents=True)
    return identify(folder, "shop", ".devcontainer")


def test_none_and_a_number_are_as_the_profile_says(tmp_path: Path) -> None:
    clone = a_clone(tmp_path)
    assert ssh_port(clone, a_plan("")) is None
    assert ssh_port(clone, a_plan("[ssh]\nagent = true\n")) is None
    assert ssh_port(clone, a_plan("[ssh]\nport = 2201\n")) == 2201


def test_a_chosen_one_stays(tmp_path: Path) -> None:
    """Also when it is in use, and by the `.env` alone, which `down` leaves."""
    clone, plan = a_clone(tmp_path), a_plan()
    chosen = ssh_port(clone, plan)
    assert chosen
    assert ssh_port(clone, plan) == chosen
    record.claim(clone, "shop", engine="e", port=chosen)
    with socket.create_server(("127.0.0.1", chosen)):
        assert ssh_port(clone, plan) == chosen
        (clone.data / "workspace.json").unlink()
        other = ssh_port(clone, plan)
        assert other != chosen  # somebody else has it
        env = f"# x\nDEVPOD_PROJECT={clone.project}\nDEVPOD_SSH_PORT={chosen}\n"
        clone.env_file.write_text(env)
        assert ssh_port(clone, plan) == chosen
        for foreign in (
            env.replace("shop-", "other-"),  # another clone's
            env.replace(f"={chosen}", "=22"),
            env.replace(f"={chosen}", "=65000"),
        ):
            clone.env_file.write_text(foreign)
            assert ssh_port(clone, plan) == other


def test_two_workspaces_have_two(tmp_path: Path) -> None:
    one, plan = a_clone(tmp_path / "a"), a_plan()
    chosen = ssh_port(one, plan)
    record.claim(one, "shop", engine="e", port=chosen)
    twin = Identity(f"{(int(one.id, 16) + 10000) % 16**12:012x}", "p", tmp_path / "b", "out")
    assert ssh_port(twin, plan) not in (None, chosen)


def test_an_older_record_is_read(tmp_path: Path) -> None:
    clone = a_clone(tmp_path)
    record.claim(clone, "shop", engine="e")
    file = clone.data / "workspace.json"
    known = json.loads(file.read_text())
    del known["port"]
    file.write_text(json.dumps(known))
    found = record.read(clone.data)
    assert found
    assert found.port is None


@pytest.fixture
def git_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The user's own git config, and a repo of theirs."""

    def write(text: str) -> Path:
        (tmp_path / "gitconfig").write_text(text)
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
        subprocess.run(["git", "init", "-q", str(tmp_path / "work/repo")], check=True)
        return tmp_path / "work/repo"

    return write


def test_git_knows_who_works(git_config: Callable[[str], Path], tmp_path: Path) -> None:
    """By the place of the repo, and whatever the name is; the repo itself has no say."""
    name, work = 'A "B" \\C; D=#E\ttab', tmp_path / "work.cfg"
    for key, value in (("user.name", name), ("user.email", "me@work.example")):
        subprocess.run(["git", "config", "-f", str(work), key, value], check=True)
    repo = git_config(
        "[user]\n\temail = me@home.example\n"
        f'[includeIf "gitdir:{tmp_path}/work/"]\n\tpath = {work}\n'
    )
    subprocess.run(["git", "-C", str(repo), "config", "user.name", "Evil"], check=True)
    (tmp_path / "inside").write_text(person.settings(repo, a_plan("")))

    def inside(key: str) -> str:
        argv = ["git", "config", "-f", str(tmp_path / "inside"), key]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout[:-1]

    assert inside("user.name") == name.replace("\t", "")
    assert inside("user.email") == "me@work.example"


def test_without_a_name_there_are_no_settings(git_config: Callable[[str], Path]) -> None:
    repo = git_config("")
    assert person.settings(repo, a_plan("")) == ""
    asked = person.settings(repo, a_plan("[git]\ncredentials = true\n"))
    assert asked == "[credential]\n\thelper = /usr/local/lib/devpod/git-credential\n"


def test_the_host_answers_https_and_nothing_else(
    git_config: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper = tmp_path / "helper"
    helper.write_text(
        '#!/bin/sh\ncat >"$0.said"\necho username=ann; echo password=pw; echo quit=0\n'
    )
    helper.chmod(0o755)
    repo = git_config(f"[credential]\n\thelper = {helper}\n")
    hook = tmp_path / "evil"
    subprocess.run(
        ["git", "-C", str(repo), "config", "credential.helper", f"!touch {hook}"], check=True
    )
    monkeypatch.chdir(repo)
    request = "protocol=https\nhost=h.example\npath=a/b\npassword=x\ncapability[]=state\n"
    answer = "protocol=https\nhost=h.example\nusername=ann\npassword=pw\n"
    assert fill(request) == answer
    assert not hook.exists()  # a repo has no say
    said = Path(f"{helper}.said").read_text()
    assert "password" not in said
    assert "state" not in said
    for other in (
        request.replace("https", "http"),
        request.replace("host=h.example\n", ""),
        request.replace("https", "https\x00"),
        "",
        "x",
        "protocol=https\nhost=" + "h" * 2000,
    ):
        assert fill(other) == "", other
    helper.write_text("#!/bin/sh\necho username=ann\n")
    assert fill(request) == ""  # nobody is asked for what is missing


def test_only_the_container_that_was_allowed_gets_any(tmp_path: Path) -> None:
    from devpod_gen.engine.docker import Docker  # noqa: PLC0415
    from devpod_gen.engine.model import Container  # noqa: PLC0415

    one, other = (Container(name, name, "running", "", {}) for name in ("c1", "c2"))
    assert credentials.relay(Docker(), one, "dev", tmp_path) == ()
    credentials.allow(tmp_path, one, asked=True)
    assert credentials.relay(Docker(), one, "dev", tmp_path)[-1] == "listen"
    assert credentials.relay(Docker(), other, "dev", tmp_path) == ()
    credentials.allow(tmp_path, other, asked=False)
    assert credentials.relay(Docker(), one, "dev", tmp_path) == ()
