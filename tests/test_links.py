"""The links of IDEs: each value is read back as the client does, by its own rules."""

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from devpod_gen import resources
from devpod_gen.emit.links import gateway_link, toolbox_link, why_no_gateway_link
from devpod_gen.plan.jetbrains import CODES, BakePlan
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse

SUM = "a" * 64


def plan_of(text: str) -> Plan:
    profile = parse(text.encode(), "devpod.toml")
    return resolve(profile, stacks.known(), folder_name="shop")


def baked(plan: Plan, product: str) -> Plan:
    return replace(plan, ide=replace(plan.ide, bake=BakePlan(product, SUM, path="x.tar.gz")))


def values(text: str) -> dict[str, str]:
    """Without a meaning for `+`: clients differ about that."""
    pairs = (pair.split("=") for pair in text.split("&"))
    return {key: unquote(value, errors="strict") for key, value in pairs}


def test_a_link_for_every_product_that_the_stacks_name() -> None:
    plan = plan_of('name = "shop"\nstacks = ["go", "node", "bun"]\n')
    assert plan.ide.products == ("GoLand", "WebStorm")
    assert plan.ide.backend == "GoLand"
    hints = [values(urlsplit(toolbox_link(plan, p)).query)["ideHint"] for p in plan.ide.products]
    assert hints == ["GO", "WS"]


def test_the_profiles_backend_comes_first() -> None:
    plan = plan_of('stacks = ["go"]\n[ide.jetbrains]\nbackend = "IntelliJ"\n')
    assert plan.ide.products == ("IntelliJ", "GoLand")


def test_without_a_product_there_is_the_general_one() -> None:
    plan = plan_of('name = "shop"\n')
    assert (plan.ide.backend, plan.ide.products) == (None, ("IntelliJ",))


def test_toolbox() -> None:
    plan = plan_of('name = "shop"\nworkspace = "/work/a+b@c"\nstacks = ["go"]\n')
    link = urlsplit(toolbox_link(plan, "GoLand"))
    assert (link.scheme, link.netloc, link.path) == ("jetbrains", "gateway", "/ssh/environment")
    assert values(link.query) == {
        "h": "shop.devpod-gen",
        "u": "dev",
        "p": "22",
        "launchIde": "true",
        "ideHint": "GO",
        "projectHint": "/work/a+b@c",
    }
    assert "projectHint=%2Fwork%2Fa%2Bb%40c" in link.query


def test_gateway_needs_a_backend_in_the_image() -> None:
    plan = plan_of('name = "shop"\nstacks = ["go", "node"]\n')
    assert gateway_link(plan, "GoLand") is None
    assert why_no_gateway_link(plan, "GoLand").startswith("no backend is in the image")
    plan = baked(plan, "GoLand")
    assert gateway_link(plan, "WebStorm") is None
    assert why_no_gateway_link(plan, "WebStorm").startswith("the image has GoLand only")


def test_gateway() -> None:
    """As Gateway's own validator has it: type, deploy, projectPath, idePath, the connection."""
    link = urlsplit(gateway_link(baked(plan_of('name = "shop"\n'), "IntelliJ"), "IntelliJ") or "")
    assert (link.scheme, link.netloc, link.path, link.query) == (
        "jetbrains-gateway",
        "connect",
        "",
        "",
    )
    assert values(link.fragment) == {
        "idePath": "/opt/jetbrains/IntelliJ",
        "projectPath": "/workspaces/shop",
        "host": "shop.devpod-gen",
        "port": "22",
        "user": "dev",
        "type": "ssh",
        "deploy": "false",
    }
    assert "/" not in link.fragment


@pytest.mark.parametrize("folder", ["/work/two words", "/work/ü&x=y#z"])
def test_nothing_in_a_folder_can_be_another_value(folder: str) -> None:
    """A profile cannot have such a folder; were it to, it would still be one value."""
    plan = baked(replace(plan_of('name = "shop"\n'), folder=folder), "IntelliJ")
    toolbox = urlsplit(toolbox_link(plan, "IntelliJ"))
    gateway = urlsplit(gateway_link(plan, "IntelliJ") or "")
    assert values(toolbox.query)["projectHint"] == folder
    assert values(gateway.fragment)["projectPath"] == folder
    assert "+" not in toolbox.query + gateway.fragment


def test_every_product_of_the_schema_has_a_code() -> None:
    ide = resources.schema("profile")["properties"]["ide"]["properties"]["jetbrains"]
    assert ide["properties"]["backend"]["enum"] == sorted(CODES)
