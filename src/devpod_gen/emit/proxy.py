"""A command as ssh_config's ProxyCommand takes it: a line for the shell of the host.

ssh replaces percent signs first, hence two for one; and it wants quotes to be closed by its own
rules, where a backslash takes the meaning of the quote behind it, between single ones, too: so
backslashes stand outside of them. On Windows there is no such shell, and a
backslash is lost where another ssh than Windows' own comes first on PATH.
"""

import re
import shlex

from devpod_gen.regex import late

_WINDOWS = late(r"[A-Za-z]:[\\/]")


def proxy_command(argv: tuple[str, ...]) -> str:
    """The line; of which host it is, the program's path says."""
    quoted = _for_windows if argv and _WINDOWS.match(argv[0]) else _for_sh
    return " ".join(quoted(word) for word in argv).replace("%", "%%")


def host_path(path: str) -> str:
    """A path as every ssh takes it: one of Windows with slashes."""
    return path.replace("\\", "/") if _WINDOWS.match(path) else path


def _for_sh(word: str) -> str:
    return r"\\".join(shlex.quote(part) if part else "" for part in word.split("\\")) or "''"


def _for_windows(word: str) -> str:
    slashed = host_path(word)
    return slashed if re.fullmatch(r"[\w./:@=,+-]+", slashed) else f'"{slashed}"'
