"""A secret's value, for as long as it is needed: it never shows in a message by itself."""

from dataclasses import field

from devpod_gen.plan.secret import LARGEST, SecretPlan
from devpod_gen.value import dataclass

TAKEN = LARGEST + len("\r\n")
"""Bytes that are taken of a source: with more of them it is too long, whatever its line end."""


@dataclass(frozen=True, slots=True)
class Value:
    """A secret and what it is."""

    plan: SecretPlan
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Missing:
    """A secret that could not be had: why, and what to do about it."""

    plan: SecretPlan
    why: str
    fix: str


def settled(content: bytes) -> bytes:
    """A single line of text without its line end, which is the printing program's or the
    editor's; anything else to the byte."""
    line = content.removesuffix(b"\n").removesuffix(b"\r")
    if b"\n" in line or line == content:
        return content
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return content
    return line


def checked(secret: SecretPlan, said: bytes) -> Value | Missing:
    """What a source has said, as the value; or why it is none."""
    content = settled(said) if len(said) <= TAKEN else said
    if not content:
        return Missing(secret, "it is empty", "put a value there, or say optional = true")
    if len(content) > LARGEST:
        fix = "a secret is a token or a key: name one"
        return Missing(secret, f"it has more than {LARGEST // 1024} KiB", fix)
    if secret.delivery == "env" and b"\0" in content:
        return Missing(secret, "it holds a NUL, which no variable can", 'drop as = "env"')
    return Value(secret, content)
