"""A repo's own stacks: read like ours, and held against rules, since a stranger wrote them."""

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran, docker
from devpod_gen.cli import options
from devpod_gen.errors import FilesDiffer
from devpod_gen.plan.model import Layer
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import contents, own, stacks
from devpod_gen.profile.load import parse
from devpod_gen.workspace.copies import as_trusted
from test_trust import FILES, STACK, asked

Cli = Callable[..., Ran]
Make = Callable[..., Path]

TOY = ".devpod/stacks/toy"


def refused(cli: Cli, repo: Path) -> list[dict[str, Any]]:
    """What `generate` finds wrong; it writes nothing."""
    ran = cli("generate", "--json", "-C", repo)
    assert ran.code == 2, ran.out
    assert not (repo / ".devcontainer").exists()
    findings: list[dict[str, Any]] = json.loads(ran.out)["error"]["findings"]
    return findings


def with_stack(text: str, **files: str) -> dict[str, str]:
    return FILES | {f"{TOY}/stack.toml": text} | files


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("title = ", "", "is not TOML"),
        ('title = "T"', "", '"markers" is missing'),
        (STACK + "colour = 1\n", "::probe[0].colour", 'unknown key "colour"'),
        (STACK.replace('"toy"', '"toy; rm -rf /"'), "::tools.toy.mise", "a name that mise knows"),
        (STACK.replace("([0-9.]+)", "(["), "::tools.toy.pattern", "is no regular expression"),
        (STACK.replace("([0-9.]+)", "[0-9.]+"), "::tools.toy.pattern", "must have one group"),
        (STACK.replace("Toy", "T\\u001b[2J"), "::title", "control character U+001B"),
        (STACK + '[caches]\nx = ["/a:/b"]\n', "::caches.x[0]", "must be an absolute path"),
        (STACK + '[env]\nPATH = "/x"\n', "::env", "a name here must be"),
        (STACK + '[vscode]\nextensions = ["-x"]\n', "::vscode.extensions[0]", "publisher.name"),
        (STACK + '[jetbrains]\nbackend = "Emacs"\n', "::jetbrains.backend", "must be one of"),
        ('title = "T"\nincludes = ["golang"]\n', "::includes[0]", 'has no stack "golang"'),
        (STACK + "# " + "x" * own.LARGEST, "", "is larger than 64 KiB"),
        (STACK + "x = " + "[" * 9000 + "]" * 9000, ":11", "nested too deep"),
    ],
)
def test_what_is_wrong_has_a_place(
    text: str, place: str, message: str, make_repo: Make, cli: Cli
) -> None:
    findings = refused(cli, make_repo(with_stack(text)))
    assert findings[0]["where"] == f"{TOY}/stack.toml{place}"
    assert message in findings[0]["message"]


def test_a_built_in_name_is_taken(make_repo: Make, cli: Cli) -> None:
    (finding,) = refused(cli, make_repo({"devpod.toml": "", ".devpod/stacks/go/stack.toml": STACK}))
    assert finding["where"] == ".devpod/stacks/go"
    assert "(images/go)" in finding["message"]


@pytest.mark.parametrize("name", ["Toy", "a_b", "x" * 33])
def test_names(name: str, make_repo: Make, cli: Cli) -> None:
    (finding,) = refused(
        cli, make_repo({"devpod.toml": "", f".devpod/stacks/{name}/stack.toml": STACK})
    )
    assert "must be named by" in finding["message"]


def test_links_stay_inside(make_repo: Make, cli: Cli, tmp_path: Path) -> None:
    repo = make_repo(FILES)
    (repo / TOY / "same").symlink_to("Dockerfile")
    assert cli("generate", "-C", repo).code == 0
    for target in ("/etc/passwd", "../../../devpod.toml", "/"):
        link = repo / TOY / "out"
        link.symlink_to(target)
        ran = cli("generate", "-C", repo)
        assert ran.code == 2
        assert f"{TOY}/out: is a link that leads out" in ran.err
        link.unlink()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/stack.toml").write_text(STACK)
    (repo / ".devpod/stacks/linked").symlink_to(tmp_path / "elsewhere")
    assert "linked: is a link" in cli("generate", "-C", repo).err


