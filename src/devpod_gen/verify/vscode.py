"""What VS Code Server needs of a workspace. Dev Containers and Remote-SSH both put that
server into the home and start it there, with a Node.js of its own.

The floors are those of the server's own `check-requirements.sh`.
"""

from collections.abc import Iterator, Mapping, Sequence

from devpod_gen.profile.version import satisfies
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.workspace.batch import Timed

_GLIBC = "2.28"
_MUSL = "1.2.3"
_GLIBCXX = "3.4.25"

# libstdc++.so.6.0.N brings GLIBCXX_3.4.N, by GCC's own table. The home is tried as it will
# be used: a file is written there and started.
_ASK = """
libc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || libc=$(ldd --version 2>&1 | sed -n '
    s/^musl libc.*/musl/p
    s/^Version \\([0-9.]*\\).*/\\1/p
    s/^ldd (.*) \\([0-9.]*\\)$/glibc \\1/p' | paste -sd' ' -)
echo "libc=$libc"
for f in $(/sbin/ldconfig -p 2>/dev/null | sed -n 's/.*libstdc++[.]so[.]6 .*=> //p') \
    /usr/lib/libstdc++.so.6 /usr/lib64/libstdc++.so.6 /usr/lib/*-linux-*/libstdc++.so.6; do
    [ ! -e "$f" ] || echo "libstdc++=$(readlink -f "$f" | sed 's/.*[.]so[.]6[.]0[.]/3.4./')"
done
for program in tar curl wget; do
    command -v "$program" >/dev/null && echo "$program=yes"
done
f=$HOME/.devpod-gen-probe-$$
if (printf '#!/bin/sh\\n' >"$f" && chmod u+x "$f") 2>/dev/null; then
    "$f" 2>/dev/null && echo home=runs || echo home=noexec
    rm -f "$f"
fi
exit 0
"""


def look_at_vscode() -> Look:
    """One check, which names each need that is not met."""

    def judge(results: Sequence[Timed]) -> Verdict:
        if not results[0].ok:
            return False, results[0].last_line
        lines = (line.partition("=") for line in results[0].said.splitlines())
        found = {key: value for key, _, value in reversed(list(lines))}
        missing = list(_missing(found))
        if missing:
            return False, f"VS Code Server cannot run: {'; '.join(missing)}"
        return True, f"{_met(found)}; the server itself was not started"

    return Look("vscode-server", (("sh", "-c", _ASK),), judge)


def _missing(found: Mapping[str, str]) -> Iterator[str]:
    name, _, number = found.get("libc", "").partition(" ")
    floor = _MUSL if name == "musl" else _GLIBC
    if not number:
        yield f"there is no C library that it knows (glibc {_GLIBC} or newer)"
    elif not satisfies(number, f">={floor}"):
        yield f"{name} is {number}, it needs {floor} or newer"
    standard = found.get("libstdc++")
    if not standard:
        yield "libstdc++ is not installed (libstdc++6 of Debian, libstdc++ elsewhere)"
    elif not satisfies(standard, f">={_GLIBCXX}"):
        yield f"libstdc++ has GLIBCXX_{standard}, it needs GLIBCXX_{_GLIBCXX} or newer"
    if "tar" not in found:
        yield "tar is not installed"
    if found.get("home") == "noexec":
        yield "nothing in the home can be started: it is mounted noexec"
    elif "home" not in found:
        yield "the home cannot be written"


def _met(found: Mapping[str, str]) -> str:
    """Without a downloader the client fetches the server and copies it in, which is slower."""
    downloader = next((name for name in ("curl", "wget") if name in found), None)
    got = downloader or "no curl or wget (the client then brings the server)"
    return f"{found['libc']}, GLIBCXX_{found['libstdc++']}, tar, {got}, home writable"
