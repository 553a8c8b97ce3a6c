"""The images: what is in them, what is not, and when they are built."""

import contextlib
import inspect
import itertools
import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conftest import Ran, docker
from devpod_gen import resources
from devpod_gen.plan import image
from devpod_gen.profile import stacks

Make = Callable[..., Path]
Command = Callable[..., Ran]


@pytest.fixture
def built(make_repo: Make, command: Command, engine: None) -> Callable[..., str]:  # noqa: ARG001
    """The reference of the image of a profile, built."""

    def build(profile: str, env: dict[str, str] | None = None) -> str:
        repo = make_repo({"devpod.toml": profile}, f"repo{abs(hash(profile))}")
        ran = command("build", "--json", "-C", repo, env=env)
        assert ran.code == 0, ran.err
        return str(json.loads(ran.out)["image"]["ref"])

    return build


def inside(ref: str, script: str) -> str:
    return docker("run", "--rm", "--network=none", "--entrypoint", "sh", ref, "-c", script)


@pytest.mark.engine
def test_base_has_what_is_promised_and_no_more(built: Callable[..., str]) -> None:
    ref = built('name = "a"\n')
    for program in (
        *("zsh", "tmux", "git", "stow", "make", "curl", "sudo", "mise", "jq", "rg", "fzf"),
        *("ssh", "/usr/sbin/sshd", "sftp", "rsync"),
    ):
        assert inside(ref, f"command -v {program}"), program
    assert inside(ref, "ls /etc/ssh/ssh_host_* 2>/dev/null || true") == ""
    assert inside(ref, "find /var/lib/apt/lists /var/cache/apt -type f ! -name lock") == ""
    assert inside(ref, "ls -A /home/dev | grep -v '^.cache$' || true") == ""
    assert inside(ref, "su dev -c 'sudo -n id -u'") == "0"


@pytest.mark.engine
def test_metadata_and_entrypoint(built: Callable[..., str]) -> None:
    ref = built('name = "a"\n')
    config = json.loads(docker("image", "inspect", "-f", "{{json .Config}}", ref))
    (metadata,) = json.loads(config["Labels"]["devcontainer.metadata"])
    assert metadata == {
        "remoteUser": "dev",
        "updateRemoteUserUID": False,
        "userEnvProbe": "none",
        "overrideCommand": False,
    }
    assert config["Entrypoint"] == ["/usr/local/bin/devpod-entrypoint"]


@pytest.mark.engine
def test_stacks_are_layers_on_one_base(built: Callable[..., str]) -> None:
    def in_common(one: list[str], other: list[str]) -> int:
        pairs = zip(one, other, strict=False)
        return len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)))

    def layers(profile: str) -> list[str]:
        found: list[str] = json.loads(
            docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", built(profile))
        )
        return found

    base, go, both = (
        layers('name = "a"\n'),
        layers('name = "a"\nstacks = ["go"]\n'),
        layers('name = "a"\nstacks = ["node", "go"]\n'),
    )
    shared = in_common(base, go)
    assert shared >= 6
    assert in_common(go, both) > shared


