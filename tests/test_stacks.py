"""The campaign: every stack's image, built and verified for real (`make test-all`).

A stack whose toolchain comes from nowhere but mise's downloads is not run where those are
out of reach: it is named with the reason, as in docs/stacks.md.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran
from devpod_gen.profile import stacks
from devpod_gen.profile.version import satisfies

pytestmark = [pytest.mark.campaign, pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROVEN = [stack.name for stack in stacks.known() if all(tool.distribution for tool in stack.tools)]
NOT_PROVEN = sorted({stack.name for stack in stacks.known()} - set(PROVEN))


def verify(command: Command, repo: Path) -> dict[str, dict[str, str]]:
    """The checks that were run, by door and id; all of them passed."""
    assert command("generate", "-C", repo).code == 0
    ran = command("verify", "--json", "-C", repo)
    assert ran.code == 0, f"{ran.err}\n{ran.out}"
    return {f"{check['door']}:{check['id']}": check for check in json.loads(ran.out)["checks"]}


@pytest.mark.parametrize("name", PROVEN)
def test_each_stack(name: str, make_repo: Make, command: Command) -> None:
    (stack,) = [stack for stack in stacks.known() if stack.name == name]
    checks = verify(command, make_repo({"devpod.toml": f'name = "{name}"\nstacks = ["{name}"]\n'}))
    for tool in stack.tools:
        # What stack.toml says that there is, is what there is: pins are decided by it.
        assert satisfies(checks[f"compose:tool:{tool.name}"]["detail"], str(tool.distribution))


def test_several_at_once(make_repo: Make, command: Command) -> None:
    verify(
        command,
        make_repo({"devpod.toml": 'name = "all"\nstacks = ["rust", "go", "node", "python"]\n'}),
    )


def test_enough_are_proven() -> None:
    assert len(PROVEN) >= 12
    print(f"not proven here, their toolchains come from mise's downloads: {NOT_PROVEN}")  # noqa: T201
