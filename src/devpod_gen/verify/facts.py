"""What JetBrains Gateway finds out of a host before it puts anything there, by the commands
with which it does: most are run by the user's login shell, as its backend is."""

import secrets

from devpod_gen.engine.command import Result
from devpod_gen.engine.connection import Connection

MARKER = "REMOTE_EXEC_OUTPUT_MARKER_"
"""What Gateway has a login shell print first: all before it is the user's own greeting."""

TOOLS = ("bash", "curl", "find", "getconf", "git", "grep", "gzip", "ldd", "ps", "sed", "tar")
"""What Gateway and the scripts of backends call, beside the shell."""

_SECONDS = 30.0

# Taken in by a shell of the user's, run by sh; POSIX, since it must get far enough in images
# that will not do. Each part is announced by the token.
_OUTER = f"""
part() {{ printf '\\n%s %s\\n' "$token" "$1"; }}
part arch; uname -sm
part shell; echo "$SHELL"
part home; "$SHELL" -lc 'echo {MARKER} && echo $HOME' </dev/null
part cache; "$SHELL" -lc 'echo {MARKER} && echo $XDG_CACHE_HOME' </dev/null
part login; "$SHELL" -lc 'exec sh -c "$facts"' </dev/null
"""

_INNER = f"""
part() {{ printf '\\n%s %s\\n' "$token" "$1"; }}
cache=${{XDG_CACHE_HOME:-$HOME/.cache}}
part folder
d=$cache/JetBrains/RemoteDev/remote-dev-worker && mkdir -p "$d" && echo "$d"
part mount
point= options=
while read -r _ at _ how _; do
    case $cache/ in "${{at%/}}"/*) [ ${{#at}} -lt ${{#point}} ] || point=$at options=$how ;; esac
done </proc/mounts
echo "$point $options"
part libc
getconf GNU_LIBC_VERSION 2>/dev/null || ldd --version 2>&1 | head -n 2
part disk; df -Pk "$HOME" | tail -n 1
part memory; sed -n 's/^MemTotal: *//p' /proc/meminfo
part limit
cat /sys/fs/cgroup/memory.max || cat /sys/fs/cgroup/memory/memory.limit_in_bytes || echo max
part cores; nproc
part charmap; locale charmap
part lang; echo "${{LC_ALL:-${{LC_CTYPE:-${{LANG:-}}}}}}"
part watches; cat /proc/sys/fs/inotify/max_user_watches
part missing
for tool in {" ".join(TOOLS)}; do command -v "$tool" >/dev/null || printf '%s ' "$tool"; done
part end
"""

Facts = dict[str, str]
"""What was said of each part, without blank lines around it."""


def gather(connection: Connection) -> tuple[Facts, Result]:
    """The facts, by one command, and how that ended. Parts that it did not come to are not
    there."""
    token = secrets.token_hex(16)
    quoted = _INNER.replace("'", "'\\''")
    script = f"exec 2>&1\nexport token={token}\nexport facts='{quoted}'\n{_OUTER}"
    result = connection.run("sh -s", seconds=_SECONDS, stdin=script.encode())
    parts = f"\n{result.output}".split(f"\n{token} ")[1:]
    named = (part.partition("\n") for part in parts)
    return {name: said.strip() for name, _, said in named}, result


def after_marker(said: str) -> str | None:
    """What a login shell printed when it was asked, without what its start-up files did; None
    where it did not come to that."""
    lines = said.splitlines()
    if MARKER not in lines:
        return None
    rest = lines[lines.index(MARKER) + 1 :]
    return rest[0] if rest else ""
