"""Why a registry gave no image, by the words of the client: clause by clause, since a clause that
has an address or a name in it may hold whatever its user has called that."""

import re

from devpod_gen.value import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """`words`: a clause begins with them, whatever their case; `told` and `fix`: for its user.
    `missing`: the registry has answered that it does not have the image."""

    words: str
    told: str
    fix: str
    missing: bool = False


_CAUSES = (
    Cause(
        r"unauthorized\b|denied$|no basic auth credentials$|authentication required$"
        r"|pull access denied for |requested access to the resource is denied$"
        r"|access forbidden|insufficient_scope|40[13] [A-Z]",
        "the registry refuses the credentials",
        "run `docker login` for it; the client keeps them",
    ),
    Cause(
        r"toomanyrequests\b|429 [A-Z]",
        "the registry has had too many requests",
        "wait, or log in for a higher limit",
    ),
    Cause(
        r"received unexpected http status$|5\d\d [A-Z]",
        "the registry has an error of its own",
        "try again later; nothing else is used in its place",
    ),
    Cause(
        r"x509$|failed to verify certificate$",
        "the registry's certificate is not one that the engine trusts",
        "give the engine its CA (/etc/docker/certs.d/HOST/ca.crt), or correct the name",
    ),
    Cause(
        r"server gave http response to https client",
        "the registry speaks HTTP, and the engine wants HTTPS of it",
        "give it TLS, or name it under insecure-registries in the engine's daemon.json",
    ),
    Cause(
        r"no such host$|connection refused$|i/o timeout$|network is unreachable$"
        r"|no route to host$|connection reset by peer$|tls handshake timeout$|server misbehaving$"
        r"|context deadline exceeded|temporary failure in name resolution$|(unexpected )?EOF$"
        r"|net/http$",
        "the registry cannot be reached",
        "check its name and your network",
    ),
    Cause(
        r"no space left on device$",
        "the engine's disk is full",
        "make room on it: `docker system df` shows what takes it",
    ),
    Cause(
        r"no matching manifest for |no match for platform in manifest",
        "the registry does not have it for this machine's platform",
        "push it for that platform, too (`devpod-gen build --push --platform …`)",
    ),
    Cause(
        r"manifest unknown\b|name unknown\b|not found$|manifest for .* not found$",
        "the registry does not have it",
        "push it, or correct the name",
        missing=True,
    ),
)


def cause(said: str) -> Cause | None:
    """The one that the last lines of a client tell of; None where they tell of none."""
    clauses = [clause.strip() for line in said.splitlines() for clause in line.split(": ")]
    for known in _CAUSES:
        if any(re.match(known.words, clause, re.IGNORECASE) for clause in clauses):
            return known
    return None
