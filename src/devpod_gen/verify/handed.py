"""Secrets inside, looked at: each is there, for the user alone and in memory; by exec, also as
a variable where it is to be one."""

import hashlib
from collections.abc import Sequence

from devpod_gen.plan.secret import SECRETS
from devpod_gen.verify.look import Look, Verdict
from devpod_gen.verify.report import Door
from devpod_gen.workspace.batch import Timed
from devpod_gen.workspace.secrecy.feed import on_demand
from devpod_gen.workspace.secrecy.value import Value

# Mode and owner, the user's uid, the file system, and a hash of what is in it.
_LOOK = 'stat -c "%a %u" "$1" && id -u && stat -f -c %T "$1" && sha256sum <"$1"'


def secret_looks(values: Sequence[Value], door: Door) -> tuple[Look, ...]:
    """What there is to look at through this door, when these were handed over."""
    variables = [one for one in values if one.plan.delivery == "env" and door == "compose"]
    return (*(_file(one) for one in values), *(_variable(one) for one in variables))


def _file(one: Value) -> Look:
    wanted = hashlib.sha256(one.content).hexdigest()

    def judge(results: Sequence[Timed]) -> Verdict:
        words = results[0].said.split()
        if not results[0].ok or len(words) < 5:
            return False, f"is not inside: {results[0].last_line}"
        mode, owner, user, system, digest = words[:5]
        wrong = [f"mode {mode}"] if mode != "400" else []
        wrong += [] if owner == user else ["it belongs to somebody else"]
        wrong += [] if system == "tmpfs" else [f"it is on {system}, not in memory"]
        wrong += [] if digest == wanted else ["it is another value"]
        return not wrong, ", ".join(wrong) or "there, mode 400, the user's, in memory"

    command = ("sh", "-c", _LOOK, "sh", f"{SECRETS}/{one.plan.name}")
    return Look(f"secret:{one.plan.name}", (command,), judge)


def _variable(one: Value) -> Look:
    wanted = hashlib.sha256(one.content).hexdigest()
    command = on_demand(["sh", "-c", f'printf %s "${one.plan.name}" | sha256sum'])

    def judge(results: Sequence[Timed]) -> Verdict:
        same = results[0].said.split()[:1] == [wanted]
        return same, "set for what `exec` starts" if same else "is not set, or is another value"

    return Look(f"secret-env:{one.plan.name}", (tuple(command),), judge)
