"""Secrets, decided: where each is asked for, and how it is handed over inside."""

from devpod_gen.profile.secret import Delivery, Secret, Source
from devpod_gen.value import dataclass

SECRETS = "/run/secrets"
"""Where they are inside: a file system in memory, that ends with the container's run."""

LARGEST = 64 * 1024
"""A secret may have this many bytes."""

ROOM = 16 << 20
"""The bytes that all of them may take inside, old ones beside new ones."""


@dataclass(frozen=True, slots=True)
class SecretPlan:
    """A secret by reference. `delivery` env: `shell` and `exec` set it, beside the file."""

    name: str
    source: Source
    reference: tuple[str, ...]
    delivery: Delivery
    optional: bool
    description: str

    @property
    def told(self) -> str:
        """The source, for messages."""
        return f"{self.source} {' '.join(self.reference)}"


def resolve_secrets(secrets: tuple[Secret, ...]) -> tuple[SecretPlan, ...]:
    """Decide them."""
    return tuple(
        SecretPlan(
            name=secret.name,
            source=secret.source,
            reference=secret.reference,
            delivery=secret.delivery or "file",
            optional=bool(secret.optional),
            description=secret.description or f"{secret.name}, a secret that the workspace uses",
        )
        for secret in secrets
    )
