"""YAML that we have written ourselves, read back."""

from typing import Any


def quick_yaml(text: str | bytes) -> Any:
    """What it says. By PyYAML's parser in C where it has that, which takes a tenth."""
    import yaml  # noqa: PLC0415 - 15 ms, and few commands read any

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(text, Loader=loader)  # noqa: S506 - both are safe ones
