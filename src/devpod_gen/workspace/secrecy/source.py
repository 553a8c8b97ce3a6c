"""Where secrets come from: each source is asked on the host, all at once, by one deadline."""

import contextlib
import os
import resource
import time
from collections.abc import Iterable
from pathlib import Path

from devpod_gen.engine.together import Answer, ask_together
from devpod_gen.errors import Finding, SecretUnavailable
from devpod_gen.plan.secret import SecretPlan
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.program import ask_for, reason
from devpod_gen.workspace.secrecy.reading import begin
from devpod_gen.workspace.secrecy.value import TAKEN, Missing, Value, checked

DEADLINE = 8.0
"""Seconds for all sources together: whoever waits knows within ten what is wrong."""


def require(secrets: tuple[SecretPlan, ...], root: Path) -> tuple[Value, ...]:
    """The values of all secrets, but for optional ones that are not to be had.

    Raises SecretUnavailable, which names each that is not there, its source, and what to do.
    """
    found = ask(secrets, root)
    missing = [one for one in found if isinstance(one, Missing) and not one.plan.optional]
    if missing:
        raise _unavailable(missing)
    return tuple(one for one in found if isinstance(one, Value))


def ask(secrets: tuple[SecretPlan, ...], root: Path) -> list[Value | Missing]:
    """What each source says, in the secrets' order. Programs are run in the repo at `root`."""
    _no_core()
    end = time.monotonic() + DEADLINE
    files = [(secret, begin(secret)) for secret in secrets if secret.source == "file"]
    answers = _answers(secrets, root)
    for secret, reading in files:
        answers[secret.name] = reading.wait(end, seconds=DEADLINE)
    found = [_first(secret, answers.get(secret.name)) for secret in secrets]
    # What one source says may hold what another has handed out.
    known = Mask()
    if any(isinstance(one, Answer) for one in found):
        known = known.of(one.content for one in found if isinstance(one, Value))
    return [
        reason(secret, one, known, seconds=DEADLINE) if isinstance(one, Answer) else one
        for secret, one in zip(secrets, found, strict=True)
    ]


def _answers(secrets: tuple[SecretPlan, ...], root: Path) -> "dict[str, Answer | Value | Missing]":
    """What the programs say that are to be asked."""
    programs = [secret for secret in secrets if secret.source in ("op", "command")]
    commands = {secret.name: ask_for(secret) for secret in programs}
    known = {name: argv for name, argv in commands.items() if not isinstance(argv, Missing)}
    missing = {name: one for name, one in commands.items() if isinstance(one, Missing)}
    if not known:
        return {**missing}
    said = ask_together(list(known.values()), seconds=DEADLINE, most=TAKEN, folder=str(root))
    return {**missing, **dict(zip(known, said, strict=True))}


def _first(secret: SecretPlan, answer: Answer | Value | Missing | None) -> Value | Missing | Answer:
    """The value, or why there is none; the answer of a program that has not handed out one."""
    if answer is None:
        return _variable(secret)
    if isinstance(answer, Answer) and answer.code == 0:
        return checked(secret, answer.output)
    return answer


def _no_core() -> None:
    """From here on this process knows secrets: were it to crash, nothing is to keep them."""
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _variable(secret: SecretPlan) -> Value | Missing:
    name = secret.reference[0]
    content = os.environb.get(os.fsencode(name))
    if content is None:
        return Missing(secret, "the variable is not set", f"export {name} first")
    return checked(secret, content)


def _unavailable(missing: Iterable[Missing]) -> SecretUnavailable:
    every = list(missing)
    if len(every) == 1:
        one = every[0]
        message = f"the secret {one.plan.name} could not be had: {one.why}"
        where = f"secrets.{one.plan.name} ({one.plan.told})"
        return SecretUnavailable(message, where=where, fix=one.fix)
    return SecretUnavailable(
        f"{len(every)} secrets could not be had; nothing was started",
        findings=tuple(
            Finding(f"secrets.{one.plan.name} ({one.plan.told})", f"{one.why}; {one.fix}")
            for one in every
        ),
        fix="see to these, or say optional = true of those that need not be there",
    )
