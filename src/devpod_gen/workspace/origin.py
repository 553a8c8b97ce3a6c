"""Where a repo comes from, for the labels of its image: its remote and its commit."""

from pathlib import Path
from urllib.parse import urlsplit

from devpod_gen.engine.command import run
from devpod_gen.errors import HostError
from devpod_gen.regex import late

_SECONDS = 5.0
_SCP = late(r"(?:[\w.-]+@)?([\w.-]+):(?!//)/?(.+)")


def labels(root: Path) -> tuple[tuple[str, str], ...]:
    """The OCI labels `source` and `revision` of the repo at `root`; none of what git does not
    know. Never fails."""
    url = https(_git(root, "config", "--get", "remote.origin.url"))
    commit = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    found = (("source", url), ("revision", commit))
    return tuple((f"org.opencontainers.image.{name}", value) for name, value in found if value)


def https(remote: str) -> str | None:
    """A remote as a link for people, with no credentials in it; None where it is a path."""
    if "://" in remote:
        try:
            parts = urlsplit(remote)
            port = f":{parts.port}" if parts.port and parts.scheme in ("http", "https") else ""
        except ValueError:
            return None
        if parts.scheme not in ("http", "https", "ssh", "git", "git+ssh") or not parts.hostname:
            return None
        host, path = f"{parts.hostname}{port}", parts.path
    elif match := _SCP.fullmatch(remote):
        host, path = match[1], match[2]
    else:
        return None
    path = path.strip("/").removesuffix(".git")
    return f"https://{host}/{path}" if path else None


def _git(root: Path, *arguments: str) -> str:
    """What git says of the repo, which may be a stranger's: nothing of its own is run."""
    inert = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
    try:
        result = run(["git", "-C", str(root), *inert, *arguments], timeout=_SECONDS)
    except HostError:  # no git here
        return ""
    said = result.output.strip()
    return said if result.ok and said.isprintable() else ""
