"""Every case of tests/cases/, every file that it emits, byte for byte: real files in snapshots/."""

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from devpod_gen.emit.bundle import bundle, self_check
from devpod_gen.plan import image
from devpod_gen.plan.model import Plan
from devpod_gen.plan.resolve import resolve
from devpod_gen.profile import stacks
from devpod_gen.profile.load import load

CASES = Path(__file__).parent / "cases"
IDS = sorted(folder.name for folder in CASES.iterdir())


class _Text(SingleFileSnapshotExtension):
    """One real file a snapshot, in the artefact's own format."""

    _write_mode = WriteMode.TEXT


class _Json(_Text):
    file_extension = "json"


class _Yaml(_Text):
    file_extension = "yaml"


class _Page(_Text):
    file_extension = "html"


class _Names(_Text):
    file_extension = "txt"


@pytest.fixture(autouse=True)
def _recipes_are_not_the_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag is a hash of the recipes, too: test_image_plan has that. Without it, every edit
    of a Dockerfile would be an edit of every golden file."""
    monkeypatch.setattr(image, "_content", lambda folder: [(folder.name, "")])


def plan_of(case: str) -> Plan:
    """The plan of a case, whether its profile is devpod.toml or a named one."""
    path = next((CASES / case).rglob("*.toml"))
    variant = None if path.name == "devpod.toml" else path.stem
    file = path.relative_to(CASES / case).as_posix()
    profile = load(path, file=file)
    return resolve(profile, stacks.known(), folder_name=case, variant=variant)


def emitted(case: str, ending: str) -> str:
    """The one emitted file of a case whose path ends like that."""
    (text,) = [file.text for file in bundle(plan_of(case)) if file.path.endswith(ending)]
    return text


@pytest.mark.parametrize("case", IDS)
def test_devcontainer_json(case: str, snapshot: SnapshotAssertion) -> None:
    assert emitted(case, "/devcontainer.json") == snapshot(extension_class=_Json)


@pytest.mark.parametrize("case", IDS)
def test_compose_yaml(case: str, snapshot: SnapshotAssertion) -> None:
    assert emitted(case, "/compose.yaml") == snapshot(extension_class=_Yaml)


@pytest.mark.parametrize("case", IDS)
def test_links(case: str, snapshot: SnapshotAssertion) -> None:
    assert emitted(case, "/gateway/links.html") == snapshot(extension_class=_Page)


@pytest.mark.parametrize("case", IDS)
def test_paths(case: str, snapshot: SnapshotAssertion) -> None:
    """An extra or a lost file shows here."""
    names = "".join(f"{file.path}\n" for file in bundle(plan_of(case)))
    assert names == snapshot(extension_class=_Names)


@pytest.mark.parametrize("case", IDS)
def test_self_check_passes(case: str) -> None:
    self_check(bundle(plan_of(case)))


def test_stacks_in_another_order_share_the_image() -> None:
    def run_image(case: str) -> Any:
        return plan_of(case).image.layers[-2].ref

    assert run_image("go-node") == run_image("node-go")
