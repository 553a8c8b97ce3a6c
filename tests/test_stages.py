"""The stages of real starts, the history that they make, and starts measured again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conftest import Ran
from test_environment import happened, verified

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("nothing_left")]

Make = Callable[..., Path]
Command = Callable[..., Ran]

PROFILE = (
    'name = "stages"\n[hooks]\ncreate = "true"\n[[probe]]\nrun = "test ! -e slow || sleep 2"\n'
)


def up(command: Command, repo: Path) -> dict[str, Any]:
    ran = command("up", "--json", "-C", repo)
    assert ran.code == 0, ran.err
    report: dict[str, Any] = json.loads(ran.out) | {"err": ran.err}
    whole = sum(stage["seconds"] for stage in report["stages"]) + report["rest"]
    assert whole == pytest.approx(report["seconds_to_shell"], abs=0.01)
    return report


def test_up_says_what_happened_and_when_it_is_slower(workspace: Make, command: Command) -> None:
    repo = workspace({"devpod.toml": PROFILE})
    for report in [up(command, repo) for _ in range(5)]:
        assert "create" not in happened(report)
        assert report["history"] is None
        assert "slower" not in report["err"]
    (repo / "slow").touch()
    report = up(command, repo)
    assert happened(report)["probe"] > 2
    assert report["history"]["slower"] is True
    assert report["history"]["stage"] == "probe"
    assert "slower than before" in report["err"]
    assert "most of it is in probe" in report["err"]

    ran = command("status", "--history", "--json", "-C", repo)
    (found,) = json.loads(ran.out)["history"]
    kinds = {kind["kind"]: kind["runs"] for kind in found["kinds"]}
    assert {k: n for k, n in kinds.items() if k not in ("cold", "first")} == {"existing": 6}
    first = found["runs"][0]
    assert first["kind"] in ("cold", "first")  # the image may have to be built
    assert {"create", "start", "hooks", "probe"} <= set(first["stages"])


def test_starts_are_measured_again(make_repo: Make, command: Command) -> None:
    repo = make_repo({"devpod.toml": PROFILE})
    assert command("generate", "-C", repo).code == 0
    report = verified(command, repo, "--repeat", "2", "--budget", "1ms", code=1)
    cold, warm, existing = report["repeated"]
    assert [one["kind"] for one in (cold, warm, existing)] == ["cold", "warm", "existing"]
    for one in report["repeated"]:
        assert one["runs"] == len(one["seconds"]) == 2
        assert [one["p50"], one["p95"]] == sorted(one["seconds"])
    assert existing["p50"] < cold["p50"]
    (budget,) = [check for check in report["checks"] if check["id"] == "budget"]
    assert not budget["ok"]
    assert budget["detail"] == f"p95 of 2 cold starts is {cold['p95']:.2f} s, the budget is 0.001 s"
    (found,) = json.loads(command("status", "--history", "--json", "-C", repo).out)["history"]
    assert {kind["kind"]: kind["runs"] for kind in found["kinds"]}["warm"] == 2
