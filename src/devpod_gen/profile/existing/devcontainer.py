"""What a repo's own devcontainer.json says already.

Format: the Development Containers specification, with comments and trailing commas. What
a profile can say is taken over; all else is named, with the reason. Nothing is executed.
"""

import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile import document as documents
from devpod_gen.profile.existing import commands, editor, features, mounts, variables
from devpod_gen.profile.existing.base import versions
from devpod_gen.profile.existing.model import Existing, LeftOut, entries, table
from devpod_gen.profile.existing.ports import is_port, plain_label
from devpod_gen.profile.existing.untaken import left_out
from devpod_gen.profile.model import Port
from devpod_gen.profile.wording import shown


def document(text: str) -> dict[str, Any] | str:
    """What the text of a devcontainer.json holds, or why it holds nothing."""
    import json5  # noqa: PLC0415 - only where there is one

    try:
        held = documents.document(".json", text)  # quick; the other reads all that clients do
        held = json5.loads(text) if held is None else held
    except (ValueError, RecursionError) as error:
        return f"cannot be parsed: {str(error).splitlines()[0]}"
    if documents.is_deep(held):
        return "is nested too deep"
    return held if isinstance(held, dict) else "is no table"


def said(document: dict[str, Any], source: str) -> Existing:
    """What the document says."""
    left: list[LeftOut] = []
    wanted = features.read(table(document.get("features")), left)
    ids = entries(editor.vscode(document, "extensions"))
    settings = table(editor.vscode(document, "settings"))
    of_image = versions(document.get("image"))
    return Existing(
        source=source,
        stacks=(*wanted.stacks, *(tool for tool, _ in of_image)),
        tools=tuple((dict(of_image) | dict(wanted.tools)).items()),
        packages=wanted.packages,
        extensions=tuple(dict.fromkeys(editor.extensions(ids, left))),
        settings=tuple(dict(editor.settings(settings, left)).items()),
        ports=tuple({port.port: port for port in _ports(document, left)}.values()),
        env=tuple(dict(_env(document, left)).items()),
        hooks=tuple(commands.hooks(document, left)),
        mounts=tuple(
            mounts.of_devcontainer(
                entries(document.get("mounts")), document.get("workspaceFolder"), left
            )
        ),
        left_out=tuple(left) + tuple(left_out(document)),
    )


def _ports(document: dict[str, Any], left: list[LeftOut]) -> Iterator[Port]:
    attributes = table(document.get("portsAttributes"))
    for port in entries(document.get("forwardPorts")):
        label = table(attributes.get(str(port))).get("label")
        number = int(port) if isinstance(port, str) and re.fullmatch(r"\d{1,5}", port) else port
        if is_port(number):
            yield Port(number, plain_label(label), publish=False)
        elif not (document.get("dockerComposeFile") and _of_service(port)):
            left.append(LeftOut(f"forwardPorts: {shown(port)}", "is no port of the workspace"))


def forwarded(document: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """The services and their ports that it forwards, as `db:5432`."""
    found = (_of_service(port) for port in entries(document.get("forwardPorts")))
    return tuple(pair for pair in found if pair)


def _of_service(port: object) -> tuple[str, int] | None:
    match = re.fullmatch(r"([a-z][a-z0-9-]*):(\d{1,5})", str(port))
    return (match[1], int(match[2])) if match and is_port(int(match[2])) else None


def _env(document: dict[str, Any], left: list[LeftOut]) -> Iterator[tuple[str, str]]:
    for place in ("containerEnv", "remoteEnv"):
        yield from variables.plain(place, table(document.get(place)), left)
