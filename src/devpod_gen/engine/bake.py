"""Builds as a file for `docker buildx bake`: the one description of our images, for our own
builds and for those that people's CI makes."""

import re
from typing import Any

from devpod_gen.engine.model import Build

DEBIAN = "DEBIAN"
"""The variable with the place of the distribution's image."""

BUNDLE = "CA_BUNDLE"
"""The variable with the path of a CA bundle, for the steps that download."""

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY")
_COMMON = "_common"


def document(
    builds: tuple[Build, ...], distribution: str, platforms: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The file's content: a target for each of `builds`, linked where one is the parent of
    another. `distribution` is the image that the first one starts from.

    What is of a machine is a variable, which bake takes from its environment: the place of
    the distribution's image, a CA bundle and proxies. The last two are a secret and
    predefined arguments: neither is in an image or its history.
    """
    targets = {build.name: _target(build, builds) for build in builds}
    common: dict[str, Any] = {
        "contexts": {distribution: f"${{{DEBIAN}}}"},
        "args": {name: _either(name) for name in _PROXIES},
        "secret": f'${{{BUNDLE} != "" ? ["id=ca,src=${{{BUNDLE}}}"] : []}}',
        # An attestation has the time of the build in it, and the image another digest each time.
        "attest": ["type=provenance,disabled=true"],
    }
    if platforms:
        common["platforms"] = list(platforms)
    names = [spelt for name in _PROXIES for spelt in (name, name.lower())]
    variables = {DEBIAN: f"docker-image://{distribution}"} | dict.fromkeys((BUNDLE, *names), "")
    return {
        "variable": {name: {"default": value} for name, value in variables.items()},
        "group": {"default": {"targets": list(targets)}},
        "target": {_COMMON: common, **targets},
    }


def _target(build: Build, builds: tuple[Build, ...]) -> dict[str, Any]:
    """One image. Whatever it is told to start from is another target, where that is built, too."""
    values = {value for _, value in build.args} | {build.parent}
    linked = {one.ref: f"target:{one.name}" for one in builds if one.ref in values}
    return {
        "inherits": [_COMMON],
        "context": _plain(str(build.recipe)),
        "contexts": linked | {name: _plain(str(folder)) for name, folder in build.contexts},
        "args": {name: _plain(value) for name, value in (("PARENT", build.parent), *build.args)},
        "labels": {name: _plain(value) for name, value in build.labels},
        "tags": [build.ref],
    }


def _either(name: str) -> str:
    """Proxies are spelt both ways. Given twice, an empty one could win."""
    return f'${{{name} != "" ? {name} : {name.lower()}}}'


def _plain(text: str) -> str:
    """Without a meaning to bake, which fills in `${…}` and `%{…}` in every text."""
    return re.sub(r"([$%])\{", r"\1\1{", text)
