"""A Dockerfile as instructions and stages. Nothing in it is run, nothing is expanded."""

from collections.abc import Iterator

from devpod_gen.regex import late
from devpod_gen.value import dataclass

_HEREDOC = late(r"<<-?([\"']?)([A-Za-z_]\w*)\1")
_FROM = late(r"(?:--\S+\s+)*(\S+)(?:\s+[Aa][Ss]\s+(\S+))?\s*")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in capitals, what follows it, and its first line."""

    word: str
    rest: str
    line: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage: its name, the image or the stage that it starts from, what it does."""

    name: str
    base: str
    instructions: tuple[Instruction, ...]


def stages(text: str) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """What stands before the first FROM, and the stages."""
    blocks: list[list[Instruction]] = [[]]
    for instruction in _instructions(text):
        if instruction.word == "FROM":
            blocks.append([])
        blocks[-1].append(instruction)
    return tuple(blocks[0]), tuple(_stage(block) for block in blocks[1:])


def used(found: tuple[Stage, ...], target: str | None) -> tuple[Stage, ...]:
    """The stage of that name, or the last, after those that it is made from."""
    by_name = {stage.name.lower(): stage for stage in found if stage.name}
    by_name |= {str(index): stage for index, stage in enumerate(found)}
    stage = by_name.get((target or "").lower()) or (found[-1] if found else None)
    line: list[Stage] = []
    while stage and stage not in line:
        line.insert(0, stage)
        stage = by_name.get(stage.base.lower())
    return tuple(line)


def _stage(block: list[Instruction]) -> Stage:
    match = _FROM.fullmatch(block[0].rest)
    base, name = match.groups() if match else (block[0].rest, None)
    return Stage(name or "", base, tuple(block[1:]))


def _instructions(text: str) -> Iterator[Instruction]:
    lines = enumerate(text.split("\n"), start=1)
    for number, line in lines:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = [line.rstrip()]
        while parts[-1].endswith("\\"):
            parts[-1] = parts[-1][:-1] + " "
            # Of a continuation, comments and empty lines are no part.
            parts.append(next((x.rstrip() for _, x in lines if _counts(x)), ""))
        word, _, rest = "".join(parts).strip().partition(" ")
        bodies = [_body(lines, match[2]) for match in _HEREDOC.finditer(rest)]
        if word.upper() != "RUN" and not bodies:
            bodies = []
        yield Instruction(
            word.upper(), "\n".join([_HEREDOC.sub("", rest), *bodies]).strip(), number
        )


def _counts(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _body(lines: Iterator[tuple[int, str]], end: str) -> str:
    body = []
    for _, line in lines:
        if line.strip("\t") == end:
            break
        body.append(line)
    return "\n".join(body)
