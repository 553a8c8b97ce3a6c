"""Secrets that a program hands out: how it is asked, and what its words mean."""

import os
import re
import shlex
import shutil
from pathlib import Path

from devpod_gen.engine.together import Answer
from devpod_gen.plan.secret import SecretPlan
from devpod_gen.profile.wording import printable
from devpod_gen.workspace.secrecy.mask import Mask
from devpod_gen.workspace.secrecy.value import Missing

_LONGEST = 160

_OP = (
    (r"isn't a vault", "check the vault's name: `op vault list`"),
    (r"isn't an item|could not find item|no item", "check the item's name: `op item list`"),
    (r"does not have a field|isn't a field|no field", "check the field's name: `op item get`"),
    (r"not (currently )?signed in|no accounts? configured|session expired", "sign in: `op signin`"),
    (
        (
            r"\b(is|are) locked|prompt dismissed|authorization (prompt|timeout|denied)|desktop app"
            r"|timed out"
        ),
        "unlock 1Password, and allow it",
    ),
)
"""What `op` says on its error stream, which is all that tells its failures apart: it ends
with 1 for each."""


def ask_for(secret: SecretPlan) -> list[str] | Missing:
    """The command that prints the secret; no shell, and nothing of the current folder's."""
    if secret.source == "op":
        words = ["op", "read", "--no-newline", *secret.reference]
    else:
        words = [_expanded(word) for word in secret.reference]
    program = words[0] if words[0].startswith("/") else _on_path(words[0])
    if program is None:
        fix = "install the 1Password CLI" if secret.source == "op" else f"install {words[0]}"
        return Missing(secret, f"there is no {words[0]} on PATH", fix)
    return [program, *words[1:]]


def reason(secret: SecretPlan, answer: Answer, others: Mask, *, seconds: float) -> Missing:
    """Why the answer is no secret. `others` hides what other sources have
    handed out."""
    program = secret.reference[0] if secret.source == "command" else "op"
    if answer.missing:
        return Missing(secret, f"{program} cannot be run: {answer.missing}", f"check {program}")
    if answer.too_long:
        return Missing(secret, f"{program} says too much", "a secret is a token or a key")
    if answer.code is None:
        why = f"{program} did not answer in {seconds:g} s: is it locked, or does it ask something?"
        return Missing(secret, why, f"unlock it, and run {_shown(secret)} yourself once")
    said = _said(answer, others)
    fix = f"run {_shown(secret)} yourself, and see to what it says"
    if secret.source == "op":
        plain = _without_names(answer.errors)
        hints = (hint for pattern, hint in _OP if re.search(pattern, plain, re.IGNORECASE))
        fix = next(hints, fix)
    return Missing(secret, f"{program} ended with {answer.code}: {said or 'no word'}", fix)


def _without_names(errors: str) -> str:
    """What is said, but for what is quoted: what the user has called vaults, items and fields."""
    return re.sub(r"op://\S+|\"[^\"\n]*\"|'[^'\n]*'(?=\W)", " ", errors)


def _said(answer: Answer, others: Mask) -> str:
    """Its last line, as far as that can be told: not what may be the secret itself, which some
    say on the wrong stream. Nobody says in a single word what is wrong."""
    errors = others.of([answer.output]).text(answer.errors)  # before it is cut
    said = next((line for line in reversed(errors.splitlines()) if line.strip()), "").strip()
    said = re.sub(r"^\[ERROR\] \S+ \S+ ", "", printable(said))[:_LONGEST]
    return said if len(said.split()) > 1 else ""


def _shown(secret: SecretPlan) -> str:
    words = ("op", "read") if secret.source == "op" else ()
    return f"`{shlex.join((*words, *secret.reference))}`"


def _expanded(word: str) -> str:
    try:
        return str(Path(word).expanduser()) if word.startswith("~/") else word
    except RuntimeError:
        return word


def _on_path(name: str) -> str | None:
    """Absolute folders of PATH only: what lies in the repo is not the user's program."""
    for folder in os.get_exec_path():
        if Path(folder).is_absolute() and (found := shutil.which(name, path=folder)):
            return found
    return None
