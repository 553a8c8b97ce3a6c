"""What a Dockerfile says of the environment that it makes.

One that a development container is built from is taken over: packages, variables, ports.
One at the repo's root makes the app's image; what it installs is suggested in a comment.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from devpod_gen.profile.existing import apt, base, variables
from devpod_gen.profile.existing.model import Existing, LeftOut, nothing
from devpod_gen.profile.existing.ports import is_port
from devpod_gen.profile.existing.stages import Instruction, stages, used
from devpod_gen.profile.model import Port
from devpod_gen.profile.wording import shown
from devpod_gen.regex import late

_OURS = frozenset(("FROM", "ARG", "SHELL", "LABEL", "MAINTAINER", "ENTRYPOINT", "CMD", "USER"))
_OURS |= {"WORKDIR", "STOPSIGNAL", "ONBUILD", "RUN", "ENV", "EXPOSE"}
_REASONS = {
    "COPY": "files of the repo are mounted, not copied",
    "ADD": "files of the repo are mounted, not copied",
    "HEALTHCHECK": "probes take the place of health checks",
    "VOLUME": "volumes of the workspace are [caches]",
}
_VARIABLE = late(r"\$(?:\{(\w+)(?::?-([^${}]*))?\}|(\w+))")
_PAIR = late(r"""([A-Za-z_]\w*)=("(?:[^"\\]|\\.)*+"|'[^']*+'|(?:[^\s"'\\]|\\.)*+)""", re.DOTALL)


def parse(
    text: str, source: str, *, target: str | None = None, args: dict[str, Any] | None = None
) -> Existing:
    """What the Dockerfile of a development container says; `target` is its stage."""
    before, found = stages(text)
    line = used(found, target)
    if not line:
        return nothing(source, "has no FROM")
    image = _expanded(line[0].base, before, args or {})
    left: list[LeftOut] = [
        LeftOut("FROM", f"devpod-gen builds an image from stacks, not {shown(image)}")
    ]
    instructions = [instruction for stage in line for instruction in stage.instructions]
    packages = tuple(dict.fromkeys(_packages(instructions, left)))
    tools = base.versions(image)
    return Existing(
        source,
        stacks=tuple(tool for tool, _ in tools),
        tools=tools,
        packages=packages,
        env=tuple(dict(variables.plain("ENV", dict(_env(instructions)), left)).items()),
        ports=tuple(_ports(instructions, left)),
        left_out=tuple(left) + tuple(_others(instructions)),
    )


def suggest(text: str, source: str) -> Existing:
    """What the Dockerfile of the app installs, in any of its stages: for a comment."""
    _, found = stages(text)
    instructions = [instruction for stage in found for instruction in stage.instructions]
    packages = tuple(dict.fromkeys(_packages(instructions, [])))
    what = "its packages are a comment of the profile; " if packages else ""
    reason = f"makes the app's image, not a workspace: {what}nothing else is taken over"
    return Existing(source, suggested=packages, left_out=(LeftOut(source, reason),))


def _packages(instructions: list[Instruction], left: list[LeftOut]) -> Iterator[str]:
    others: list[str] = []
    foreign = False
    for instruction in instructions:
        if instruction.word == "RUN":
            installed = apt.installed(_script(instruction.rest), foreign=foreign)
            foreign = installed.foreign
            yield from installed.packages
            left.extend(installed.left_out)
            others += [] if installed.only else [str(instruction.line)]
    if others:
        key = f"RUN (line{'s' * (len(others) > 1)} {', '.join(others)})"
        left.append(LeftOut(key, "commands of a build, but for apt-get install, are not run"))


def _script(rest: str) -> str:
    """The script of a RUN: without the builder's options, and from a list of words, too."""
    script = re.sub(r"^(?:--\w[^\s]*\s+)+", "", rest)
    try:
        words = json.loads(script) if script.startswith("[") else None
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list):
        return script
    return " ".join(map(str, words[2:] if "-c" in words[1:2] else words))


def _expanded(image: str, before: tuple[Instruction, ...], args: dict[str, Any]) -> str:
    """An image's name, with the arguments that are known put in."""
    known: dict[str, str] = {}
    for instruction in before:
        if instruction.word == "ARG":
            known |= {name: value.strip("\"'") for name, value in _PAIR.findall(instruction.rest)}
    known |= {name: value for name, value in args.items() if isinstance(value, str)}

    def value(match: re.Match[str]) -> str:
        return known.get(match[1] or match[3], match[2] or match[0])

    return _VARIABLE.sub(value, image)


def _env(instructions: list[Instruction]) -> Iterator[tuple[str, str]]:
    """The variables of ENV; one with a variable in it keeps `${`, which no profile takes."""
    for instruction in instructions:
        if instruction.word == "ENV":
            pairs = _PAIR.findall(instruction.rest)
            name, _, value = instruction.rest.partition(" ")
            if "=" not in name:
                pairs = [(name, value.strip())]
            for key, said in pairs:
                yield key, _VARIABLE.sub("${…}", said.strip("\"'").replace("\\ ", " "))


def _ports(instructions: list[Instruction], left: list[LeftOut]) -> Iterator[Port]:
    for instruction in instructions:
        for word in instruction.rest.split() if instruction.word == "EXPOSE" else ():
            number = word.removesuffix("/tcp")
            if number.isascii() and number.isdecimal() and len(number) < 6 and is_port(int(number)):
                yield Port(int(number), None, publish=False)
            else:
                left.append(LeftOut(f"EXPOSE: {shown(word)}", "is no single TCP port"))


def _others(instructions: list[Instruction]) -> Iterator[LeftOut]:
    for word in dict.fromkeys(instruction.word for instruction in instructions):
        if word not in _OURS:
            yield LeftOut(
                shown(word).strip('"'), _REASONS.get(word, "no key of a profile says that")
            )
