"""The campaign: every stack's image, built and verified for real (`make test-all`).

A stack whose toolchain comes from nowhere but mise's downloads is not run where those are
out of reach: it is named with the reason, as in docs/stacks.md.
"""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran, docker
from devpod_gen.profile import stacks
from devpod_gen.profile.version import satisfies

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.engine,
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.timeout(3600),  # universal builds fourteen stacks, where nothing is cached
]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROVEN = [stack.name for stack in stacks.known() if all(tool.distribution for tool in stack.tools)]
SIZES = tomllib.loads((Path(__file__).parent / "data/image_sizes.toml").read_text())
NOT_PROVEN = sorted({stack.name for stack in stacks.known()} - set(PROVEN))


def verify(command: Command, repo: Path) -> dict[str, dict[str, str]]:
    """The checks that were run, by door and id; all of them passed."""
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--json", "-C", repo)
    assert ran.code == 0, f"{ran.err}\n{ran.out}"
    return {f"{check['door']}:{check['id']}": check for check in json.loads(ran.out)["checks"]}


def layer_sizes(command: Command, repo: Path) -> dict[str, float]:
    """MB that each image of the chain has more than the one that it is on."""
    ran = command("build", "--print", "--json", "-C", repo)
    bake = json.loads(ran.out)["bake"]
    targets = {name: bake["target"][name] for name in bake["group"]["default"]["targets"]}
    size = {
        target["tags"][0]: int(docker("image", "inspect", "-f", "{{.Size}}", target["tags"][0]))
        for target in targets.values()
    }
    return {
        name: (size[target["tags"][0]] - size.get(target["args"]["PARENT"], 0)) / 1e6
        for name, target in targets.items()
    }


@pytest.mark.parametrize("name", PROVEN)
def test_each_stack(name: str, make_repo: Make, command: Command) -> None:
    (stack,) = [stack for stack in stacks.known() if stack.name == name]
    repo = make_repo({"devpod.toml": f'name = "{name}"\nstacks = ["{name}"]\n'})
    checks = verify(command, repo)
    sizes = layer_sizes(command, repo)
    assert {part: size for part, size in sizes.items() if size > SIZES[part]} == {}
    for tool in stack.tools:
        # What stack.toml says that there is, is what there is: pins are decided by it.
        assert satisfies(checks[f"compose:tool:{tool.name}"]["detail"], str(tool.distribution))


# At least three versions of Node.js, of Bun and of Go, and two of Python: what Debian's
# suites and npm have. Each set is one image, so that the matrix costs three.
PINS = [
    {"go": "1.24", "node": "22", "python": "3.11", "bun": "1.2"},
    {"go": "1.25", "node": "24", "python": "3.13", "bun": "^1.3 <1.4"},
    {"go": ">=1.26", "node": "26.10.0", "python": "3", "bun": "1.4.5"},
]

# A pinned Node.js has npm and its headers, a pinned Python its venv and pip.
WHOLE = """
[[probe]]
run = '''npm --version && grep -q "NODE_MAJOR_VERSION 22" /usr/local/include/node/node_version.h'''
[[probe]]
run = '''python -m venv /tmp/v && /tmp/v/bin/python -c "import distutils.core, ssl, sqlite3"'''
[[probe]]
run = "pip --version"
expect = "(python 3.11)"
"""


def pinned(pins: dict[str, str]) -> str:
    table = "".join(f'{tool} = "{pin}"\n' for tool, pin in pins.items())
    return f'name = "p"\nstacks = {list(pins)}\n[tools]\n{table}'


@pytest.mark.parametrize("pins", PINS, ids=lambda pins: "-".join(pins.values()))
def test_pins_are_kept_through_every_door(
    pins: dict[str, str], make_repo: Make, command: Command
) -> None:
    whole = WHOLE if pins == PINS[0] else ""
    checks = verify(command, make_repo({"devpod.toml": pinned(pins) + whole}))
    for tool, pin in pins.items():
        for door in ("compose", "ssh", "devcontainer"):
            said = checks[f"{door}:tool:{tool}"]["detail"]
            assert said.endswith(f", pinned {pin}"), said
            assert satisfies(said.split(",")[0], pin), said


def test_each_has_a_probe_for_a_ready_shell() -> None:
    """Nothing counts as ready of which no probe has said so; what compiles is for `verify`."""
    for stack in stacks.known():
        if not stack.includes:
            assert not stack.probes[0].thorough, stack.name
        compiling = [probe for probe in stack.probes if "mktemp" in probe.run]
        assert all(probe.thorough for probe in compiling), stack.name


def test_enough_are_proven() -> None:
    assert len(PROVEN) >= 12
    print(f"not proven here, their toolchains come from mise's downloads: {NOT_PROVEN}")  # noqa: T201
