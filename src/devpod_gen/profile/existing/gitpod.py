"""What a .gitpod.yml says: extensions, ports, commands of its tasks."""

from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import base, markup
from devpod_gen.profile.existing.commands import not_a_hook
from devpod_gen.profile.existing.editor import extensions
from devpod_gen.profile.existing.files import UnreadError
from devpod_gen.profile.existing.model import Existing, LeftOut, entries, table
from devpod_gen.profile.existing.ports import is_port, plain_label
from devpod_gen.profile.hook import Hook
from devpod_gen.profile.model import Port
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_OURS = frozenset(("tasks", "ports", "vscode", "checkoutLocation", "workspaceLocation"))
_REASONS = {
    "image": "devpod-gen builds an image from stacks; yours would be image.ref",
    "github": "prebuilds are what `devpod-gen build --push` and a lock are for",
    "additionalRepositories": "other repos are not cloned",
    "jetbrains": "is not read: plugins go to ide.jetbrains",
    "gitConfig": "Git's settings are yours, not the repo's",
}
_OF_TASKS = {
    "command": "runs until it is stopped; no hook does: start it in a shell",
    "env": "variables of one task only are not supported",
    "prebuild": "no hook runs in a prebuild only",
}
_GITPODS = late(r"\bgp \w|\bGITPOD_|/workspace/|-U gitpod|USER gitpod")


def document(text: str) -> dict[str, Any] | str:
    """What the text of a .gitpod.yml holds, or why it holds nothing."""
    try:
        held = markup.load(text)
    except UnreadError as error:
        return str(error)
    return held if isinstance(held, dict) else "is no table"


def said(document: dict[str, Any], source: str) -> Existing:
    """What the document says."""
    left: list[LeftOut] = []
    tools = base.versions(document.get("image"))
    vscode = table(document.get("vscode"))
    ids = [_id(extension) for extension in entries(vscode.get("extensions"))]
    return Existing(
        source,
        stacks=tuple(tool for tool, _ in tools),
        tools=tools,
        ports=tuple({port.port: port for port in _ports(document, left)}.values()),
        extensions=tuple(dict.fromkeys(extensions(ids, left))),
        hooks=tuple(_hooks(document, left)),
        left_out=tuple(dict.fromkeys([*left, *_others(document)])),
    )


def _id(extension: object) -> object:
    """`publisher.name@1.2.3:hash` is an extension, pinned: the id is what stands first."""
    return extension.partition("@")[0].strip() if isinstance(extension, str) else extension


def _ports(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Port]:
    for entry in entries(document.get("ports")):
        port = table(entry) if isinstance(entry, dict) else {"port": entry}
        if is_port(port.get("port")):
            label = plain_label(port.get("name")) or plain_label(port.get("description"))
            yield Port(port["port"], label, publish=False)
        else:
            left.append(LeftOut(f"ports: {shown(port.get('port'))}", "is no single port"))


def _hooks(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Hook]:
    """Each task has a terminal of its own there: here its set-up is a part of one hook."""
    parts: dict[str, str] = {}
    for index, task in enumerate(map(table, entries(document.get("tasks"))), start=1):
        place = f"task {index}"
        steps = list(_steps(task, place, left))
        if steps:
            parts[f"task-{index}"] = _in_order(steps)
        for key, reason in _OF_TASKS.items():
            if task.get(key):
                left.append(LeftOut(f"{place}: {key}", reason))
    if len(parts) == 1:
        parts = dict.fromkeys(("",), next(iter(parts.values())))
    if parts:
        yield Hook("create", tuple(parts.items()))


def _steps(task: dict[str, Any], place: str, left: list[LeftOut]) -> Iterator[str]:
    for key in ("before", "init"):
        command = task.get(key)
        reason = _not_a_hook(command)
        if reason:
            left.append(LeftOut(f"{place}: {key}", reason))
        elif isinstance(command, str) and command.strip():
            yield command.strip()


def _in_order(steps: list[str]) -> str:
    return " && ".join(f"{{\n{step}\n}}" for step in steps) if len(steps) > 1 else steps[0]


def _not_a_hook(command: object) -> str | None:
    if isinstance(command, list):
        return "is no command"
    if isinstance(command, str) and _GITPODS.search(command):
        return "is about Gitpod's own commands, folders or user"
    return not_a_hook(command)


def _others(document: dict[str, Any]) -> Iterator[LeftOut]:
    for key in sorted(map(str, set(document) - _OURS)):
        if key != "image" or isinstance(document[key], str):
            yield LeftOut(shown(key).strip('"'), _REASONS.get(key, "no key of a profile says that"))
