"""What the documents say that a program can check: keys, codes, commands, links, examples."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from devpod_gen import resources
from devpod_gen.cli.commands import COMMANDS
from devpod_gen.errors import EXIT_CODES
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]

# A path of this repo, where a document names one: from the top, and no pattern.
_PATH = re.compile(
    r"`((?:\.ci|docs|examples|images|requirements|scripts|src|templates|tests|tools)/[\w./-]+)`"
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


def marked(name: str) -> str:
    """The README's text between the two markers of that name."""
    match = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, re.DOTALL)
    assert match, f"the README has no markers {name}"
    return match[1]


def anchors(page: Path) -> set[str]:
    """The names that headings of a page have as targets of links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def refused(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The keys that say of themselves that they are not supported, at any depth."""
    for key, value in schema.get("properties", {}).items():
        if "x-unsupported" in value:
            yield path + key
        else:
            for holder in (value, *value.get("anyOf", ())):
                yield from refused(holder, f"{path}{key}.")


def test_profile_page_is_what_the_schema_says() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/docs-profile")], capture_output=True, check=True
    )
    page = (ROOT / "docs/profile.md").read_text(encoding="utf-8")
    assert page == done.stdout.decode(), "run: scripts/docs-profile > docs/profile.md"


def test_every_key_of_the_top_level_is_on_the_profile_page() -> None:
    assert anchors(ROOT / "docs/profile.md") >= set(resources.schema("profile")["properties"])


def test_exit_codes() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", marked("exit-codes"), re.MULTILINE)
    assert tuple((int(code), meaning) for code, meaning in rows) == EXIT_CODES


def test_every_command_is_in_the_readme_and_no_other() -> None:
    assert set(COMMANDS) == set(re.findall(r"^\| `devpod-gen ([a-z-]+)", README, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    missing = [path for path in _PATH.findall(text) if not (ROOT / path).exists()]
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            missing.append(link)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", page.read_text(encoding="utf-8"))) <= targets


def test_the_profile_in_the_readme_is_valid() -> None:
    match = re.search(r"<!-- profile-example -->\n```toml\n(.*?)```", README, re.DOTALL)
    assert match
    plan = resolve(parse(match[1].encode(), "README.md"), stacks.known(), folder_name="shop")
    assert plan.name == "shop"


def test_what_is_not_supported() -> None:
    schema = resources.schema("profile")
    top = {key for key, value in schema["properties"].items() if "x-unsupported" in value}
    assert set(re.findall(r"`([a-z.]+)`", marked("not-supported"))) == top


def test_what_is_not_supported_below_the_top_level() -> None:
    after = README.split("<!-- /not-supported -->", 1)[1].split("\n\n", 1)[0]
    nested = {key for key in refused(resources.schema("profile")) if "." in key}
    named = set(re.findall(r"`([a-z.]+)`", after))
    assert named == {key.removeprefix("workspace.") for key in nested}


EVERY = (
    *("init", "generate", "build", "lock", "bundle", "verify", "up", "shell", "exec", "logs"),
    *("open", "open vscode", "open toolbox", "open gateway", "open ssh", "down", "status", "trust"),
    *("ssh-config install", "ssh-config show", "ssh-config uninstall", "gc", "schema"),
    *("secrets push", "secrets list", "secrets audit"),
)
WITHOUT = {
    "--directory": {"gc", "schema", "ssh-config show", "ssh-config uninstall"},
    "--profile": {"gc", "schema", "ssh-config show", "ssh-config uninstall", "status"},
    "--debug": {"schema"},
    "--verbose": {"shell", "exec", "logs", "schema"} | {one for one in EVERY if "open" in one},
    "--json": {"shell", "exec", "logs", "schema", "open ssh"},
}
"""The commands that do not take an option which the README says that all others do."""


def test_every_option_is_where_the_readme_has_it(cli: Callable[..., Ran]) -> None:
    """And each of the others is told of in a document."""
    documents = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert {name.partition(" ")[0] for name in EVERY} == set(COMMANDS)
    lacking: dict[str, set[str]] = {option: set() for option in WITHOUT}
    for name in EVERY:
        told = re.findall(r"^ +(-\w, )?(--[a-z-]+)", cli(*name.split(), "--help").out, re.MULTILINE)
        options = {long for _, long in told}
        for option in WITHOUT:
            lacking[option] |= set() if option in options else {name}
        for short, long in told:
            known = long in documents or (short and f"`{short[:2]}" in documents)
            assert long in (*WITHOUT, "--help", "--ask") or known, (name, long)
    assert lacking == WITHOUT
