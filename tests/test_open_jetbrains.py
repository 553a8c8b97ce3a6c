"""`open toolbox` and `open gateway`: which links there are, and what is said where none is."""

import json
from collections.abc import Callable
from pathlib import Path

from conftest import Ran

Make = Callable[..., Path]
Cli = Callable[..., Ran]

TWO = {"devpod.toml": 'name = "shop"\nstacks = ["go", "node"]\n'}
BAKED = {
    "devpod.toml": (
        'name = "shop"\nstacks = ["go", "node"]\n[ide.jetbrains]\n'
        f'bake = {{ path = "ide.tgz", sha256 = "{"a" * 64}" }}\n'
    )
}


def links(cli: Cli, *words: object) -> list[dict[str, str]]:
    ran = cli("open", *words, "--print", "--json")
    assert ran.code == 0, ran.err
    found: list[dict[str, str]] = json.loads(ran.out)["links"]
    return found


def test_toolbox_has_a_link_for_each_product(make_repo: Make, cli: Cli) -> None:
    repo = make_repo(TWO)
    found = links(cli, "toolbox", "-C", repo)
    assert [one["product"] for one in found] == ["GoLand", "WebStorm"]
    for one, code in zip(found, ("GO", "WS"), strict=True):
        assert f"&ideHint={code}&" in one["link"]
    ran = cli("open", "toolbox", "--ide", "WebStorm", "--print", "-C", repo)
    assert ran.out.strip() == found[1]["link"]


def test_a_product_that_the_profile_does_not_name(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "toolbox", "--ide", "Rider", "-C", make_repo(TWO))
    assert ran.code == 2
    assert "GoLand, WebStorm" in ran.err


def test_gateway_has_a_link_for_what_is_in_the_image(make_repo: Make, cli: Cli) -> None:
    (one,) = links(cli, "gateway", "-C", make_repo(BAKED))
    assert one["product"] == "GoLand"
    assert one["link"].startswith("jetbrains-gateway://connect#idePath=%2Fopt%2Fjetbrains%2FGoLand")
    ran = cli("open", "gateway", "--ide", "WebStorm", "--print", "-C", make_repo(BAKED))
    assert (ran.code, "the image has GoLand only" in ran.err) == (7, True)


def test_without_a_backend_in_the_image_gateway_has_none(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "gateway", "--print", "--json", "-C", make_repo(TWO))
    assert ran.code == 7
    error = json.loads(ran.out)["error"]
    assert "no backend is in the image" in error["message"]
    assert "open toolbox" in error["fix"]


def test_all_are_listed(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "--json", "-C", make_repo(BAKED))
    words = [door["door"] for door in json.loads(ran.out)["doors"]]
    assert words == ["vscode", "vscode --ssh", "toolbox", "toolbox --ide WebStorm", "gateway"]


def test_a_link_to_nowhere_is_not_opened(make_repo: Make, cli: Cli) -> None:
    ran = cli("open", "toolbox", "--json", "-C", make_repo(TWO))
    assert (ran.code, json.loads(ran.out)["error"]["fix"]) == (7, "run `devpod-gen up`")
