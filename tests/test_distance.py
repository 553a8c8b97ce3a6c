"""What an engine on another machine cannot have of this one is refused by name."""

import os
from pathlib import Path
from unittest.mock import create_autospec

import pytest

from devpod_gen.engine.api import Engine
from devpod_gen.errors import HostError
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.workspace.clock import Clock
from devpod_gen.workspace.context import Context
from devpod_gen.workspace.distance import require_near
from devpod_gen.workspace.identity import identify

CLONE = 'workspace = { mode = "volume", clone = "https://example.com/shop" }\n'
CASES = [
    (CLONE, None),
    (CLONE + '[ssh]\nport = "auto"\n', "the port of [ssh], on its loopback"),
    (CLONE + "[ssh]\nport = 2299\n", "the port of [ssh], on its loopback"),
    ("[ssh]\nport = 2299\n", "cannot mount"),
]


@pytest.mark.parametrize("machine", [None, "build.example.com"])
@pytest.mark.parametrize(("profile", "said"), CASES)
def test_refused(machine: str | None, profile: str, said: str | None, tmp_path: Path) -> None:
    engine = create_autospec(Engine, instance=True)
    engine.other_machine.return_value = machine
    engine.address.return_value = "ssh://build.example.com"
    plan = resolve(parse(profile.encode(), "devpod.toml"), stacks.known(), folder_name="shop")
    identity = identify(tmp_path, "shop", ".devcontainer")
    context = Context(engine, plan, identity, Clock(), print)
    if not (machine and said):
        require_near(context)
        return
    with pytest.raises(HostError) as caught:
        require_near(context)
    assert said in caught.value.message
    assert machine in caught.value.message


def test_a_folder_that_is_no_text(tmp_path: Path) -> None:
    """JSON, which engines take, has no way to say it: another folder would be mounted."""
    engine = create_autospec(Engine, instance=True)
    engine.other_machine.return_value = None
    plan = resolve(parse(b'name = "shop"\n', "devpod.toml"), stacks.known(), folder_name="shop")
    folder = tmp_path / os.fsdecode(b"a\xffb")
    identity = identify(folder, "shop", ".devcontainer")
    with pytest.raises(HostError, match="not UTF-8"):
        require_near(Context(engine, plan, identity, Clock(), print))
