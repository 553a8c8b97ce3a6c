"""The one place that prints: results to stdout, steps and errors to stderr."""

import contextlib
import json
import os
import re
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from devpod_gen.cli.progress import ProgressLine
from devpod_gen.errors import DevpodError, HostError
from devpod_gen.profile.wording import printable
from devpod_gen.regex import late

if TYPE_CHECKING:
    from devpod_gen.workspace.secrecy.mask import Mask

_LONGEST_ERROR = 15  # lines: an error fits on a screen
_LONGEST_LINE = 2000  # characters of one of them

_COLOUR = late(r"\x1b\[[0-9;?]*[A-Za-z]")

_STEP = late(r"#\d+ \[(?!internal)([^]]+)\] (.*)")


_masks: "list[Mask]" = []
"""What this process must not print, whoever prints: the one state that is the process's own,
as its streams are. The boundary, which tells of errors, knows nothing of what was asked for."""


def hide(values: Iterable[bytes]) -> None:
    """From here on, print stars for these."""
    from devpod_gen.workspace.secrecy.mask import Mask  # noqa: PLC0415 - only what is used

    _masks.append(Mask().of(values))


def forget() -> None:
    """A new run of the command: it has asked for nothing yet."""
    _masks.clear()


def _masked(text: str) -> str:
    for mask in _masks:
        text = mask.text(text)
    return text


class Console:
    """Where a command's words go. With `as_json`, stdout holds exactly one JSON object.

    Whatever it is handed, and whoever wrote that: a terminal shows it, and is not driven.
    """

    def __init__(self, *, as_json: bool, verbose: bool) -> None:
        self.as_json = as_json
        self.verbose = verbose
        self._links: list[str] = []
        self._progress = ProgressLine(sys.stderr)

    def say(self, line: str) -> None:
        """A line of progress; of a build's log only the steps, each on one short line. One that
        begins with a carriage return takes the place of the one before it that did."""
        line = _masked(line)  # before it is cut
        if line.startswith("\r") and line.strip():
            self._progress.show(_plain(line[1:]))
            return
        self._progress.clear()
        if line == "\r":
            return
        if self.verbose or not re.match(r"#\d+ ", line):
            _write(sys.stderr, _plain(line))
        elif step := _STEP.match(line):
            command = re.sub(r"--mount=\S+\s+|\s{2,}", " ", step[2])
            _write(sys.stderr, _plain(f"  [{step[1]}] {command}")[:100].rstrip())

    def result(self, text: str, **values: Any) -> None:
        """What the command was asked for: text for people, or values as JSON."""
        self.outcome(text, "ok", values)

    def outcome(self, text: str, outcome: str, values: dict[str, Any]) -> None:
        """A result that may not be well: `outcome` is `ok` or `error`."""
        self._progress.clear()
        if self.as_json:
            _put(sys.stdout, _as_json({"outcome": outcome, **values}))
        elif text:
            text = printable(_masked(text), keep="\n\t")
            for link in self._links:
                text = text.replace(printable(link), link)
            _write(sys.stdout, text)

    def linked(self, text: str, href: str) -> str:
        """The text, which a terminal that can shows as a link (OSC 8); else as it is."""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        if plain or self.as_json or not sys.stdout.isatty():
            return text
        self._links.append(f"\033]8;;{printable(href)}\033\\{printable(text)}\033]8;;\033\\")
        return self._links[-1]

    def error(self, error: DevpodError) -> None:
        """What is wrong, where, and what to do; with `as_json` on stdout as well."""
        self._progress.clear()
        _write(sys.stderr, "\n".join(_error_lines(error)))
        if self.as_json:
            body = {
                "kind": error.kind,
                "message": error.message,
                "where": error.where,
                "fix": error.fix,
                "detail": error.detail,
                "findings": [
                    {"where": finding.where, "message": finding.message}
                    for finding in error.findings
                ],
            }
            with contextlib.suppress(HostError):  # that is told by the exit code alone
                _put(sys.stdout, _as_json({"outcome": "error", "error": body}))


def _error_lines(error: DevpodError) -> list[str]:
    lines = [f"error: {error.message}"]
    if error.where:
        lines.append(f"  at {error.where}")
    told = [f"  at {finding.where}: {finding.message}" for finding in error.findings]
    told += [f"  | {line}" for line in _masked(error.detail).splitlines()]
    room = _LONGEST_ERROR - len(lines) - 2
    lines += told[:room]
    if len(told) > room:
        lines.append(f"  … and {len(told) - room} more lines")
    if error.fix:
        lines.append(f"  fix: {error.fix}")
    return [_plain(line)[:_LONGEST_LINE] for line in lines]


def _plain(line: str) -> str:
    """One line: without the colours that programs have, and with what else is not seen escaped."""
    return printable(_COLOUR.sub("", _masked(line)), keep="\t")


def _as_json(document: dict[str, Any]) -> str:
    """JSON, people's letters as they are; what is not seen is escaped, as JSON allows it. Texts
    are masked one by one: in all of it, stars could take a number's digits or half an escape."""
    plain = "utf" not in (sys.stdout.encoding or "").lower()
    text = json.dumps(_without_secrets(document) if _masks else document, ensure_ascii=plain)
    return "".join(x if printable(x) == x else json.dumps(x)[1:-1] for x in text)


def _without_secrets(value: Any) -> Any:
    if isinstance(value, str):
        return _masked(value)
    if isinstance(value, dict):
        return {_masked(str(key)): _without_secrets(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_secrets(inner) for inner in value]
    return value


def _write(stream: Any, text: str) -> None:
    _put(stream, _masked(text))


def _put(stream: Any, text: str) -> None:
    try:
        stream.write(f"{text}\n")
        stream.flush()
    except BrokenPipeError:  # the reader has seen enough
        pass
    except UnicodeEncodeError:
        stream.write(text.encode("ascii", "backslashreplace").decode() + "\n")
    except OSError as error:
        if stream is not sys.stdout:  # there is nowhere left to tell
            return
        raise unwritten(error) from error


def unwritten(error: OSError) -> HostError:
    """The error for a result that nobody gets."""
    message = f"the output cannot be written: {error.strerror}"
    return HostError(message, where="stdout", fix="make room where it goes")
