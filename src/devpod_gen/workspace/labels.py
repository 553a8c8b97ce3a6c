"""The labels by which a container is known: ours, and those by which the reference client,
and so VS Code, knows it as its own.

They hold host paths, so they are not in the repo's compose file, but in one beside it
on this machine. Of a container that is there the client takes hooks, extensions and
settings from the label `devcontainer.metadata` and from nowhere else: where the image
has one, devcontainer.json counts for `remoteUser` and environments only.
"""

import json
from pathlib import Path
from typing import Any

from devpod_gen.disk import is_whole, private_folder, publish
from devpod_gen.profile.document import document
from devpod_gen.regex import late
from devpod_gen.workspace import ownership
from devpod_gen.workspace.identity import Identity

_ESCAPED = late("[\x7f-\uffff]")

_METADATA = (
    "onCreateCommand",
    "updateContentCommand",
    "postCreateCommand",
    "postStartCommand",
    "postAttachCommand",
    "customizations",
    "remoteUser",
    "userEnvProbe",
    "overrideCommand",
    "portsAttributes",
    "forwardPorts",
    "shutdownAction",
    "updateRemoteUserUID",
)
"""What of a devcontainer.json of ours the client keeps in the label."""


def labels_file(identity: Identity, config: str, image_metadata: str, *, keep: bool) -> Path:
    """The compose file with the labels. `config`: the text of devcontainer.json. `keep`:
    the one that is there, since the container is made of it; with other labels Compose would
    make it anew."""
    path = private_folder(identity.data) / "labels.yaml"
    if not (keep and is_whole(path)):
        labels = _labels(identity, config, image_metadata)
        escaped = {key: value.replace("$", "$$") for key, value in labels.items()}
        text = yaml_of({"services": {"dev": {"labels": escaped}}}) + "\n"
        publish(path, text, mode=0o600, lasting=False)
    return path


def yaml_of(value: Any) -> str:
    """JSON that is YAML, too: there half of a pair (`\\ud83d`) is no character, so what is beyond
    four digits stands as it is, and what YAML allows only escaped is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _labels(identity: Identity, config: str, image_metadata: str) -> dict[str, str]:
    """A branch beside the repo's own workspace has none of the client's: it would take the
    container for that one."""
    ours = {"devpod-gen.id": identity.id, "devpod-gen.host": ownership.host()}
    if identity.branch:
        return ours | {"devpod-gen.branch": identity.branch}
    return ours | {
        "devcontainer.local_folder": str(identity.root),
        "devcontainer.config_file": str(identity.config_file),
        "devcontainer.metadata": _metadata(config, image_metadata),
    }


def _metadata(text: str, of_image: str) -> str:
    """As the client itself would write it: the image's entries, then devcontainer.json's."""
    config = document(".json", text)
    own = {key: config[key] for key in _METADATA if key in config}
    return json.dumps([*_entries(of_image), own], ensure_ascii=False)


def _entries(text: str) -> list[Any]:
    """The specification allows a list and a single entry; what is neither, clients ignore."""
    try:
        found = json.loads(text or "[]")
    except ValueError:
        return []
    return found if isinstance(found, list) else [found] if isinstance(found, dict) else []
