"""The ssh_config of one workspace. It is never written into the repo.

An ssh_config that a repo's author controls is code execution on the host of whoever
includes it, so it lives in the user's data folder; and one line in it that ssh does not
understand ends every connection to every host, so it is checked before it is there.
Format: ssh_config(5).
"""

from devpod_gen.emit.proxy import host_path, proxy_command
from devpod_gen.emit.render import render
from devpod_gen.errors import HostError, InternalError
from devpod_gen.plan.model import Plan
from devpod_gen.regex import late
from devpod_gen.value import dataclass

_KEYWORDS = frozenset(
    (
        *("HostName", "Port", "User", "HostKeyAlias", "IdentityFile", "IdentitiesOnly"),
        *("UserKnownHostsFile", "GlobalKnownHostsFile", "StrictHostKeyChecking"),
        *("UpdateHostKeys", "CheckHostIP", "ForwardAgent", "LogLevel"),
        *("ServerAliveInterval", "ServerAliveCountMax"),
        *("PermitLocalCommand", "LocalCommand", "ProxyCommand"),
    )
)
_BARE = late(r"[\w/.:@%+,=~-]+")
_ESCAPING = late(r"""\"|\\(?:['\\]|\Z)""")
_HOST = late(r"Host [a-z0-9][a-z0-9.-]*")
_OPTION = late(r"  ([A-Za-z]+) \S(?:.*\S)?")


@dataclass(frozen=True, slots=True)
class SshFiles:
    """The machine-local parts of the SSH door: absolute paths on the host."""

    alias: str
    """The host's name: the plan's, unless another clone on this machine has that."""
    identity: str
    known_hosts: str
    proxy: tuple[str, ...]
    """The command that speaks SSH with the container on its standard streams."""
    port: int | None = None
    """The host's, for clients that know nothing of a ProxyCommand."""
    at_login: tuple[str, ...] = ()
    """A command of the host that is run once a session has begun."""


def ssh_config(plan: Plan, files: SshFiles) -> str:
    """The text. Raises HostError for a path that ssh cannot be told."""
    text = render(
        "gateway/ssh_config.j2",
        plan=plan,
        alias=files.alias,
        host="127.0.0.1" if files.port else files.alias,
        port=files.port,
        identity=_ssh_quoted(files.identity),
        known_hosts=_ssh_quoted(files.known_hosts),
        agent="yes" if plan.ssh.agent else "no",
        at_login=_command(files.at_login),
        proxy=_command(files.proxy),
    )
    if not is_sound(text):
        message = "a bug in devpod-gen: the ssh_config that it made is not one"
        raise InternalError(message, where=files.alias, fix="report it", detail=text)
    return text


def is_sound(text: str) -> bool:
    """Whether it is one host, and nothing but lines that we know: what is not written by us
    can be code that ssh runs, or end every connection."""
    comment, _, rest = text.removesuffix("\n").partition("\n")
    host, *options = rest.split("\n")
    found = [_OPTION.fullmatch(line) for line in options]
    keywords = [match[1] for match in found if match]
    return (
        comment.startswith("# ")
        and bool(_HOST.fullmatch(host))
        and text.replace("\n", "").isprintable()
        and len(keywords) == len(options)
        and len(set(keywords)) == len(keywords)
        and _KEYWORDS.issuperset(keywords)
    )


def _command(argv: tuple[str, ...]) -> str:
    return proxy_command(tuple(_printable(word) for word in argv))


def _ssh_quoted(path: str) -> str:
    """A path as a word of ssh_config: not each ssh has an escape for a quote, or a backslash."""
    plain = host_path(path)
    if _ESCAPING.search(plain):
        raise _untold(path)
    escaped = _printable(plain).replace("%", "%%")
    return escaped if _BARE.fullmatch(escaped) else f'"{escaped}"'


def _printable(text: str) -> str:
    """A line break in an ssh_config would be a directive of somebody's choice; so would ssh
    put the value of a variable in the place of `${NAME}`."""
    if text.isprintable() and "${" not in text:
        return text
    raise _untold(text)


def _untold(text: str) -> HostError:
    message = (
        "ssh cannot be told this path: it holds a double quote, a backslash before another mark, "
        "`${` or a control character"
    )
    return HostError(message, where=repr(text), fix="set XDG_DATA_HOME to a plain path")