def test_the_whole_folder_must_not_be_a_link(make_repo: Make, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "elsewhere/toy").mkdir(parents=True)
    repo = make_repo({"devpod.toml": ""})
    (repo / ".devpod").mkdir()
    (repo / ".devpod/stacks").symlink_to(tmp_path / "elsewhere")
    (finding,) = refused(cli, repo)
    assert finding == {
        "where": ".devpod/stacks",
        "message": "is a link: a stack's folder must be in the repo",
    }


@pytest.mark.parametrize("name", ["stack.toml", "pipe"])
def test_a_pipe_is_not_read(name: str, make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": ""})
    (repo / TOY).mkdir(parents=True)
    os.mkfifo(repo / TOY / name)
    assert "is neither a file nor a folder" in refused(cli, repo)[0]["message"]


@pytest.mark.parametrize("much", ["stacks", "together"])
def test_too_much_together(much: str, make_repo: Make, cli: Cli) -> None:
    """What one folder may have, all have together: reading many takes no longer."""
    repo = make_repo(FILES)
    for number in range(own.MOST if much == "stacks" else 3):
        folder = repo / own.PLACE / f"s{number}"
        shutil.copytree(repo / TOY, folder)
        if much == "together":
            with (folder / "blob").open("wb") as stream:
                stream.truncate(contents.LARGEST // 2)
    told = "holds more than 24 stacks" if much == "stacks" else "500 entries and 16 MiB"
    assert told in refused(cli, repo)[0]["message"]


@pytest.mark.parametrize("much", ["large", "many", "folders"])
def test_too_much(much: str, make_repo: Make, cli: Cli) -> None:
    repo = make_repo(FILES)
    if much == "large":
        with (repo / TOY / "blob").open("wb") as stream:
            stream.truncate(contents.LARGEST)
    else:
        for number in range(contents.MOST):
            path = repo / TOY / f"f{number}"
            path.mkdir() if much == "folders" else path.touch()
    assert refused(cli, repo)[0]["message"] == "holds more than 500 entries and 16 MiB"


@pytest.mark.parametrize("pattern", [r"^(a+)+$", r"(.*)*x", r"(a|a)*b$"])
def test_a_pattern_cannot_hang_init(pattern: str, make_repo: Make, cli: Cli) -> None:
    marker = f"markers = [{{ file = 'toy.json', when = [{{ contains = '{pattern}' }}] }}]"
    text = STACK.replace('markers = ["toy.json"]', marker)
    files = with_stack(text, **{"toy.json": "a" * 60 + "!"})
    del files["devpod.toml"]
    begun = time.monotonic()
    ran = cli("init", "-C", make_repo(files))
    assert time.monotonic() - begun < 10
    assert ran.code == 2
    assert "took over 2 s" in ran.err


def test_the_tag_knows_every_file_and_no_place(make_repo: Make, cli: Cli) -> None:
    def image(repo: Path) -> str:
        assert cli("generate", "-C", repo).code == 0
        text = (repo / ".devcontainer/compose.yaml").read_text()
        (line,) = [line for line in text.splitlines() if " image:" in line]
        return line

    one, two = make_repo(FILES, "one"), make_repo(FILES, "two")
    assert image(one) == image(two)
    assert str(one) not in (one / ".devcontainer/compose.yaml").read_text()
    (two / TOY / "extra").write_text("x")
    assert image(one) != image(two)


def test_it_may_include_ours(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(with_stack('title = "Shop"\nincludes = ["go", "node"]\n'))
    assert cli("generate", "-C", repo).code == 0
    text = (repo / ".devcontainer/devcontainer.json").read_text()
    assert "golang.go" in text


def test_without_a_dockerfile_it_is_its_packages(make_repo: Make) -> None:
    text = 'packages = ["tree"]\n' + STACK
    repo = make_repo({".devpod/stacks/toy/stack.toml": text})
    known = (*stacks.known(), *own.own_stacks(repo, stacks.known()))
    profile = parse(b'stacks = ["go", "toy"]', "devpod.toml")
    _, _, toy, _ = resolve(profile, known, folder_name="shop").image.layers
    assert (toy.target, toy.folder, dict(toy.args)["PACKAGES"]) == ("toy", "workspace", "tree")


def test_it_is_no_stack_of_another_repo(make_repo: Make, cli: Cli) -> None:
    repo = make_repo({"devpod.toml": 'stacks = ["toy"]\n'})
    assert 'unknown stack "toy"' in cli("generate", "-C", repo).err
    assert "toy" not in {stack.name for stack in stacks.known()}


@pytest.mark.engine
@pytest.mark.usefixtures("nothing_left")
def test_detected_trusted_built_and_verified(make_repo: Make, command: Cli) -> None:
    """A stack of the repo's own goes all the way: nothing of it is in Python."""
    toy = STACK.replace('["toy.json"]', "['toy.json']") + (
        'expect = "as told"\n[env]\nTOY = "as told"\n'
        '[[version]]\ntool = "toy"\nkind = "pin"\nfile = "toy.json"\n'
        'pattern = \'"version": "([0-9.]{1,20})"\'\n'
    )
    toy = toy.replace(
        'distribution = "1.0"', 'distribution = "1.0"\nargs = { TOY_VERSION = "1.0" }'
    )
    toy = toy.replace(
        "[[probe]]",
        '[[tools.toy.also]]\nversion = "2.5"\nargs = { TOY_VERSION = "2.5" }\n[[probe]]',
    )
    recipe = (
        "ARG PARENT\nFROM ${PARENT}\nARG TOY_VERSION\n"
        "RUN printf '#!/bin/sh\\necho toy %s $TOY\\n' \"$TOY_VERSION\" >/usr/local/bin/toy"
        " && chmod 0755 /usr/local/bin/toy\n"
    )
    repo = make_repo(
        {
            f"{TOY}/stack.toml": toy,
            f"{TOY}/Dockerfile": recipe,
            "toy.json": '{ "version": "2.5" }',
        }
    )
    ran = command("init", "--json", "-C", repo)
    assert json.loads(ran.out)["versions"]["toy"]["source"] == "toy.json"
    assert command("verify", "-C", repo).code == 3
    assert command("trust", "-C", repo, "--yes", asked(command, repo)).code == 0
    ran = command("verify", "--json", "-C", repo)
    assert ran.code == 0, ran.err + ran.out
    report = json.loads(ran.out)
    tools = {c["door"]: c["detail"] for c in report["checks"] if c["id"] == "tool:toy"}
    assert tools == dict.fromkeys(("compose", "ssh", "devcontainer"), "2.5, pinned 2.5")
    docker("image", "rm", report["image"]["ref"])


def planned(repo: Path) -> tuple[Layer, ...]:
    return options.plan_of(options.repo_at(repo, None)).image.layers


def test_what_is_built_is_a_copy_of_what_was_trusted(make_repo: Make) -> None:
    repo = make_repo(FILES | {f"{TOY}/bin/tool": "#!/bin/sh\n"})
    (repo / TOY / "bin/tool").chmod(0o755)
    (repo / TOY / "same").symlink_to("Dockerfile")
    layers = planned(repo)
    with as_trusted(layers) as copied:
        own = Path(next(layer.folder for layer in copied if layer.digest))
        assert own.stat().st_mode & 0o022 == 0
        assert not own.is_relative_to(repo)
        (repo / TOY / "Dockerfile").write_text("RUN evil\n")  # too late
        assert (own / "same").read_text() == FILES[f"{TOY}/Dockerfile"]
        assert (own / "bin/tool").stat().st_mode & 0o777 == 0o755
        assert [layer.ref for layer in copied] == [layer.ref for layer in layers]
    assert not own.exists()


@pytest.mark.parametrize("change", ["Dockerfile", "stack.toml", "new", "gone"])
def test_what_was_changed_since_is_not_built(change: str, make_repo: Make) -> None:
    repo = make_repo(FILES | {f"{TOY}/gone": "x"})
    layers = planned(repo)
    if change == "gone":
        (repo / TOY / "gone").unlink()
    else:
        (repo / TOY / change).write_text("RUN evil\n")
    with pytest.raises(FilesDiffer, match="was changed since"), as_trusted(layers):
        pytest.fail("it was copied")
