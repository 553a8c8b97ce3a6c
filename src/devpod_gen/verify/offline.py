"""A verification with the network cut: what cuts it, and the look from inside that it is cut."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from devpod_gen.disk import publish
from devpod_gen.profile.document import document
from devpod_gen.value import dataclass
from devpod_gen.verify.report import Check, Door
from devpod_gen.workspace.batch import Command, Inside, run_all
from devpod_gen.workspace.emitted import Emitted

# A way out is a default route; and, since engines have passed names on from internal
# networks, a name that is resolved. 203.0.113.1 is nobody's (RFC 5737): without a route the
# kernel says so at once, and nothing is ever sent there.
_LOOK = """
ways=
while read -r device to via rest; do
    [ "$to" != 00000000 ] || ways="$ways a default route by $device;"
done </proc/net/route
if [ -r /proc/net/ipv6_route ]; then
    while read -r to length from span via metric count use flags device; do
        case "$to/$length/$device" in
        *[1-9a-f]*/00/* | */lo) ;;
        0*/00/*) ways="$ways a default IPv6 route by $device;" ;;
        esac
    done </proc/net/ipv6_route
fi
! getent hosts example.com >/dev/null || ways="$ways names are resolved;"
if command -v bash >/dev/null; then
    said=$(LC_ALL=C timeout 5 bash -c ': </dev/tcp/203.0.113.1/9' 2>&1)
    case $said in
    *unreachable*) ;;
    *) ways="$ways a connection is tried: ${said:-it was made};" ;;
    esac
fi
[ -z "$ways" ] || { echo "the outside can be reached:$ways"; exit 1; }
echo 'no route leads outside, no name is resolved'
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """The files that cut a throw-away workspace off: one more for Compose, and a configuration
    for the reference client that has it, too. None: the network is as the profile has it."""

    compose: Path
    config: Path


@contextmanager
def cut_off(emitted: Emitted) -> Iterator[Cut]:
    """The files, of the emitted ones; they are gone afterwards.

    The project's network is internal: its services reach one another and nothing else. No
    image is pulled for any of them.
    """
    import yaml  # noqa: PLC0415 - only what is used is loaded

    compose, config = yaml.safe_load(emitted.compose), document(".json", emitted.config)
    override = {
        "services": {name: {"pull_policy": "never"} for name in compose["services"]},
        "networks": {"default": {"internal": True}},
    }
    with TemporaryDirectory(prefix="devpod-gen-") as folder:
        cut = Cut(Path(folder) / "offline.yaml", Path(folder) / "devcontainer.json")
        publish(cut.compose, json.dumps(override))
        files = [config["dockerComposeFile"], str(cut.compose)]
        publish(cut.config, json.dumps(config | {"dockerComposeFile": files}))
        yield cut


def outside_check(door: Door, inside: Inside) -> Check:
    """That from in there the outside cannot be reached."""
    (result,) = run_all(inside, [Command(("sh", "-c", _LOOK), 30)])
    return Check("offline", door, result.ok, result.last_line, result.seconds)
