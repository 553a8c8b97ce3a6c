"""Which version of a tool a workspace gets, and what brings it."""

import pytest

from devpod_gen.plan.image import joined
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.plan.tools import chosen
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse
from devpod_gen.profile.tool import Tool, tool

BUILT_IN = {stack.name: stack for stack in stacks.known()}


def plan(text: str) -> Plan:
    return resolve(parse(text.encode(), "devpod.toml"), stacks.known(), folder_name="shop")


def some_tool(default: str | None, *others: str) -> Tool:
    entry = {"command": "x", "pattern": "(.*)", "mise": "x"}
    also = [{"version": version} for version in others]
    return tool("x", entry | ({"distribution": default} if default else {}) | {"also": also})


@pytest.mark.parametrize(
    ("pin", "expected"),
    [
        (None, "20.19.2"),
        (">=18", "20.19.2"),  # the default fits: its image is everybody's
        ("22", "22.9.0"),  # the newest that fits, by number and not by text
        (">=22", "24.1.0"),
        ("^22 || ^24", "24.1.0"),
        ("22.2.0", "22.2.0"),
        ("99", None),
    ],
)
def test_the_default_where_it_fits_else_the_newest(pin: str | None, expected: str | None) -> None:
    found = chosen(some_tool("20.19.2", "22.2.0", "24.1.0", "22.9.0"), pin)
    assert (found.version if found else None) == expected


def test_without_any_it_is_mises() -> None:
    assert chosen(some_tool(None), None) is None


def args_of(text: str, stack: str) -> dict[str, str]:
    (layer,) = [layer for layer in plan(text).image.layers if layer.target == stack]
    return dict(layer.args)


def test_a_pin_changes_what_its_own_layer_is_built_with() -> None:
    plain = args_of('stacks = ["node"]', "node")
    assert plain["PACKAGES"] == "nodejs"
    assert "NODE_VERSION" not in plain
    pinned = args_of('stacks = ["node"]\n[tools]\nnode = "24"', "node")
    assert pinned["NODE_VERSION"].startswith("24.")
    assert "nodejs" not in pinned["PACKAGES"]
    assert args_of('stacks = ["node"]\n[tools]\nnode = "20"', "node") == plain
    # What mise brings changes the workspace's layer only: the stack's stays everybody's.
    assert args_of('stacks = ["node"]\n[tools]\nnode = "19"', "node") == plain


def test_a_suite_of_debian_comes_along() -> None:
    args = args_of('stacks = ["go"]\n[tools]\ngo = "1.26"', "go")
    assert (args["PACKAGES"], args["SUITES"]) == ("golang-1.26-go", "trixie-backports")


def test_a_pin_that_goes_to_mise_knows_what_there_is_without() -> None:
    choices = dict(plan('stacks = ["go"]\n[tools]\ngo = "99.1"').image.choices)
    assert choices["go@99.1"][0] == BUILT_IN["go"].tools[0].distribution
    assert len(choices["go@99.1"]) >= 3


def test_tools_that_stacks_share_have_the_same_versions() -> None:
    """Each stack's layer is built for the pin by itself: they must come to the same."""
    first: dict[str, Tool] = {}
    for stack in stacks.known():
        for one in stack.tools:
            known = first.setdefault(one.name, one)
            assert [v.version for v in one.versions] == [v.version for v in known.versions]


def test_every_version_is_there_for_both_machine_types() -> None:
    for stack in stacks.known():
        for one in stack.tools:
            for version in one.versions:
                names = dict(version.args)
                for name in [name for name in names if name.endswith("_X64")]:
                    assert names[name.replace("_X64", "_ARM64")] != names[name]


def test_universal_is_others() -> None:
    universal = plan('stacks = ["universal"]')
    assert {layer.target for layer in universal.image.layers} == {
        "base",
        "workspace",
        *BUILT_IN["universal"].includes,
    }
    assert {"go", "node", "python", "rust", "java"} <= {tool.name for tool in universal.tools}
    assert "golang.go" in universal.ide.extensions
    assert universal.ide.backend == "IntelliJ"
    assert universal.image.ref.startswith("localhost/devpod-gen/universal:")
    assert max(len(layer.ref) for layer in universal.image.layers) < 60


def test_universal_beside_others() -> None:
    """The first of the profile is the main one; nothing is there twice."""
    both = plan('stacks = ["go", "universal", "swift"]')
    names = [layer.target for layer in both.image.layers]
    assert len(names) == len(set(names))
    assert {"swift", "go", "zig"} <= set(names)
    assert both.ide.backend == "GoLand"
    assert both.image.ref.startswith("localhost/devpod-gen/go-swift-universal:")


def test_universal_starts_with_the_single_stacks_images() -> None:
    alone = plan('stacks = ["bun"]').image.layers
    assert plan('stacks = ["universal"]').image.layers[:2] == alone[:2]


def test_names_of_images_are_short() -> None:
    assert joined(["go", "node"]) == "go-node"
    assert joined(sorted(BUILT_IN)) == f"bun-to-zig-{len(BUILT_IN)}"


def test_variables_of_stacks_are_seen_and_the_profiles_win() -> None:
    text = 'stacks = ["deno"]\n'
    assert ("DENO_NO_UPDATE_CHECK", "1") in plan(text).env
    assert ("DENO_NO_UPDATE_CHECK", "0") in plan(text + '[env]\nDENO_NO_UPDATE_CHECK = "0"').env
    assert plan(text + '[image]\nref = "a/b:c"').env == ()
