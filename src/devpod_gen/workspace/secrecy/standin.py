"""Values in the place of secrets, for a workspace that is thrown away: a proof needs none of
the real ones, and what it leaks would be worth nothing."""

import secrets as chance

from devpod_gen.plan.secret import SecretPlan
from devpod_gen.workspace.secrecy.value import Value

_ODD = "\"'\\$%&+/ ü"
"""What is written in another way almost everywhere: so a form that is forgotten shows."""


def stand_ins(secrets: tuple[SecretPlan, ...]) -> tuple[Value, ...]:
    """A value for each, that nobody has seen before."""
    return tuple(
        Value(secret, f"{chance.token_urlsafe(12)}{_ODD}{chance.token_urlsafe(12)}".encode())
        for secret in secrets
    )
