"""Where the templates, the images and the schemas are: in the wheel, or in the checkout."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from devpod_gen.errors import InternalError

_PACKAGE = Path(__file__).parent


@cache
def root() -> Path:
    """The folder that holds `templates/` and `images/`.

    An editable install runs from `src/`, where hatchling's force-include has put
    nothing: there the checkout itself is the root.
    """
    for candidate in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        if (candidate / "templates").is_dir() and (candidate / "images").is_dir():
            return candidate
    message = "this installation of devpod-gen has no templates and images"
    raise InternalError(message, where=str(_PACKAGE), fix="install it again")


@cache
def templates() -> Path:
    """The folder of Jinja templates."""
    return root() / "templates"


@cache
def images() -> Path:
    """The folder of image recipes: `base`, one folder a stack, and `workspace`."""
    return root() / "images"


def schema_text(name: str) -> str:
    """The JSON Schema `name`, as text: `profile`, `stack`, `report`, `devcontainer`, `compose`."""
    return (_PACKAGE / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")


@cache
def schema(name: str) -> dict[str, Any]:
    """The JSON Schema `name`, parsed: once, so whoever gets it only reads."""
    parsed: dict[str, Any] = json.loads(schema_text(name))
    return parsed