@pytest.mark.engine
@pytest.mark.usefixtures("engine")
def test_an_unchanged_image_is_not_built_again(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": 'name = "a"\n'})
    command("build", "-C", repo)
    seconds = []
    for _ in range(3):  # others may use the machine
        begun = time.monotonic()
        ran = command("build", "-C", repo)
        seconds.append(time.monotonic() - begun)
        assert ran.code == 0
        assert "building" not in ran.err
    assert min(seconds) < 1


@pytest.mark.engine
@pytest.mark.campaign
@pytest.mark.usefixtures("engine")
def test_a_changed_package_rebuilds_its_layer_only(make_repo: Make, command: Command) -> None:
    """The stacks' layers are the same to the id; what was built is the last image alone."""
    layers: list[list[str]] = []
    text = 'name = "p"\nstacks = ["go"]\n[image]\npackages = {packages}\n'
    repos = [
        make_repo({"devpod.toml": text.format(packages=packages)}, f"p{len(packages)}")
        for packages in ('["bc"]', '["bc", "tree"]')
    ]
    for repo in repos:
        ran = command("build", "--json", "-C", repo)
        assert ran.code == 0, ran.err
        assert ran.err.count("building ") <= (1 if layers else 3), ran.err
        ref = json.loads(ran.out)["image"]["ref"]
        layers.append(json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", ref)))
    bake = json.loads(command("build", "--print", "--json", "-C", repos[1]).out)["bake"]
    stacks_image = bake["target"]["workspace"]["args"]["PARENT"]
    shared = json.loads(docker("image", "inspect", "-f", "{{json .RootFS.Layers}}", stacks_image))
    assert layers[0][: len(shared)] == layers[1][: len(shared)] == shared
    assert layers[0][len(shared) :] != layers[1][len(shared) :]


@pytest.mark.engine
def test_ca_bundle_and_proxies_leave_nothing(built: Callable[..., str], tmp_path: Path) -> None:
    """They reach the build (npm needs the bundle here), and are nowhere afterwards."""
    canary = "canary-7f3a9"
    bundle = tmp_path / f"{canary}.pem"
    bundle.write_bytes(
        Path("/etc/ssl/certs/ca-certificates.crt").read_bytes() + f"# {canary}\n".encode()
    )
    ref = built(
        f'name = "a"\n[image]\npackages = ["tree"]\n[env]\nX = "{time.time_ns()}"\n',
        {"SSL_CERT_FILE": str(bundle), "NO_PROXY": f"{canary}.example"},
    )
    told = docker("history", "--no-trunc", ref) + docker("image", "inspect", ref)
    assert canary not in told
    assert inside(ref, f"grep -rIl {canary} / --exclude-dir=proc --exclude-dir=sys || true") == ""
    docker("rmi", ref)


@pytest.mark.engine
def test_the_entrypoint_says_what_is_wrong(built: Callable[..., str]) -> None:
    done = subprocess.run(
        [
            "docker",
            "run",
            "--rm",
            "--env",
            "DEVPOD_USER=nobody-here",
            built('name = "a"\n'),
            "true",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "devpod-entrypoint: error: the image has no user nobody-here: "
        "set DEVPOD_USER to one that it has\n"
    )


def test_a_tag_is_a_hash_of_all_that_goes_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("base", "go", "workspace"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(f"# {name}\n")
    monkeypatch.setattr("devpod_gen.resources.images", lambda: tmp_path)
    # Ours stay as they are while we run, and are hashed once.
    monkeypatch.setattr(image, "_content", inspect.unwrap(vars(image)["_content"]))

    def tags(args: tuple[tuple[str, str], ...] = ()) -> list[str]:
        return [layer.ref for layer in image.chain((image.Step("go", "go"),), args, {})]

    before = tags()
    assert tags() == before
    assert tags((("PACKAGES", "tree"),))[:2] == before[:2]
    assert tags((("PACKAGES", "tree"),))[2] != before[2]
    (tmp_path / "go" / "stack.toml").write_text("# says nothing about the image\n")
    assert tags() == before
    (tmp_path / "go" / "Dockerfile").write_text("# changed\n")
    changed = tags()
    assert changed[0] == before[0]
    assert changed[1] != before[1]
    assert changed[2] != before[2]


def test_recipes_and_builds_have_one_time() -> None:
    layer = (resources.images() / "base/rootfs/usr/local/lib/devpod/layer").read_text()
    assert f"\nepoch={image.EPOCH}\n" in layer


def test_a_new_stack_is_a_new_folder(tmp_path: Path) -> None:
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "stack.toml").write_text(
        'title = "Toy"\nmarkers = ["toy.json"]\n'
        '[tools.toy]\ncommand = "toy -v"\npattern = "(.*)"\nmise = "toy"\n'
        '[[probe]]\nrun = "toy"\n'
    )
    (toy,) = stacks.load_all(tmp_path)
    assert (toy.name, toy.markers, toy.tools[0].command) == ("toy", ("toy.json",), "toy -v")


@contextlib.contextmanager
def full_home(parent: str, workspace: Path, make: str, shell: str = "") -> Iterator[str]:
    """A container whose user becomes 4242, of an image with 20,000 things in the home."""
    fill = f"mkdir ~dev/many && cd ~dev/many && seq 20000 | xargs {make} && echo key >own"
    recipe = f"FROM {parent}\n{shell}\nRUN {fill} && chmod 0600 own && chown -R dev:dev ~dev\n"
    argv = ["docker", "build", "--quiet", "-"]
    done = subprocess.run(argv, input=recipe, capture_output=True, text=True, check=True)
    image = done.stdout.strip()
    os.chown(workspace, 4242, 4242)
    mount = f"--volume={workspace}:/workspaces/a"
    argv = ["run", "--detach", "--init", "--env=DEVPOD_WORKSPACE=/workspaces/a", mount, image]
    container = docker(*argv)
    try:
        yield container
    finally:
        docker("rm", "--force", container)
        docker("rmi", image)


HOMES = ("/home/dev", "/home/dev/.devcontainer")
NOT_GIVEN = "find /home/dev ! -uid 4242"
READY = """\
set -- $(cat /proc/1/stat)
until [ "$(cat /run/devpod/ready 2>/dev/null)" = "${22}" ]; do :; done
"""


@pytest.mark.engine
def test_who_comes_in_while_the_user_is_mapped(built: Callable[..., str], tmp_path: Path) -> None:
    """A client does, at once, and keeps its marks in the home. 20,000 folders make it long."""
    with full_home(built('name = "a"\n'), tmp_path, "mkdir") as container:
        # A client opens a shell once, and asks it for all its marks.
        late = "id -u; read go; mkdir -p ~/.devcontainer && echo 1 >~/.devcontainer/late"
        shell = ["docker", "exec", "--interactive", "-u", "dev", container, "sh", "-c", late]
        client = subprocess.Popen(shell, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            mark = "mkdir -p ~/.devcontainer && date >~/.devcontainer/$(date +%N) && id -u"
            uids = []
            while "4242" not in uids:
                uids.append(docker("exec", "-u", "dev", container, "sh", "-c", mark))
            assert "1000" in uids, "nobody came in early"
            docker("exec", container, "timeout", "20", "sh", "-c", READY)
            told = docker("exec", container, "stat", "-c", "%u %a", *HOMES)
            assert told == "4242 755\n4242 777"
            assert client.communicate("go\n", timeout=20)[0] == "1000\n", "it came in late"
            assert client.returncode == 0, "its mark could not be kept"
        finally:
            client.kill()
            client.wait()
        users = docker("exec", container, "grep", "/home/dev", "/etc/passwd")
        assert users == "dev:x:4242:4242::/home/dev:/bin/zsh"
        assert docker("exec", "-u", "dev", container, "sh", "-c", "echo ~") == "/home/dev"


@pytest.mark.engine
@pytest.mark.parametrize("layer", [True, False], ids=["by layer", "of another recipe"])
def test_a_full_home_is_given_beside_all_else(
    built: Callable[..., str], tmp_path: Path, layer: bool
) -> None:
    """An overlay copies what changes its owner: nobody waits for 20,000 files but hooks, and
    they only where the user could not write the files meanwhile."""
    shell = 'SHELL ["/bin/sh", "/usr/local/lib/devpod/layer"]' if layer else ""
    with full_home(built('name = "a"\n'), tmp_path, "touch", shell) as container:

        def inside(script: str, *options: str) -> str:
            return docker("exec", *options, container, "timeout", "60", "sh", "-c", script)

        inside(READY)
        left = inside(NOT_GIVEN).splitlines()
        docker("restart", "--time=0", container)  # in the middle
        inside(READY)
        write = "cd ~/many && cat own && rm 19998 && mkdir new && echo 1 >>19999"
        as_user = ["-u", "dev"] if layer else ["-u", "dev", f"--env=DEVPOD_HOOK_CREATE={write}"]
        assert inside(write if layer else "/usr/local/lib/devpod/hook create", *as_user) == "key"
        assert left, "all was given before it was ready: this proves nothing"
        assert "/home/dev/many/own" not in left
        assert all(re.fullmatch("/home/dev/many/[0-9]+", path) for path in left)
        assert inside(f"while [ -e /var/lib/devpod/giving ]; do :; done; {NOT_GIVEN}") == ""
        assert docker("logs", container) == ""


@pytest.mark.engine
def test_a_hook_waits_for_the_entrypoint_where_there_is_one(built: Callable[..., str]) -> None:
    """devcontainer-rs puts a command of its own in its place. Others start it in a shell."""
    image = built('name = "a"\n')
    late = "sleep 3; exec /usr/local/bin/devpod-entrypoint sleep infinity"
    seconds = []
    for command in ("sleep infinity", late):
        told = ["--env=DEVPOD_HOOK_CREATE=echo made", "--entrypoint=sh"]
        container = docker("run", "--detach", "--init", *told, image, "-c", f"{command}; :")
        try:
            begun = time.monotonic()
            hook = ["-u", "dev", container, "/usr/local/lib/devpod/hook", "create"]
            assert docker("exec", *hook) == "made"
            seconds.append(time.monotonic() - begun)
        finally:
            docker("rm", "--force", container)
    assert seconds[0] < 2 < seconds[1], seconds


@pytest.mark.engine
def test_a_prompt_shows_a_branch_as_it_is_called(built: Callable[..., str]) -> None:
    """Whoever made it may have called it anything."""
    branches = (
        "%F{red}x",
        "a%nb",
        "%(!.x.y)",
        "$(id)",
        "`id`",
        "${HOME}",
        "$((1+1))",
        "a%%b",
        "!!",
    )
    script = """
        git init --quiet /tmp/r && cd /tmp/r
        git -c user.name=a -c user.email=b commit --quiet --allow-empty --message=x
        for branch; do
            git checkout --quiet -b "$branch"
            zsh -ic 'devpod_before_prompt; print -rP -- "$PROMPT"' 2>/dev/null
            bash -ic 'devpod_prompt; printf "%s\\n" "${PS1@P}"' 2>/dev/null
        done"""
    run = ("run", "--rm", "--network=none", "--entrypoint", "sh", "-e", "TERM=xterm-256color")
    said = docker(*run, built('name = "a"\n'), "-euc", script, "sh", *branches)
    lines = re.sub(r"\x1b\[[0-9;]*m|[\x01\x02]", "", said).splitlines()
    assert len(lines) == 2 * len(branches)
    for at, branch in enumerate(branches):
        assert all(
            f" ~ {branch} " in re.sub(r" \S*/r ", " ~ ", line) for line in lines[2 * at :][:2]
        )
