"""Our schemas are schemas; what we ship and what we emit fit them, and the official ones."""

import json
import re
import tomllib
import warnings
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT201909

from conftest import ROOT, SHARED
from devpod_gen import resources
from devpod_gen.profile.fit import findings
from test_golden import IDS, emitted

OFFICIAL = SHARED / "schemas"
needs_official = pytest.mark.skipif(
    not OFFICIAL.exists(), reason="the official schemas are not on this machine"
)


@pytest.mark.parametrize(
    "name", ["profile", "stack", "policy", "report", "devcontainer", "compose"]
)
def test_each_schema_is_one(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(resources.schema(name))


@pytest.mark.parametrize(
    "file", sorted(ROOT.glob("images/*/stack.toml")), ids=lambda p: p.parent.name
)
def test_stacks_fit_the_schema(file: Path) -> None:
    assert findings("stack", tomllib.loads(file.read_text()), file.name) == ()


def test_every_key_of_the_profile_is_described() -> None:
    def undescribed(schema: dict[str, Any], path: str) -> list[str]:
        found = []
        for key, value in schema.get("properties", {}).items():
            place = f"{path}.{key}"
            found += [] if value.get("description") else [place]
            for inner in (value, value.get("items", {}), value.get("additionalProperties", {})):
                found += undescribed(inner, place) if isinstance(inner, dict) else []
        return found

    assert undescribed(resources.schema("profile"), "") == []


def _official(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((OFFICIAL / name).read_text(encoding="utf-8"))
    return document


def _devcontainer_validator() -> Any:
    """The official schema, offline: its parts refer to each other by absolute addresses."""
    base = "https://raw.githubusercontent.com"
    parts = {
        f"{base}/devcontainers/spec/main/schemas/devContainer.base.schema.json": (
            "devContainer.base.schema.json",
            DRAFT201909,
        ),
        f"{base}/microsoft/vscode/main/extensions/configuration-editing/schemas/"
        "devContainer.codespaces.schema.json": ("devContainer.codespaces.schema.json", DRAFT7),
        f"{base}/microsoft/vscode/main/extensions/configuration-editing/schemas/"
        "devContainer.vscode.schema.json": ("devContainer.vscode.schema.json", DRAFT7),
    }
    registry: Registry[Any] = Registry().with_resources(
        [(uri, draft.create_resource(_official(name))) for uri, (name, draft) in parts.items()]
        + [("vscode://schemas/settings/machine", DRAFT7.create_resource({"type": "object"}))]
    )
    whole = _official("devContainer.schema.json")
    # It has no $id, and a relative reference to the first part.
    for part in whole["allOf"]:
        if part["$ref"].startswith("./"):
            part["$ref"] = f"{base}/devcontainers/spec/main/schemas/{part['$ref'][2:]}"
    return jsonschema.Draft201909Validator(whole, registry=registry)


@needs_official
@pytest.mark.parametrize("case", IDS)
def test_devcontainer_json_fits_the_official_schema(case: str) -> None:
    errors = list(
        _devcontainer_validator().iter_errors(json.loads(emitted(case, "/devcontainer.json")))
    )
    assert errors == []


@needs_official
def test_the_official_devcontainer_schema_refuses() -> None:
    """The check above can fail: a build beside the compose file is refused."""
    document = json.loads(emitted("base", "/devcontainer.json")) | {"image": "x"}
    assert list(_devcontainer_validator().iter_errors(document))


@needs_official
@pytest.mark.parametrize("case", IDS)
@pytest.mark.parametrize(
    ("name", "validator"),
    [
        ("compose-spec.json", jsonschema.Draft7Validator),
        ("compose-spec.check-jsonschema-0.39.0.json", jsonschema.Draft202012Validator),
    ],
)
def test_compose_yaml_fits_the_official_schema(case: str, name: str, validator: Any) -> None:
    # As Compose does it: variables first, here all by their defaults, then the schema.
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", emitted(case, "/compose.yaml"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        errors = list(validator(_official(name)).iter_errors(yaml.safe_load(text)))
    assert errors == []
