"""What was measured, as tables: seconds, ratios of what was measured in the same round, and how
they stand to what is promised."""

from dataclasses import dataclass
from statistics import median

from bench import spent
from bench.measure import FLOOR, KINDS, Taken
from bench.owner import OWNERS, Owners

TITLES = {
    "up": "no workspace, image present",
    "again": "running already",
    "restart": "stopped",
    "exec": "`exec true`",
    "shell": "prompt of a shell",
    "down": "removed",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """At most `most` times what a peer takes, or `most` seconds more."""

    kind: str
    peer: str
    most: float
    more: bool = False
    against: str | None = None
    """The peer's kind, where it is another one."""


PROMISES = (
    Promise("up", "compose", 1.2),
    Promise("up", "devcontainer-rs", 0.8),
    Promise("up", "@devcontainers/cli", 0.3),
    Promise("again", "engine", 0.25, more=True, against="exec"),
    Promise("restart", "engine", 1.25),
    Promise("restart", "compose", 1.25),
    Promise("exec", "engine", 0.15, more=True),
    Promise("shell", "engine", 0.15, more=True),
    Promise("down", "compose", 1.25),
)


def spread(values: list[float], form: str = ".2f") -> str:
    """Min, median, max."""
    return " / ".join(format(value, form) for value in (min(values), median(values), max(values)))


def seconds(taken: Taken) -> list[str]:
    """A row for each peer."""
    lines = [
        "| | " + " | ".join(TITLES[kind] for kind in KINDS) + " |",
        "|---" * (len(KINDS) + 1) + "|",
    ]
    rest = " |" * (len(KINDS) - 1)
    names = dict.fromkeys((*taken.seconds, *taken.failed))
    for peer in (name for name in names if name != FLOOR):
        kinds = taken.seconds.get(peer, {})
        if peer in taken.failed:
            told = taken.failed[peer].replace("|", "\\|")
            lines.append(f"| {peer} | failed: {told} |{rest}")
            continue
        cells = [spread(kinds[kind]) if kind in kinds else "" for kind in KINDS]
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    whole = [sum(one.values()) for one in taken.floor]
    told = spread(whole) if whole else f"failed: {taken.failed.get(FLOOR, 'no round ended')}"
    return [*lines, f"| {FLOOR} | {told} |{rest}"]


def promises(taken: Taken) -> list[str]:
    """A row for each promise: what it was, round by round."""
    lines = ["| | against | measured | promised | |", "|---|---|---|---|---|"]
    ours = taken.seconds.get("devpod-gen", {})
    for one in PROMISES:
        theirs = taken.seconds.get(one.peer, {}).get(one.against or one.kind, [])
        mine = ours.get(one.kind, [])
        if not theirs or not mine or one.peer in taken.failed or "devpod-gen" in taken.failed:
            lines.append(f"| {TITLES[one.kind]} | {one.peer} | not measured | | |")
            continue
        pairs = list(zip(mine, theirs, strict=False))
        values = [a - b if one.more else a / b for a, b in pairs]
        unit, sign = (" s more", "+") if one.more else (" times", "")
        told = spread(values, f"{sign}.2f") + unit
        kept = "kept" if median(values) <= one.most else "**not kept**"
        lines.append(
            f"| {TITLES[one.kind]} | {one.peer} | {told} | at most {one.most:g}{unit} | {kept} |"
        )
    return lines


def floor(taken: Taken) -> list[str]:
    """Where the time goes: the engine's floor by steps, and the stages of our start."""
    if not taken.floor:
        return []
    steps = {key: median([one[key] for one in taken.floor]) for key in taken.floor[0]}
    lines = ["| the engine's floor | s |", "|---|---|"]
    lines += [f"| {name} | {value:.3f} |" for name, value in steps.items()]
    lines += [f"| together | {sum(steps.values()):.3f} |", ""]
    if not taken.stages:
        return lines
    names = taken.stages[0]
    stages = {key: median([one.get(key, 0.0) for one in taken.stages]) for key in names}
    lines += ["| a stage of `up` | s |", "|---|---|"]
    lines += [f"| {name} | {value:.3f} |" for name, value in stages.items() if value]
    return [*lines, "", *spent.rows(taken.spent)] if taken.spent else lines


MOST_MORE = 0.5
"""Seconds that a repo of another owner's may take more."""


def of_owners(taken: Owners) -> list[str]:
    """A row for each owner, and what the other one costs."""
    if taken.failed:
        return [f"Not measured: {taken.failed}"]
    lines = ["| the repo's owner | no workspace, image present |", "|---|---|"]
    lines += [f"| uid {owner} | {spread(taken.seconds[owner])} |" for owner in OWNERS]
    usual, other = (taken.seconds[owner] for owner in OWNERS)
    values = [b - a for a, b in zip(usual, other, strict=True)]
    kept = "kept" if median(values) <= MOST_MORE else "**not kept**"
    told = f"{spread(values, '+.2f')} s more; promised: at most {MOST_MORE:g} s more, {kept}"
    return [*lines, f"| uid {OWNERS[1]} against uid {OWNERS[0]} | {told} |"]
