"""The backend of a JetBrains IDE in the image: it is the product that the profile says, it is
known to Gateway and Toolbox, and it starts and prints its links."""

import json
import re
import shlex
from collections.abc import Iterator
from urllib.parse import unquote

from devpod_gen.emit.links import alias, gateway_link
from devpod_gen.engine.connection import Connection
from devpod_gen.plan.jetbrains import CODES, FOLDER, BakePlan
from devpod_gen.plan.model import Plan
from devpod_gen.verify.requirements import Verdict

_STARTS_WITHIN = 180
_MARK = "devpod-gen-part"

# Started as Gateway does, in a session of its own, until it has said all of its links.
_START = """
export REMOTE_DEV_NON_INTERACTIVE=1 REMOTE_DEV_TRUST_PROJECTS=1
log=$(mktemp) end=$(($(date +%s) + $5))
setsid "$1/bin/remote-dev-server.sh" run "$2" \\
    --ssh-link-host "$3" --ssh-link-user "$4" --ssh-link-port 22 >"$log" 2>&1 </dev/null &
said() { grep -q 'tcp://' "$log" && grep -q 'jetbrains-gateway://connect#' "$log"; }
until said || ! kill -0 $! 2>/dev/null || [ "$(date +%s)" -ge "$end" ]; do sleep 0.05; done
kill -TERM -- -$! 2>/dev/null
cat "$log"
rm -f "$log"
"""

_ASK = f"""
cat "$1/product-info.json"
printf '\\n{_MARK}\\n'
for link in "$HOME"/.cache/JetBrains/RemoteDev/userProvidedDist/*; do readlink "$link"; done
printf '\\n{_MARK}\\n'
cat "$HOME/.local/share/JetBrains/Toolbox/environment.json"
"""


def look_at_backend(
    connection: Connection, plan: Plan, bake: BakePlan
) -> Iterator[tuple[str, Verdict]]:
    """What is there, whom it is known to, and whether it starts, each by its name."""
    told = _ask(connection, _ASK, bake.folder, seconds=20)
    info, links, toolbox, *_ = f"{told}\n{_MARK}\n\n{_MARK}\n".split(f"\n{_MARK}\n")
    yield "backend", _product(info, bake)
    yield "registered", _registered(links, toolbox, bake)
    words = (bake.folder, plan.folder, alias(plan), plan.user, str(_STARTS_WITHIN))
    said = _ask(connection, _START, *words, seconds=_STARTS_WITHIN + 20.0)
    yield "links", _links(said, plan, bake)


def _ask(connection: Connection, script: str, *words: str, seconds: float) -> str:
    command = shlex.join(("sh", "-s", "--", *words))
    return connection.run(command, seconds=seconds, stdin=script.encode()).output


def _product(info: str, bake: BakePlan) -> Verdict:
    try:
        found = json.loads(info)
        code, build = found["productCode"], found["buildNumber"]
    except (ValueError, KeyError, TypeError):
        return False, f"{bake.folder}/product-info.json cannot be read: {info.strip()[:80]}"
    if code != CODES[bake.product]:
        return False, f"{bake.folder} is {code}-{build}, the profile's backend is {bake.product}"
    return True, f"{bake.product}, {code}-{build}, at {bake.folder}"


def _registered(links: str, toolbox: str, bake: BakePlan) -> Verdict:
    missing = []
    if bake.folder not in links.splitlines():
        missing.append("Gateway (userProvidedDist)")
    if f'"{FOLDER}"' not in toolbox:
        missing.append("Toolbox (environment.json)")
    if missing:
        return False, f"{bake.folder} is not made known to {' and '.join(missing)}"
    return True, "known to Gateway by a link, to Toolbox by its environment.json"


def _links(said: str, plan: Plan, bake: BakePlan) -> Verdict:
    """Its own link has what ours has."""
    printed = re.search(r"jetbrains-gateway://connect#(\S+)", said)
    if not printed or "tcp://" not in said:
        lines = [line for line in said.splitlines() if line.strip()]
        told = " / ".join(lines[-3:]) or "it said nothing"
        return False, f"the backend did not print its links: {told}"
    theirs = _values(printed[1])
    ours = _values((gateway_link(plan, bake.product) or "").partition("#")[2])
    other = [f"{k}={theirs.get(k)}, ours {v}" for k, v in ours.items() if theirs.get(k) != v]
    if other:
        return False, f"its link is another one than ours: {'; '.join(other)}"
    return True, "it starts, and its link has the same values as ours"


def _values(fragment: str) -> dict[str, str]:
    pairs = (pair.partition("=") for pair in fragment.split("&"))
    return {key: unquote(value) for key, _, value in pairs}
