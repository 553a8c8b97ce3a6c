"""What JetBrains' backends require of a host. What stops them is a failure; what Gateway only
warns about, and goes on, is a warning in the detail of a check that passes."""

import re
from collections.abc import Callable, Iterator

from devpod_gen.value import dataclass
from devpod_gen.verify.facts import Facts, after_marker

Verdict = tuple[bool | None, str]

_ARCHITECTURES = ("Linux x86_64", "Linux aarch64")
_GIB = 1 << 30
_DISK, _MEMORY, _CORES, _WATCHES = 5 * _GIB, 4 * _GIB, 4, 524288
_UNPACK = ("gzip", "tar")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What depends on the workspace. `home`: as /etc/passwd has it. `baked`: a backend is in
    the image, so none is downloaded. `strict`: too little of the host's disk is a failure."""

    home: str
    baked: bool
    strict: bool


def judge(facts: Facts, wanted: Wanted) -> Iterator[tuple[str, Verdict]]:
    """Each requirement, by its name, and whether the host meets it."""
    for name, (part, verdict) in _REQUIREMENTS.items():
        if part in facts:
            yield name, verdict(facts, wanted)
        else:
            yield name, (None, "not run: the login shell did not come to it")


def _arch(facts: Facts, _wanted: Wanted) -> Verdict:
    said = facts["arch"]
    if said in _ARCHITECTURES:
        return True, said
    return False, f"{said or 'nothing'} is not {' or '.join(_ARCHITECTURES)}"


def _shell(facts: Facts, wanted: Wanted) -> Verdict:
    shell = facts.get("shell", "")
    if not shell:
        return False, "$SHELL is not set, by which Gateway runs everything"
    home, cache = (after_marker(facts.get(part, "")) for part in ("home", "cache"))
    if home is None or cache is None:
        said = facts.get("home", "").splitlines()
        return False, f"`{shell} -lc` does not run what it is given: {said[-1] if said else ''}"
    if home != wanted.home:
        return False, f"HOME is {home or 'empty'} in a login shell, the user's is {wanted.home}"
    return True, f"`{shell} -lc` answers; HOME is {home}, XDG_CACHE_HOME {cache or 'not set'}"


def _libc(facts: Facts, _wanted: Wanted) -> Verdict:
    said = facts["libc"]
    if said.startswith("glibc"):
        return True, said
    if "musl" in said:
        told = " ".join(line.strip() for line in said.splitlines())
        return False, f"the image's libc is musl ({told}): JetBrains' backends need glibc"
    return False, f"no glibc is found, which JetBrains' backends need: {said.splitlines()[:1]}"


def _disk(facts: Facts, wanted: Wanted) -> Verdict:
    fields = facts["disk"].split()
    if len(fields) < 6 or not fields[3].isdigit():
        return None, f"not run: df says {facts['disk']!r}"
    free = int(fields[3]) << 10
    told = f"{free / _GIB:.1f} GiB free for {wanted.home}"
    if free >= _DISK:
        return True, told
    wants = f"a backend wants {_DISK // _GIB} GiB"
    if wanted.strict and not wanted.baked:
        return False, f"{told}: {wants}"
    return True, f"warning: {told}: {wants}"


def _memory(facts: Facts, _wanted: Wanted) -> Verdict:
    found = re.match(r"(\d+) kB", facts["memory"])
    limit = facts.get("limit", "").split()[-1:]
    if not found:
        return None, "not run: /proc/meminfo has no MemTotal"
    size = int(found[1]) << 10
    if limit and limit[0].isdigit():
        size = min(size, int(limit[0]))
    return _advice(size >= _MEMORY, f"{size / _GIB:.1f} GiB", f"Gateway wants {_MEMORY // _GIB}")


def _cores(facts: Facts, _wanted: Wanted) -> Verdict:
    if not facts["cores"].isdigit():
        return None, f"not run: nproc says {facts['cores']!r}"
    return _advice(int(facts["cores"]) >= _CORES, facts["cores"], f"Gateway wants {_CORES}")


def _locale(facts: Facts, _wanted: Wanted) -> Verdict:
    """Java reads and writes the names of files in it: others than ASCII cannot be opened."""
    *complaints, charmap = facts["charmap"].splitlines() or [""]
    name = facts.get("lang") or "no LANG is set"
    if complaints:
        return False, f"the locale {name} is not there: {complaints[0]}"
    if charmap == "UTF-8":
        return True, f"{charmap} ({name})"
    if "not found" in charmap:
        return None, f"not run: {charmap}"
    told = f"the locale's characters are {charmap} ({name}), not UTF-8"
    return False, f"{told}: names of files beyond ASCII cannot be opened; set LANG=C.UTF-8"


def _watches(facts: Facts, _wanted: Wanted) -> Verdict:
    if not facts["watches"].isdigit():
        return None, f"not run: {facts['watches']}"
    few = f"large projects want fs.inotify.max_user_watches={_WATCHES} on the host"
    return _advice(int(facts["watches"]) >= _WATCHES, f"{facts['watches']} watches", few)


def _tools(facts: Facts, wanted: Wanted) -> Verdict:
    missing = facts["missing"].split()
    needed = [tool for tool in _UNPACK if tool in missing and not wanted.baked]
    if needed:
        return False, f"not there, and a backend is unpacked with it: {', '.join(needed)}"
    return _advice(not missing, "all there", f"not there: {', '.join(missing)}", told=bool(missing))


def _advice(fine: bool, found: str, wish: str, *, told: bool = False) -> Verdict:
    if fine:
        return True, found
    return True, f"warning: {wish}" if told else f"warning: {found}: {wish}"


_Requirement = tuple[str, Callable[[Facts, Wanted], Verdict]]
_REQUIREMENTS: dict[str, _Requirement] = {
    "arch": ("arch", _arch),
    "shell": ("shell", _shell),
    "libc": ("libc", _libc),
    "disk": ("disk", _disk),
    "memory": ("memory", _memory),
    "cores": ("cores", _cores),
    "locale": ("charmap", _locale),
    "inotify": ("watches", _watches),
    "tools": ("missing", _tools),
}
"""Each with the part of the facts without which it cannot be judged."""
