"""Every folder of profiles_bad/: exit 2, its exact message, nothing written, no traceback.

`DEVPOD_GEN_WRITE_MESSAGES=1` writes the messages anew: read the diff.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Ran, tree

BAD = Path(__file__).parent / "profiles_bad"
IDS = sorted(folder.name for folder in BAD.iterdir())


@pytest.mark.parametrize("case", IDS)
def test_message(case: str, cli: Callable[..., Ran], tmp_path: Path) -> None:
    repo = tmp_path / "repo"
    repo.mkdir()
    shutil.copy(BAD / case / "devpod.toml", repo)
    before = tree(repo)

    ran = cli("generate", "-C", repo)

    expected = BAD / case / "message.txt"
    if os.environ.get("DEVPOD_GEN_WRITE_MESSAGES"):
        expected.write_text(ran.err, encoding="utf-8")
    assert ran.err == expected.read_text(encoding="utf-8")
    assert ran.code == 2
    assert ran.out == ""
    assert tree(repo) == before
    assert len(ran.err.splitlines()) <= 15


def test_there_are_enough() -> None:
    assert len(IDS) >= 40
